"""Controls: what a caption is like, and whether it is what was asked for."""

import pytest

from caption_model.text.controls import CHOICES, Controls


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("sea you soon", ("none", "short", "plain", "lower")),
        ("Sea you soon 🌊", ("some", "short", "plain", "normal")),
        ("sea 🌊🌊🌊", ("many", "short", "plain", "lower")),
        ("who wants ice cream? 🍦🍦", ("some", "short", "question", "lower")),
        ("what a day!", ("none", "short", "exclamation", "lower")),
        ("really?!", ("none", "short", "question", "lower")),
        ("a" * 25, ("none", "short", "plain", "lower")),
        ("a" * 26, ("none", "medium", "plain", "lower")),
        ("a" * 50, ("none", "medium", "plain", "lower")),
        ("a" * 51, ("none", "long", "plain", "lower")),
        ("👨‍👩‍👧‍👦" * 25, ("many", "short", "plain", "lower")),
        ("1 and #2 ©", ("some", "short", "plain", "lower")),
    ],
)
def test_a_caption_is_measured(caption, expected):
    measured = Controls.measure(caption)
    assert (measured.emoji, measured.length, measured.ending, measured.case) == expected
    assert measured.tone is None
    assert measured.fulfilled_by(caption)


def test_the_tone_is_told_not_measured():
    assert Controls.measure("hello", tone="playful").tone == "playful"
    assert Controls(tone="warm").fulfilled_by("any caption whatever")


def test_open_controls_are_always_fulfilled():
    for caption in ("", "Hello?", "🌊" * 80):
        assert Controls().fulfilled_by(caption)


@pytest.mark.parametrize(
    ("wish", "yes", "no"),
    [
        (Controls(emoji="none"), "sea", "sea 🌊"),
        (Controls(emoji="many"), "🌊🌊🌊", "🌊🌊"),
        (Controls(length="short"), "sea", "sea " * 20),
        (Controls(ending="question"), "sea?", "sea!"),
        (Controls(case="lower"), "sea", "Sea"),
        (Controls(emoji="some", case="normal"), "Sea 🌊", "sea 🌊"),
    ],
)
def test_a_wish_is_fulfilled_or_not(wish, yes, no):
    assert wish.fulfilled_by(yes)
    assert not wish.fulfilled_by(no)


def test_a_wished_topic_is_to_be_named():
    assert Controls(subject="dog", emoji="none").fulfilled_by("my puppy")
    assert not Controls(subject="dog").fulfilled_by("my cat")
    with pytest.raises(ValueError, match=r"subject must be one of dog, .*'loud'"):
        Controls(subject="loud")
    assert Controls(subject="dog").ids() == Controls().ids(), "the decoder numbers topics itself"


def test_integers_start_at_one_and_zero_is_open():
    assert Controls().ids() == [0, 0, 0, 0, 0]
    assert Controls(tone="gram", emoji="many", case="normal").ids() == [1, 3, 0, 0, 2]


def test_every_choice_has_its_own_integer():
    for place, (name, choices) in enumerate(CHOICES.items()):
        numbers = [Controls(**{name: choice}).ids()[place] for choice in choices]
        assert numbers == list(range(1, len(choices) + 1))


@pytest.mark.parametrize("name", list(CHOICES))
def test_a_wish_that_does_not_exist_is_refused_with_the_choices(name):
    with pytest.raises(ValueError, match=f"{name} must be one of {CHOICES[name][0]}.*'loud'"):
        Controls(**{name: "loud"})
