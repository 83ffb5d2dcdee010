"""Proper nouns: what a photo cannot tell is known by its capital, and what only looks like it is left alone."""

import pytest

from caption_model.text.proper_nouns import proper_nouns

CAPTIONS = [
    "back in Tokyo with the girls",
    "one night in Tokyo ❤️",
    "Beach day with my friends",
    "at the beach again",
    "to the Beach",
    "I think I’m in love",
    "see you on Sunday",
    "see you this Sunday!",
    "New York, I love you",
    "from New York with love",
]


def test_words_capitalised_inside_sentences_are_proper_nouns():
    assert proper_nouns(CAPTIONS) == {"tokyo", "york"}


@pytest.mark.parametrize(
    "captions",
    [
        ["Hello there. Sunshine is here", "wow! Sunshine again", "mood: Sunshine"],  # a sentence begins
        ["good ❤️ Sunshine", "day 😍 Sunshine"],
        ["My Happy Sunshine Place", "ALL THE SUNSHINE"],  # every word has a capital
        ["in the Sunshine"],  # once is a slip
        ["in Sunshine", "in Sunshine", "in sunshine"],
        [],
    ],
)
def test_capitals_that_mean_nothing_make_no_proper_noun(captions):
    assert proper_nouns(captions) == frozenset()


def test_one_caption_counts_once():
    assert proper_nouns(["oh Wow and Wow and more Wow it is, so much of it all here"]) == frozenset()
