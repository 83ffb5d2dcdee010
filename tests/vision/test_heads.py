"""Heads: fitted, stored and read back."""

import numpy as np
import pytest

from caption_model.bundles.bundle import Bundle
from caption_model.bundles.saving import save_bundle
from caption_model.errors import BundleError
from caption_model.vision.heads import (
    CLASS_HEAD,
    SHARPNESS,
    TOPIC_HEAD,
    LinearHead,
    TopicHead,
    fit_class_head,
    load_head,
)


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


@pytest.fixture(scope="module")
def topic_head():
    """Knows a dog by the first channel of any cell and a sea by the second channel of the mean."""
    names, zeros = ("dog", "sea"), np.zeros((3, 2), np.float32)
    cell, mean = zeros.copy(), zeros.copy()
    cell[0, 0], mean[1, 1] = 8, 8
    return TopicHead(LinearHead(mean, np.array([-4, -4], np.float32), names), LinearHead(cell, zeros[0], names))


def test_a_topic_may_fill_one_cell_or_all(topic_head):
    grids = np.zeros((3, 7, 7, 3), np.float32)
    grids[0, 2, 3, 0] = 1  # a small dog
    grids[1, :, :, 1] = 1  # nothing but the sea
    small_dog, sea, nothing = topic_head.probabilities(grids)
    assert small_dog["dog"] > 0.8 > 0.1 > small_dog["sea"]
    assert sea["sea"] > 0.9 > 0.1 > sea["dog"]
    assert max(nothing.values()) < 0.1


def test_its_logits_are_the_formula(topic_head):
    grids = np.random.default_rng(1).normal(0, 1, (2, 4, 5, 3)).astype(np.float32)
    cells = grids.reshape(2, 20, 3) @ topic_head.cell.matrix
    soft = np.log(np.exp(SHARPNESS * cells).mean(axis=1)) / SHARPNESS
    expected = grids.mean(axis=(1, 2)) @ topic_head.mean.matrix + topic_head.mean.bias + soft
    np.testing.assert_allclose(topic_head.logits(grids), expected, rtol=1e-4, atol=1e-5)


def test_a_topic_head_survives_the_bundle_in_whatever_order_its_memory_is(topic_head, tmp_path):
    turned = TopicHead(
        LinearHead(np.asfortranarray(topic_head.mean.matrix), topic_head.mean.bias, topic_head.names), topic_head.cell
    )
    loaded = load_head(bundle(tmp_path / "b", {TOPIC_HEAD: turned.to_bytes()}), TOPIC_HEAD, TopicHead)
    assert loaded is not None
    assert loaded.names == topic_head.names
    np.testing.assert_array_equal(loaded.mean.matrix, topic_head.mean.matrix)
    np.testing.assert_array_equal(loaded.cell.matrix, topic_head.cell.matrix)
    with pytest.raises(BundleError, match="holds no such head"):
        load_head(bundle(tmp_path / "wrong", {TOPIC_HEAD: b"nothing"}), TOPIC_HEAD, TopicHead)


def bundle(folder, extra):
    save_bundle(folder, "encoder", {}, {"w": np.zeros(3, np.float32)}, "card", extra=extra)
    return Bundle.load(folder, "encoder")


def test_it_survives_the_bundle(fitted, tmp_path):
    pooled, _, head = fitted
    stored = bundle(tmp_path / "b", {CLASS_HEAD: head.to_bytes()})
    loaded = load_head(stored, CLASS_HEAD, LinearHead)
    assert loaded is not None
    assert load_head(stored, TOPIC_HEAD, TopicHead) is None
    assert loaded.names == head.names
    np.testing.assert_allclose(loaded.matrix, head.matrix, atol=np.abs(head.matrix).max() / 100)
    assert [row[0][0] for row in loaded.top(pooled)] == [row[0][0] for row in head.top(pooled)]


def test_a_bundle_may_have_none_and_a_wrong_one_is_refused(fitted, tmp_path):
    assert load_head(bundle(tmp_path / "none", {}), CLASS_HEAD, LinearHead) is None
    with pytest.raises(BundleError, match="holds no such head"):
        load_head(bundle(tmp_path / "wrong", {CLASS_HEAD: b"nothing"}), CLASS_HEAD, LinearHead)
    altered = bundle(tmp_path / "altered", {CLASS_HEAD: fitted[2].to_bytes()})
    (altered.folder / CLASS_HEAD).write_bytes(b"x")
    with pytest.raises(BundleError, match="altered or damaged"):
        load_head(altered, CLASS_HEAD, LinearHead)
    (altered.folder / CLASS_HEAD).unlink()
    with pytest.raises(BundleError, match="missing"):
        load_head(altered, CLASS_HEAD, LinearHead)
