"""The read-out of what the eye saw: fitted, stored and read back."""

import numpy as np
import pytest

from caption_model.bundles.bundle import Bundle
from caption_model.bundles.saving import save_bundle
from caption_model.errors import BundleError
from caption_model.vision.heads import CLASSES, THINGS, Readout, fit_readout, read_readout


@pytest.fixture(scope="module")
def fitted():
    random = np.random.default_rng(0)
    pooled = random.uniform(0, 1, (300, 8)).astype(np.float32)
    logits = pooled @ random.normal(0, 3, (8, 5)).astype(np.float32) + 2
    return pooled, logits, fit_readout(pooled, logits, ["cat", "dog", "bee", "café", "pier"])


def test_the_read_out_names_what_the_teacher_named(fitted):
    pooled, logits, readout = fitted
    best = [row[0][0] for row in readout.top(pooled, 1)]
    assert np.mean(np.array(best) == np.array(readout.names)[logits.argmax(axis=1)]) > 0.95


def test_classes_come_with_probabilities_best_first(fitted):
    pooled, _, readout = fitted
    rows = readout.top(pooled[:3], 5)
    for row in rows:
        shares = [share for _, share in row]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert {name for name, _ in row} == set(readout.names)
    assert [len(row) for row in readout.top(pooled[:2], 2)] == [2, 2]


def test_chances_of_one_name_do_not_lower_anothers():
    readout = Readout(np.eye(3, dtype=np.float32), np.array([0, 0, -99], np.float32), ("dog", "sea", "snow"))
    (both,) = readout.chances(np.array([[9, 9, 0]], np.float32))
    assert both["dog"] == both["sea"] > 0.99
    assert both["snow"] == pytest.approx(0, abs=1e-9)
    (neither,) = readout.chances(np.zeros((1, 3), np.float32))
    assert neither["dog"] == 0.5


def bundle(folder, extra):
    save_bundle(folder, "encoder", {}, {"w": np.zeros(3, np.float32)}, "card", extra=extra)
    return Bundle.load(folder, "encoder")


def test_it_survives_the_bundle(fitted, tmp_path):
    pooled, _, readout = fitted
    stored = bundle(tmp_path / "b", {CLASSES: readout.to_bytes()})
    loaded = read_readout(stored)
    assert loaded is not None
    assert read_readout(stored, THINGS) is None
    assert loaded.names == readout.names
    np.testing.assert_allclose(loaded.matrix, readout.matrix, atol=np.abs(readout.matrix).max() / 100)
    assert [row[0][0] for row in loaded.top(pooled)] == [row[0][0] for row in readout.top(pooled)]


def test_a_bundle_may_have_none_and_a_wrong_one_is_refused(fitted, tmp_path):
    assert read_readout(bundle(tmp_path / "none", {})) is None
    with pytest.raises(BundleError, match="holds no read-out"):
        read_readout(bundle(tmp_path / "wrong", {CLASSES: b"nothing"}))
    altered = bundle(tmp_path / "altered", {CLASSES: fitted[2].to_bytes()})
    (altered.folder / CLASSES).write_bytes(b"x")
    with pytest.raises(BundleError, match="altered or damaged"):
        read_readout(altered)
    (altered.folder / CLASSES).unlink()
    with pytest.raises(BundleError, match="missing"):
        read_readout(altered)
