"""The topic head: learnt from descriptions, and from a teacher where there are none."""

import numpy as np
import pytest

from caption_model.text.topics import RANGE, topics
from caption_model.training.distillation.topic_labels import (
    Views,
    average_precision,
    fit_topic_head,
    mention_shares,
    regress,
    topics_by_class,
)

PHOTOS, CLASSES = 6000, 1000
NAMES = ("dog", "female", "male", "food", "plane", "flower")
ENDS = {"Chihuahua": 151, "Mexican hairless": 268, "plate": 923, "burrito": 965}  # places that the tests rely on


@pytest.fixture(scope="module")
def names():
    """1,000 classes; where most of those that the table names stand is of no matter here."""
    found = [f"class {number}" for number in range(CLASSES)]
    for name, place in ENDS.items():
        found[place] = name
    asked = (name for topic in topics().values() for entry in topic.imagenet for name in entry.split(RANGE))
    for name, place in zip(dict.fromkeys(name for name in asked if name not in ENDS), range(400, 920), strict=False):
        found[place] = name
    return found


@pytest.fixture(scope="module")
def world(names):
    """Photos whose first feature is a dog, whose second is food; the first half was described, and shows no food."""
    random = np.random.default_rng(0)
    pooled = random.normal(0, 0.3, (PHOTOS, 6)).astype(np.float32)
    dog, food = (random.random((2, PHOTOS)) < 0.4) & np.array([[True] * PHOTOS, np.arange(PHOTOS) >= PHOTOS // 2])
    dog &= ~food
    pooled[:, 0] += 2 * dog
    pooled[:, 1] += 2 * food
    told = [["a dog runs", "a brown dog"] if dog[row] else ["a man", "a man waits"] for row in range(PHOTOS // 2)]
    logits = np.zeros((PHOTOS, CLASSES), np.float32)
    logits[dog, 200] = logits[food, 930] = 20
    grids = np.repeat(np.repeat(pooled[:, None, None], 2, axis=1), 2, axis=2).astype(np.float16)
    return pooled, [*told, *[None] * (PHOTOS // 2)], Views(grids, grids, logits.astype(np.float16)), dog, food


def test_both_what_was_told_and_what_only_the_teacher_knew_is_seen(world, names):
    pooled, told, views, dog, food = world
    head = fit_topic_head(pooled, told, views, names, NAMES)
    assert head.names == NAMES
    chances = head.probabilities(pooled)
    for thing, there in (("dog", dog), ("food", food)):
        found = np.array([row[thing] for row in chances])
        assert found[there].mean() > 0.6 > 0.2 > found[~there].mean()
    assert max(row["plane"] for row in chances) < 0.05, "neither ever saw one"


def test_nobody_is_guessed_beside_food(world, names):
    pooled, told, views, dog, food = world
    men = np.array([row["male"] for row in fit_topic_head(pooled, told, views, names, NAMES).probabilities(pooled)])
    assert men[~dog & ~food].mean() > 0.6
    assert men[food].mean() < 0.3


def test_precision_is_told_of_what_somebody_mentions(world, names):
    pooled, told, views, *_ = world
    described = told[: PHOTOS // 2]
    head = fit_topic_head(pooled, told, views, names, NAMES)
    measured = average_precision(head, pooled[: PHOTOS // 2], described)
    assert measured["dog"] > 0.95
    assert "food" not in measured


def test_mentions_are_shares_of_descriptions():
    topics_named = ["dog", "grass", "cat"]
    found = mention_shares([["a dog", "a dog on grass", "a cat", "nothing"], []], topics_named)
    column = topics_named.index
    assert found[0, column("dog")] == 0.5
    assert found[0, column("grass")] == found[0, column("cat")] == 0.25
    assert not found[1].any()


def test_classes_stand_for_topics(names):
    logits = np.full((2, CLASSES), -20, np.float32)
    logits[0, 151] = logits[1, names.index("daisy")] = 20
    shares, alone = topics_by_class(logits, names)
    assert shares["dog"] == pytest.approx([1, 0], abs=1e-6)
    assert shares["flower"] == pytest.approx([0, 1], abs=1e-6)
    assert shares.keys() == {name for name, topic in topics().items() if topic.imagenet}
    assert alone[0] == pytest.approx(0, abs=1e-6), "people stand beside dogs"


def test_labels_may_be_doubtful_and_photos_count_less():
    rows = np.array([[-1.0], [1.0]] * 50, np.float32)
    sure = regress(rows, np.array([0.0, 1.0] * 50), np.ones(100), 1.0).probabilities(rows)
    unsure = regress(rows, np.array([0.4, 0.6] * 50), np.ones(100), 1.0).probabilities(rows)
    assert sure[0] < unsure[0] < 0.5 < unsure[1] < sure[1]
    never = regress(rows, np.zeros(100), np.ones(100), 1.0).probabilities(rows)
    assert never.max() < 0.001
    always = regress(rows, np.ones(100), np.ones(100), 1.0).probabilities(rows)
    assert always.min() > 0.999
