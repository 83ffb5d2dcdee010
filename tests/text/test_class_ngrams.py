"""Constructions: runs of four word classes that somebody used."""

import pytest

from caption_model.text.class_ngrams import Constructions
from caption_model.text.lexicon import Lexicon
from caption_model.training.social import word_classes
from caption_model.training.social.word_classes import fit_classes

CLASSES = {"water": 0, "sun": 0, "the": 1, "a": 1, "my": 1, "back": 2, "in": 3, "so": 4, "good": 5}
SAID = ["back in the sun ☀️", "the water is so good", "love the sun"]


@pytest.fixture(scope="module")
def said():
    return Constructions.fit(SAID, CLASSES)


@pytest.mark.parametrize(
    "text",
    [
        *SAID,
        "Back in my WATER!",
        "back in a sun 🌊",
        "a sun is soooo goood",
        "love my water. the sun is so good",
        "🌊",
        "",
    ],
)
def test_words_of_a_class_are_as_good_as_one_another(said, text):
    assert said.unknown(text) == 0


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("love the water is so good", 1),  # "love the water is"
        ("back in love", 2),
        ("in the sun", 1),  # nobody began so
        ("hate the sun", 2),  # a word of no class is like no other
    ],
)
def test_each_run_of_classes_that_nobody_used_counts(said, text, unknown):
    assert said.unknown(text) == unknown


def test_two_words_are_too_few_to_be_built_wrongly(said):
    assert said.unknown("sun love") == said.unknown("good") == 0


def test_they_survive_being_stored(said):
    files = said.to_files()
    back = Constructions.from_files(files.__getitem__)
    assert back.classes == CLASSES
    assert back.runs.hashes.tolist() == said.runs.hashes.tolist()
    assert files["word_classes.txt"].decode().splitlines()[:2] == ["sun water", "a my the"]
    assert Constructions.from_files(Constructions.fit([], {}).to_files().__getitem__).unknown("back in the sun") == 3


def test_together_they_know_what_either_knows(said):
    other = Constructions.fit(["hello my little friend"], CLASSES)
    both = said.joined(other)
    assert other.unknown("back in the sun") > 0
    assert both.unknown("back in my sun") == both.unknown("hello the little friend") == 0


def test_words_with_the_same_neighbours_share_a_class(monkeypatch):
    monkeypatch.setattr(word_classes, "CLASSES", 6)
    things, ways = ["sun", "sea", "snow", "sand"], ["walking", "jumping", "dancing", "singing"]
    captions = [f"{way} in the {thing} with my dogs" for thing in things for way in ways for _ in range(3)]
    lexicon = Lexicon.fit(captions)
    classes = fit_classes(captions, lexicon)
    assert classes.keys() == {word for caption in captions for word in caption.split()}
    assert len({classes[thing] for thing in things}) == len({classes[way] for way in ways}) == 1
    assert len({classes[word] for word in ("sun", "walking", "the")}) == 3
    assert fit_classes(captions, lexicon) == classes


def test_few_words_are_classes_of_their_own_and_rare_or_unknown_ones_of_none():
    captions = ["sea and sand"] * 3 + ["sea and blorf"] * 3 + ["seldom sea"]
    assert fit_classes(captions, Lexicon(frozenset({"sea", "and", "sand", "seldom"}))).keys() == {"sea", "and", "sand"}
    assert fit_classes([], Lexicon.fit([])) == {}
