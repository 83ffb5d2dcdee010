"""Self-critical training: the reward is CIDEr-D, good samples become likelier, and what is no better is not kept."""

import contextlib
import io

import numpy as np
import pytest

from caption_model.training.cider import CiderReward
from caption_model.training.self_critical import Rollouts, SelfCritical, self_critical
from caption_model.vocabulary import END, PAD, START, UNKNOWN

SENTENCES = [
    ["a dog runs on the grass", "the dog is on grass", "a brown dog runs"],
    ["a man rides a bike", "the man on a bike", "a man bikes down the road"],
    ["two girls play in the snow", "girls in the snow", "snow and two girls"],
    ["a boat on the water", "the boat sails", "a white boat on blue water"],
]


def test_the_reward_is_that_of_the_reference_implementation():
    from pycocoevalcap.cider.cider import Cider

    numbers: dict[str, int] = {}
    references = [
        [[numbers.setdefault(w, len(numbers)) for w in text.split()] for text in photo] for photo in SENTENCES
    ]
    reward = CiderReward(references)
    for said in (
        "a dog runs on the grass",
        "a man on the grass",
        "a dog dog dog dog",
        "boat",
        "the snow and two girls in the snow",
    ):
        words = [numbers[word] for word in said.split()]
        with contextlib.redirect_stdout(io.StringIO()):
            _, expected = Cider().compute_score(dict(enumerate(SENTENCES)), {photo: [said] for photo in range(4)})
        assert [reward(photo, words) for photo in range(4)] == pytest.approx(list(expected), abs=1e-6)


def test_a_sentence_with_nothing_in_common_is_worth_nothing():
    reward = CiderReward([[[4, 5, 6]], [[7, 8, 9]]])
    assert reward(0, [7, 8, 9]) == 0
    assert reward(0, []) == 0
    assert reward(1, [7, 8, 9]) > 1


@pytest.fixture
def rollouts(descriptive_decoder):
    random = np.random.default_rng(0)
    grids = random.normal(0, 1, (10, 2, 2, 6)).astype(np.float16)
    references = [[random.integers(4, 20, 5).tolist() for _ in range(3)] for _ in range(10)]
    return Rollouts(descriptive_decoder, grids, references, SelfCritical(photos=4, samples=3, steps=7))


def test_samples_are_sentences_and_their_advantages_cancel_out(rollouts):
    batches = list(rollouts.epoch(1))
    assert len(batches) == rollouts.steps == 2
    for batch in batches:
        words, grids = batch.inputs
        assert words.shape == batch.targets.shape == batch.weights.shape == (12, 7)
        assert grids.shape == (12, 2, 2, 6)
        assert (words[:, 0] == START).all()
        assert not np.isin(batch.targets, [START, UNKNOWN]).any()
        assert not batch.weights[batch.targets == PAD].any()
        np.testing.assert_allclose(batch.weights[:, 0].reshape(4, 3).sum(axis=1), 0, atol=1e-4)
        for row in batch.targets.tolist():
            spoken = [word for word in row if word != PAD]
            assert END not in spoken[:-1]
            assert row == [*spoken, *[PAD] * (7 - len(spoken))]


def test_the_same_epoch_gives_the_same_samples(rollouts):
    first, again, other = (next(iter(rollouts.epoch(number))) for number in (1, 1, 2))
    np.testing.assert_array_equal(first.targets, again.targets)
    assert not np.array_equal(first.targets, other.targets)


@pytest.fixture
def learner():
    import keras

    from caption_model.decoders.descriptive import DescriptiveConfig, build_descriptive

    keras.utils.set_random_seed(0)
    return build_descriptive(
        DescriptiveConfig(symbols=9, grid=(2, 2, 3), embedding=8, units=16, attention=8, dropout=0.0)
    )


def mean_reward(rollouts) -> float:
    photos = np.arange(len(rollouts.grids)).repeat(8)
    sampled = rollouts.sample(rollouts.grids[photos].astype(np.float32), np.array([1, 1], np.int32)).numpy()
    sentences = [row[: row.index(END) + 1] if END in row else row for row in sampled.tolist()]
    return float(np.mean([rollouts.reward(photo, words) for photo, words in zip(photos, sentences, strict=True)]))


def test_what_is_rewarded_becomes_likelier(learner):
    grids = np.eye(3, dtype=np.float16)[[0, 1]][:, None, None, :] * np.ones((2, 2, 2, 1), np.float16) * 3
    settings = SelfCritical(epochs=40, photos=2, samples=16, learning_rate=2e-2, steps=4)
    rollouts = Rollouts(learner, grids, [[[4, 5]], [[6, 7]]], settings)
    before = mean_reward(rollouts)
    history = self_critical(learner, rollouts, lambda: -mean_reward(rollouts), settings)
    assert mean_reward(rollouts) > before + 1
    assert len(history) == 41
    assert -min(record["score"] for record in history) == pytest.approx(mean_reward(rollouts))


def test_weights_that_are_no_better_are_not_kept(learner):
    grids = np.ones((2, 2, 2, 3), np.float16)
    settings = SelfCritical(epochs=2, photos=2, samples=4, learning_rate=1e-2, steps=4)
    before = learner.get_weights()
    scores = iter([0.0, 1.0, 2.0])
    self_critical(learner, Rollouts(learner, grids, [[[4, 5]], [[6, 7]]], settings), lambda: next(scores), settings)
    for expected, found in zip(before, learner.get_weights(), strict=True):
        np.testing.assert_array_equal(found, expected)
