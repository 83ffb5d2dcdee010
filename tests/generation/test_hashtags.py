"""Hashtags: from what was seen for sure, narrow ones first, nothing of people."""

import re

import pytest

from caption_model.generation.hashtags import MOST, hashtags
from tests.support.seeing import seen


def test_the_narrow_comes_before_the_wide_whatever_is_likelier():
    assert hashtags(seen(topics={"drink": 0.95, "coffee": 0.7, "dog": 0.2})) == ["#coffee", "#drink"]


def test_a_sure_class_that_names_a_likely_topic_comes_first():
    classes = (("golden retriever", 0.8), ("tennis ball", 0.05))
    assert hashtags(seen(topics={"dog": 0.9}, classes=classes)) == ["#goldenretriever", "#dog"]
    assert hashtags(seen(topics={"dog": 0.1}, classes=classes)) == [], "two witnesses that disagree"
    assert hashtags(seen(topics={"dog": 0.9}, classes=(("golden retriever", 0.4),))) == ["#dog"]


def test_people_are_not_tagged():
    people = dict.fromkeys(("woman", "female", "man", "baby", "people", "family", "selfie"), 0.99)
    tags = hashtags(seen(topics=people | {"wedding": 0.8}, classes=(("groom", 0.9),)))
    assert not {"#woman", "#female", "#man", "#baby", "#people", "#family", "#groom"} & set(tags)
    assert "#wedding" in tags


def test_they_are_few_distinct_and_plain():
    topics = dict.fromkeys(("dog", "flower", "beach", "water", "tree", "sky", "city", "food"), 0.9)
    for most in range(1, MOST + 1):
        tags = hashtags(seen(topics=topics, classes=(("Flowers", 0.9),)), most)
        assert len(tags) == most == len({tag.removesuffix("s") for tag in tags})
        assert all(re.fullmatch("#[a-z0-9]+", tag) for tag in tags)
    assert hashtags(seen()) == []


@pytest.mark.parametrize("most", [0, MOST + 1])
def test_instagram_takes_five(most):
    with pytest.raises(ValueError, match="1 to 5"):
        hashtags(seen(), most)
