"""Linear heads: fitted, stored and read back."""

import numpy as np
import pytest

from caption_model.bundles.bundle import Bundle
from caption_model.bundles.saving import save_bundle
from caption_model.errors import BundleError
from caption_model.vision.heads import CLASS_HEAD, TOPIC_HEAD, LinearHead, fit_class_head, load_head


@pytest.fixture(scope="module")
def fitted():
    random = np.random.default_rng(0)
    pooled = random.uniform(0, 1, (300, 8)).astype(np.float32)
    logits = pooled @ random.normal(0, 3, (8, 5)).astype(np.float32) + 2
    return pooled, logits, fit_class_head(pooled, logits, ["cat", "dog", "bee", "café", "pier"])


def test_the_class_head_names_what_the_teacher_named(fitted):
    pooled, logits, head = fitted
    best = [row[0][0] for row in head.top(pooled, 1)]
    assert np.mean(np.array(best) == np.array(head.names)[logits.argmax(axis=1)]) > 0.95


def test_classes_come_with_probabilities_best_first(fitted):
    pooled, _, head = fitted
    rows = head.top(pooled[:3], 5)
    for row in rows:
        shares = [share for _, share in row]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1, abs=1e-5)
        assert {name for name, _ in row} == set(head.names)
    assert [len(row) for row in head.top(pooled[:2], 2)] == [2, 2]


def test_probabilities_of_one_name_do_not_lower_anothers():
    head = LinearHead(np.eye(3, dtype=np.float32), np.array([0, 0, -99], np.float32), ("dog", "sea", "snow"))
    (both,) = head.probabilities(np.array([[9, 9, 0]], np.float32))
    assert both["dog"] == both["sea"] > 0.99
    assert both["snow"] == pytest.approx(0, abs=1e-9)
    (neither,) = head.probabilities(np.zeros((1, 3), np.float32))
    assert neither["dog"] == 0.5


def bundle(folder, extra):
    save_bundle(folder, "encoder", {}, {"w": np.zeros(3, np.float32)}, "card", extra=extra)
    return Bundle.load(folder, "encoder")


def test_it_survives_the_bundle(fitted, tmp_path):
    pooled, _, head = fitted
    stored = bundle(tmp_path / "b", {CLASS_HEAD: head.to_bytes()})
    loaded = load_head(stored)
    assert loaded is not None
    assert load_head(stored, TOPIC_HEAD) is None
    assert loaded.names == head.names
    np.testing.assert_allclose(loaded.matrix, head.matrix, atol=np.abs(head.matrix).max() / 100)
    assert [row[0][0] for row in loaded.top(pooled)] == [row[0][0] for row in head.top(pooled)]


def test_a_bundle_may_have_none_and_a_wrong_one_is_refused(fitted, tmp_path):
    assert load_head(bundle(tmp_path / "none", {})) is None
    with pytest.raises(BundleError, match="holds no linear head"):
        load_head(bundle(tmp_path / "wrong", {CLASS_HEAD: b"nothing"}))
    altered = bundle(tmp_path / "altered", {CLASS_HEAD: fitted[2].to_bytes()})
    (altered.folder / CLASS_HEAD).write_bytes(b"x")
    with pytest.raises(BundleError, match="altered or damaged"):
        load_head(altered)
    (altered.folder / CLASS_HEAD).unlink()
    with pytest.raises(BundleError, match="missing"):
        load_head(altered)
