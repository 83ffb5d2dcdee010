"""Self-critical training: the reward is CIDEr-D, good samples become likelier, and what is no better is not kept."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from caption_model.evaluation.caption_metrics import CiderD
from caption_model.text.vocabulary import END, PAD, START, UNKNOWN, WordVocabulary
from caption_model.training.descriptive.data import Described, mirror
from caption_model.training.descriptive.self_critical import Rollouts, SelfCritical, train_self_critical


def described(grids, sentences: list[list[str]]) -> Described:
    """Photos with these grids and descriptions, nobody to judge."""
    grids = np.asarray(grids, np.float16)
    vocabulary = WordVocabulary.fit(text for texts in sentences for text in texts)
    return Described(vocabulary, sentences, grids, grids[:, :, ::-1], {}, grids[:0])


def build(symbols: int, grid: tuple[int, int, int]):
    import keras

    from caption_model.networks.config import DescriptiveConfig
    from caption_model.networks.descriptive_keras import build_descriptive

    keras.utils.set_random_seed(0)
    return build_descriptive(
        DescriptiveConfig(symbols=symbols, grid=grid, embedding=8, units=16, attention=8, dropout=0.4)
    )


@pytest.fixture(scope="module")
def many():
    random = np.random.default_rng(0)
    words = ["a", "dog", "runs", "on", "the", "left", "of", "my", "red", "ball"]
    return described(
        random.normal(0, 1, (10, 2, 2, 6)), [[" ".join(random.choice(words, 5)) for _ in range(3)] for _ in range(10)]
    )


@pytest.fixture(scope="module")
def rollouts(many):
    network = build(len(many.vocabulary), (2, 2, 6))
    network.fit_grid_scale(many.grids)
    return Rollouts(network, many, SelfCritical(photos=4, samples=3, steps=7))


def test_samples_are_sentences_and_their_advantages_cancel_out(rollouts):
    batches = list(rollouts.epoch(1))
    assert len(batches) == rollouts.steps == 2
    for batch in batches:
        assert batch.grids.shape == (4, 2, 2, 6)
        assert batch.inputs.shape == batch.targets.shape == (12, 7)
        assert (batch.inputs[:, 0] == START).all()
        assert not np.isin(batch.targets, [START, UNKNOWN]).any()
        np.testing.assert_allclose(batch.advantages.reshape(4, 3).sum(axis=1), 0, atol=1e-4)
        for asked, row in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
            spoken = [word for word in row if word != PAD]
            assert spoken
            assert END not in spoken[:-1]
            assert row == [*spoken, *[PAD] * (7 - len(spoken))]
            assert asked[1 : len(spoken)] == spoken[:-1]


def test_the_same_epoch_gives_the_same_samples(rollouts):
    first, again, other = (next(iter(rollouts.epoch(number))) for number in (1, 1, 2))
    np.testing.assert_array_equal(first.targets, again.targets)
    np.testing.assert_array_equal(first.grids, again.grids)
    assert not np.array_equal(first.targets, other.targets)


def test_a_photos_samples_are_looked_at_through_the_same_noise_and_judged_by_its_own_side(rollouts, many):
    turned = np.array([False, True])
    batch = rollouts.make(np.array([3, 5]), turned, np.random.default_rng(2))
    sides = [many.grids[3], many.mirrored[5]]
    mean = rollouts.mean
    for grid, side in zip(batch.grids, sides, strict=True):
        share = (grid - mean) / (side.astype(np.float32) - mean)
        assert np.isclose(share, 0, atol=1e-2).any(), "some of it is lost"
        assert (np.isclose(share, 0, atol=1e-2) | np.isclose(share, 2, rtol=1e-2)).all()
    rewards = [CiderD([[[*many.vocabulary.encode(side(text)), END] for text in texts] for texts in many.texts])
               for side in (str, mirror)]  # fmt: skip
    spoken = [[word for word in row if word != PAD] for row in batch.targets.tolist()]
    worth = [rewards[row // 3]([3, 5][row // 3], words) for row, words in enumerate(spoken)]
    assert batch.reward == pytest.approx(np.mean(worth), abs=1e-5)
    others = [np.mean([worth[b] for b in range(6) if b // 3 == a // 3 and b != a]) for a in range(6)]
    np.testing.assert_allclose(batch.advantages, np.array(worth) - others, atol=1e-5)


def test_a_sharper_policy_writes_what_is_likelier(many):
    network = build(len(many.vocabulary), (2, 2, 6))

    def surprise(temperature: float) -> float:
        rollouts = Rollouts(network, many, SelfCritical(photos=10, samples=8, steps=6, temperature=temperature))
        batch = next(iter(rollouts.epoch(1)))
        logits = network((batch.inputs, batch.grids))
        costs = tf.nn.sparse_softmax_cross_entropy_with_logits(batch.targets, logits).numpy()
        return float(costs[batch.targets != PAD].mean())

    assert surprise(0.1) < surprise(1.0)


def two_photos() -> Described:
    """Photos of two kinds with a description each."""
    return described(np.eye(3)[[0, 1]][:, None, None, :] * np.ones((2, 2, 2, 1)) * 3, [["red ball"], ["my dog"]])


def learns(data: Described, run: Path, epochs: int = 40, score=None):
    """A network before and after self-critical training on two photos, and how well it did."""
    network = build(len(data.vocabulary), (2, 2, 3))
    settings = SelfCritical(epochs, photos=2, samples=16, learning_rate=2e-2, steps=4, noise=0.0, temperature=1.0)
    rollouts = Rollouts(network, data, settings)
    before = network.get_weights()
    history = train_self_critical(network, rollouts, score or (lambda: -mean_reward(rollouts)), settings, run)
    return network, before, history, rollouts


def mean_reward(rollouts) -> float:
    return rollouts.make(np.arange(2), np.zeros(2, bool), np.random.default_rng(9)).reward


def test_what_is_rewarded_becomes_likelier(tmp_path):
    _, _, history, rollouts = learns(two_photos(), tmp_path / "run")
    assert [record["epoch"] for record in history] == list(range(41))
    assert mean_reward(rollouts) > -history[0]["score"] + 1
    assert -min(record["score"] for record in history) == pytest.approx(mean_reward(rollouts), abs=1e-4)
    assert history[-1]["reward"] > history[1]["reward"] + 1


def test_weights_that_are_no_better_are_not_kept(tmp_path):
    scores = iter([0.0, 1.0, 0.0])
    network, before, _, _ = learns(two_photos(), tmp_path / "run", epochs=2, score=lambda: next(scores))
    for expected, found in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_a_killed_run_goes_on_after_its_last_whole_epoch(tmp_path):
    whole, _, expected, _ = learns(two_photos(), tmp_path / "whole", epochs=4, score=iter([4.0, 3, 2, 1, 0]).__next__)
    with pytest.raises(StopIteration):
        learns(two_photos(), tmp_path / "run", epochs=4, score=iter([4.0, 3.0, 2.0]).__next__)
    resumed, _, history, _ = learns(two_photos(), tmp_path / "run", epochs=4, score=iter([1.0, 0.0]).__next__)
    assert [record["score"] for record in history] == [record["score"] for record in expected] == [4, 3, 2, 1, 0]
    assert [record["reward"] for record in history] == pytest.approx([record["reward"] for record in expected])
    for one, two in zip(whole.trainable_weights, resumed.trainable_weights, strict=True):
        np.testing.assert_allclose(one.numpy(), two.numpy(), rtol=1e-4, atol=1e-6)
