"""Vocabularies: text to integers and back, and what a bundle keeps of them."""

import json

import pytest

from caption_model.errors import BundleError
from caption_model.text.vocabulary import END, PAD, SPECIALS, START, UNKNOWN, GraphemeVocabulary, WordVocabulary

CAPTIONS = ["beach day 🏖️", "family 👨‍👩‍👧 time", "I ❤️ this", "nice café"]


@pytest.mark.parametrize("caption", CAPTIONS)
def test_a_caption_survives_being_encoded(caption):
    vocabulary = GraphemeVocabulary.fit(CAPTIONS)
    numbers = vocabulary.encode(caption)
    assert min(numbers) > UNKNOWN
    assert vocabulary.decode(numbers) == caption


def test_an_emoji_takes_one_symbol():
    vocabulary = GraphemeVocabulary.fit(CAPTIONS)
    assert len(vocabulary.encode("👨‍👩‍👧")) == 1
    assert "👨‍👩‍👧" in vocabulary.symbols
    assert "👨" not in vocabulary.symbols


def test_another_spelling_of_a_known_symbol_is_the_same_symbol():
    vocabulary = GraphemeVocabulary.fit(CAPTIONS)
    assert vocabulary.encode("\u2764") == vocabulary.encode("\u2764\ufe0f")
    assert vocabulary.encode("cafe\u0301") == vocabulary.encode("caf\u00e9")


def test_what_was_never_seen_is_unknown_and_is_not_written():
    vocabulary = GraphemeVocabulary.fit(["ab"])
    assert vocabulary.encode("aZb") == [vocabulary.index["a"], UNKNOWN, vocabulary.index["b"]]
    assert vocabulary.decode(vocabulary.encode("aZb")) == "ab"


def test_decoding_stops_at_the_end_and_leaves_specials_out():
    vocabulary = GraphemeVocabulary.fit(["ab"])
    a, b = vocabulary.index["a"], vocabulary.index["b"]
    assert vocabulary.decode([START, a, PAD, UNKNOWN, b, END, a, a]) == "ab"
    assert vocabulary.decode([END, a]) == ""


def test_a_caption_cannot_smuggle_a_special_in():
    vocabulary = GraphemeVocabulary.fit(["<pad> <end>"])
    assert vocabulary.symbols[:4] == SPECIALS
    assert len(set(vocabulary.symbols)) == len(vocabulary)
    assert min(vocabulary.encode("<pad>")) > UNKNOWN


def test_frequent_symbols_come_first_and_ties_are_ordered_whatever_the_order_of_the_texts():
    texts = ["bbb", "ccca", "a"]
    assert GraphemeVocabulary.fit(texts).symbols[4:] == ("b", "c", "a")
    assert GraphemeVocabulary.fit(texts[::-1]) == GraphemeVocabulary.fit(texts)


def test_rare_symbols_are_left_out():
    assert GraphemeVocabulary.fit(["aab", "a"], min_count=2).symbols[4:] == ("a",)


def test_words_are_lower_case_without_punctuation():
    split = WordVocabulary.split("A man's dog-sled, ran past 2 Trees .")
    assert split == ["a", "man's", "dog", "sled", "ran", "past", "2", "trees"]


def test_words_survive_being_encoded():
    vocabulary = WordVocabulary.fit(["A dog runs .", "A cat sleeps ."])
    assert vocabulary.decode(vocabulary.encode("A dog sleeps !")) == "a dog sleeps"
    assert vocabulary.encode("a unicorn") == [vocabulary.index["a"], UNKNOWN]


@pytest.mark.parametrize("kind", [GraphemeVocabulary, WordVocabulary])
def test_json_gives_the_same_vocabulary_back(kind):
    vocabulary = kind.fit(CAPTIONS)
    assert kind.from_json(json.loads(json.dumps(vocabulary.to_json()))) == vocabulary


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "grapheme",
        {},
        {"kind": "grapheme"},
        {"kind": "grapheme", "symbols": "abc"},
        {"kind": "grapheme", "symbols": ["a", "b"]},
        {"kind": "grapheme", "symbols": [*SPECIALS, "a", "a"]},
        {"kind": "grapheme", "symbols": [*SPECIALS, ["a"]]},
        {"kind": "grapheme", "symbols": [*SPECIALS, 5]},
        {"kind": "word", "symbols": [*SPECIALS, "a"]},
    ],
)
def test_anything_else_is_no_vocabulary(content):
    with pytest.raises(BundleError, match="vocabulary"):
        GraphemeVocabulary.from_json(content)
