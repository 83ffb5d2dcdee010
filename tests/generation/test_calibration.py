"""Confidence: calibrated on what agreed with people, stored with the bundle, honest where nothing can be told."""

import numpy as np
import pytest

from caption_model.bundles.bundle import Bundle
from caption_model.bundles.saving import save_bundle
from caption_model.errors import BundleError
from caption_model.generation.calibration import FILE, Confidence, mean_log_probability
from caption_model.text.vocabulary import END
from caption_model.training.descriptive.confidence import calibrate


def test_the_chance_is_the_share_that_agreed():
    random = np.random.default_rng(0)
    means = random.normal(-1.2, 0.4, 20_000)
    truth = 1 / (1 + np.exp(-(3 * means + 3)))
    confidence = calibrate(means, random.random(20_000) < truth)
    assert confidence.slope == pytest.approx(3, rel=0.05)
    assert confidence.intercept == pytest.approx(3, rel=0.07)
    assert confidence(-0.5) > 0.8 > 0.5 > confidence(-1.5)


@pytest.mark.parametrize(("agrees", "low", "high"), [(True, 0.9, 1.0), (False, 0.0, 0.1)])
def test_where_all_or_none_agree_it_says_so(agrees, low, high):
    confidence = calibrate(np.linspace(-2, -1, 40), np.full(40, agrees))
    assert low < confidence(-1.5) < high


def test_where_all_are_equal_it_answers_their_share():
    confidence = calibrate(np.full(100, -1.0), np.arange(100) < 30)
    assert confidence(-1.0) == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.7, 1.0])
def test_the_librarys_figures_are_those_of_newtons_method(share):
    """Bundles from before were fitted by Newton's steps of our own on the same penalised loss."""
    random = np.random.default_rng(3)
    means = random.normal(-1.2, 0.4, 400)
    agrees = random.random(400) < share + (0.2 * (means > -1.2) if 0 < share < 1 else 0)
    x = np.stack([(means - means.mean()) / means.std(), np.ones_like(means)], axis=1)
    weights = np.zeros(2)
    for _ in range(100):
        chance = 1 / (1 + np.exp(-x @ weights))
        curvature = (x * (chance * (1 - chance))[:, None]).T @ x + 1e-3 * np.eye(2)
        weights -= np.linalg.solve(curvature, x.T @ (chance - agrees) + 1e-3 * weights)
    fitted = calibrate(means, agrees)
    assert fitted.slope == pytest.approx(weights[0] / means.std(), rel=1e-4, abs=1e-5)
    assert fitted.intercept == pytest.approx(weights[1] - fitted.slope * means.mean(), rel=1e-4, abs=1e-4)


def test_the_mean_is_over_the_words_and_the_end():
    row = np.array([7, 8, END, END], np.int32)
    assert mean_log_probability(row, -6 / 3**0.7, 0.7) == pytest.approx(-2)
    assert mean_log_probability(np.array([7, 8], np.int32), -4.0, 0.0) == pytest.approx(-2)


def test_a_sentence_without_an_end_is_very_unlikely_but_no_outlier():
    assert mean_log_probability(np.array([7, 8], np.int32), -1e9, 0.7) == -10


def stored(folder, content):
    extra = {} if content is None else {FILE: content}
    save_bundle(folder, "descriptive", {}, {"w": np.zeros(3, np.float32)}, "card", extra=extra)
    return Bundle.load(folder, "descriptive")


def test_it_survives_the_bundle(tmp_path):
    confidence = Confidence(2.5, -0.25)
    assert Confidence.load(stored(tmp_path / "b", confidence.to_bytes())) == confidence
    assert Confidence.load(stored(tmp_path / "none", None)) is None


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"slope": 1}', b'{"slope": "x", "intercept": 1}'])
def test_a_damaged_calibration_is_refused(tmp_path, content):
    with pytest.raises(BundleError, match=r"confidence\.json is no (calibration|valid JSON)"):
        Confidence.load(stored(tmp_path / "b", content))
