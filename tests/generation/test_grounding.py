"""Grounding: what a photo shows by two witnesses, and what its captions are to be about."""

import pytest

from caption_model.generation.grounding import (
    MOST_SUBJECTS,
    PRIOR,
    SUBJECT_FROM,
    ground,
    subjects,
    subjects_in_turn,
    topic_probabilities,
)
from caption_model.text.topics import backdrop, topics


def test_what_the_description_tells_is_surer_than_before_and_never_certain():
    head = dict.fromkeys(topics(), 0.0) | {"dog": 0.4, "snow": 0.9, "sky": 0.4}
    shown = topic_probabilities(head, "A dog in the snow.")
    assert shown.keys() == head.keys()
    assert 0.4 < shown["dog"] < 1
    assert 0.9 < shown["snow"] < 1
    assert shown["sky"] == 0.4
    assert shown["flower"] == 0.0


def test_a_guess_tells_less():
    head = dict.fromkeys(topics(), 0.2)
    sure, likely, guess = (topic_probabilities(head, "A dog.", confidence)["dog"] for confidence in (0.9, 0.3, 0.05))
    assert sure == topic_probabilities(head, "A dog.")["dog"] > likely > guess > 0.2


def test_without_a_topic_head_the_description_decides():
    shown = topic_probabilities(None, "A dog.")
    assert shown["snow"] == PRIOR < SUBJECT_FROM < shown["dog"]


def test_subjects_are_what_is_likely_surest_first():
    chances = dict.fromkeys(topics(), 0.1) | {"dog": 0.7, "snow": 0.9, "water": 0.3, "outdoor": 0.99}
    assert subjects(chances) == ["snow", "dog"]
    assert subjects(dict.fromkeys(topics(), 0.1)) == []
    assert len(subjects(dict.fromkeys(topics(), 0.9))) == MOST_SUBJECTS


def test_people_are_a_subject_only_where_there_is_no_other():
    chances = dict.fromkeys(topics(), 0.1) | {"male": 0.9, "baby": 0.95, "people": 0.6}
    assert subjects(chances) == ["male"]
    assert subjects(chances | {"bike": 0.5}) == ["bike"]


def test_no_caption_is_about_what_nearly_every_photo_shows():
    assert backdrop() == {"indoor", "outdoor", "day"}
    chances = dict.fromkeys(topics(), 0.0) | dict.fromkeys(backdrop(), 0.9)
    assert subjects(chances) == []
    assert subjects(chances | {"snow": 0.5}) == ["snow"]


@pytest.mark.parametrize(
    ("caption", "mean", "missing"),
    [("my dog", 0.9, 0.1), ("my dog in the snow", 0.5, 1.0), ("so good", 0.0, 0.0), ("Snow day ❄️", 0.1, 0.9)],
)
def test_a_caption_is_grounded_by_what_it_mentions(caption, mean, missing):
    chances = dict.fromkeys(topics(), 0.0) | {"dog": 0.9, "snow": 0.1}
    assert ground(caption, chances) == pytest.approx((mean, missing))


def test_one_turn_in_four_is_free_and_the_surest_topic_has_most_turns():
    told = subjects_in_turn(["snow", "dog", "sky"], 32)
    assert told[::4] == [None] * 8
    assert [told.count(topic) for topic in ("snow", "dog", "sky")] == [12, 8, 4]
    assert subjects_in_turn([], 8) == [None] * 8
    assert None not in {subject for turn, subject in enumerate(told) if turn % 4}
