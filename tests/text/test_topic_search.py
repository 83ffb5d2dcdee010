"""Free words to the topic that is meant."""

import pytest

from caption_model.text.topic_search import find_topic
from caption_model.text.topics import topics

FEW = ("dog", "water", "drink", "sky", "baby")


@pytest.mark.parametrize(
    ("said", "topic"),
    [
        *((name, name) for name in ("dog", "sea", "coffee", "books", "sealife")),
        ("puppy", "dog"), ("Puppies", "dog"), ("my golden retriever", "dog"), ("🐶", "dog"), ("👋🏽 🐕", "dog"),
        ("latte", "coffee"), ("a latte", "coffee"), ("the sea", "sea"), ("dogs", "dog"), ("book", "books"),
        ("strawberries", "fruit"), ("wolves", "wildlife"), ("Sea life", "sealife"), ("DOG!", "dog"),
    ],
)  # fmt: skip
def test_words_find_the_topic_that_they_name(said, topic):
    assert find_topic(said, topics()) == topic


@pytest.mark.parametrize("said", ["xyzzy", "", "  ", "the", "!?", "🧿", "hot dog"])
def test_what_nothing_knows_is_nothing(said):
    assert find_topic(said, topics()) not in {"dog", "sea"}
    assert find_topic(said, ("dog", "sea")) is None


@pytest.mark.parametrize(
    ("said", "topic"), [("the sea", "water"), ("latte", "drink"), ("sunsets", "sky"), ("wolf", None)]
)
def test_only_what_the_models_know_is_found(said, topic):
    assert find_topic(said, FEW) == topic
