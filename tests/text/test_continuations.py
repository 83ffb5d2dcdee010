"""Continuations: what people wrote behind what, and under which photos."""

import zlib

import pytest

from caption_model.text.continuations import EDGE, Continuations, pushed, runs, tokens_of

CAPTIONS = [
    ("One more coffee, then home ☕", {"coffee"}),
    ("one more coffee and i'm ready", {"coffee", "breakfast"}),
    ("One more ride", {"motorbike"}),
    ("One more day", ()),
]


def words(found):
    return {one.token for one in found}


def test_tokens_are_words_and_signs():
    assert tokens_of("Coffee first, i’m told!") == ["coffee", "first", ",", "I'm", "told", "!"]
    assert tokens_of("I said well-made") == ["I", "said", "well-made"]
    assert tokens_of("  ") == []


def test_an_emoji_ends_a_run():
    assert [token for _, token in runs("Coffee ☕ first")] == ["coffee", EDGE, "first", EDGE]
    assert list(runs("☕")) == []


def test_what_follows_is_known_with_its_topics():
    known = Continuations.fit(CAPTIONS)
    after = {one.token: one.topics for one in known.after((EDGE, "one", "more"))}
    assert after == {"coffee": {"coffee", "breakfast"}, "ride": {"motorbike"}, "day": frozenset()}
    assert words(known.after((EDGE, "one", "more", "coffee"))) == {",", "and"}
    assert words(known.after(("one", "more", "coffee", "and"))) == {"I'm"}
    assert words(known.after((EDGE, "one", "more", "day"))) == {EDGE}
    assert words(known.after((EDGE,))) == {"one"}
    assert known.after(("never", "written", "so")) == ()


def test_case_plays_no_part_in_a_context():
    assert pushed((EDGE, "a", "b", "c"), "D") == ("a", "b", "c", "d")
    known = Continuations.fit([("My Sunday plan", ())])
    assert words(known.after((EDGE, "my"))) == {"Sunday"}
    assert words(known.after((EDGE, "my", "sunday"))) == {"plan"}


def test_bytes_hold_everything_and_no_more():
    known = Continuations.fit(CAPTIONS)
    read = Continuations.from_bytes(known.to_bytes())
    for context in {context for caption, _ in CAPTIONS for context, _ in runs(caption)}:
        assert set(read.after(context)) == set(known.after(context))
    assert Continuations.from_bytes(Continuations.fit([]).to_bytes()).after((EDGE,)) == ()


@pytest.mark.parametrize("damaged", [b"", b"no such thing", zlib.compress(b"no safetensors"), "cut", "flipped"])
def test_what_is_damaged_is_refused(damaged):
    whole = Continuations.fit(CAPTIONS).to_bytes()
    content = {"cut": whole[:-9], "flipped": whole[:40] + bytes([whole[40] ^ 255]) + whole[41:]}.get(damaged, damaged)
    with pytest.raises(ValueError, match="continuations"):
        Continuations.from_bytes(content)


def test_joined_ones_know_what_either_knows():
    mine, theirs = Continuations.fit(CAPTIONS[:2]), Continuations.fit([*CAPTIONS[2:], ("One more coffee", ())])
    after = {one.token: one.topics for one in mine.joined(theirs).after((EDGE, "one", "more"))}
    assert after == {"coffee": frozenset(), "ride": {"motorbike"}, "day": frozenset()}
    assert words(mine.joined(theirs).after((EDGE, "one", "more", "coffee"))) == {",", "and", EDGE}
