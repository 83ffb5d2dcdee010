"""Phrases: runs of words that somebody wrote, and the words that emojis stand behind."""

import pytest

from caption_model.text import hash_set
from caption_model.text import word_ngrams as module
from caption_model.text.word_ngrams import Phrases

SAID = ["sunday walks with my best friend 🐶", "walks by the sea 🌊", "so much sand", "much love. best soul ever"]


@pytest.fixture(scope="module")
def said():
    return Phrases.fit([*SAID, *SAID])


@pytest.mark.parametrize("text", [*SAID, "SUNDAY walks, with my best friend", "sooo much sand", "🐶 much love", ""])
def test_what_was_written_holds_nothing_unknown(said, text):
    assert said.unknown(text) == 0


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("sunday walks by the sea", 1),  # all pairs are known, "sunday walks by" is not
        ("best friend", 1),  # "best" begins a clause, "best friend" does not
        ("friend the", 5),  # three pairs, two triples
        ("walks by the sea. so much love", 1),  # "so much" and "much love" are known, not all three
        ("walks by the sea 🐶", 1),  # nobody put a dog behind the sea
        ("walks by the sea 🌊🌊", 0),
    ],
)
def test_each_run_that_nobody_wrote_counts(said, text, unknown):
    assert said.unknown(text) == unknown


def test_an_emoji_goes_with_a_word_whatever_its_skin():
    said = Phrases.fit(["well done 👍🏽", "well done! 👍🏿"])
    assert said.unknown("well done 👍") == said.unknown("well done 👍🏿") == 0
    assert said.unknown("well done 🎉") == 1


def test_an_emoji_seen_behind_enough_words_goes_with_any(monkeypatch):
    monkeypatch.setattr(module, "EVERYWHERE", 2)
    said = Phrases.fit(["my love ❤️", "my sea ❤️", "my day 🎂", "my joy"])
    assert said.unknown("my joy ❤️") == 0
    assert said.unknown("my joy 🎂") == 1


def test_an_emoji_that_one_caption_put_there_is_a_private_joke():
    assert Phrases.fit(["my fav ☔", "my fav"]).unknown("my fav ☔") == 1
    assert Phrases.fit(["my fav ☔", "your fav ☔", "my fav"]).unknown("my fav ☔") == 0


def test_together_they_know_what_either_knows(said):
    other = Phrases.fit(["so much love"])
    both = said.joined(other)
    assert other.unknown("walks by the sea") > 0
    assert both.unknown("so much love") == both.unknown("walks by the sea 🌊") == 0


def test_nothing_is_known_to_nobody():
    assert Phrases.fit([]).unknown("so much 🌊") == 6


@pytest.mark.parametrize("most", [0, 3, 40])
def test_runs_are_counted_alike_whatever_was_asked_before_and_however_much_is_remembered(monkeypatch, most):
    monkeypatch.setattr(hash_set, "LONGEST_REMEMBERED", most)
    asked = Phrases.fit([*SAID, *SAID])
    text = "so much sand friend walks by the the sea with"
    words = ["", *text.split(), ""]
    runs = [tuple(words[at : at + size]) for size in (2, 3) for at in range(len(words) - size + 1)]
    said = [["", *one.split(), ""] for one in ("so much sand", "sunday walks with my best friend", "walks by the sea")]
    known = {tuple(one[at : at + size]) for one in said for size in (2, 3) for at in range(len(one) - size + 1)}
    unknown = sum(run not in known for run in runs)
    for ended in (False, True, True):
        assert asked.unknown(text[:20], ended=False) <= asked.unknown(text, ended)
    assert asked.unknown(text) == unknown > 5
