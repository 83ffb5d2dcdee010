"""Claims: what captions name, and whether a description tells of it."""

import emoji
import pytest

from caption_model.text import graphemes
from caption_model.text.mentioned_topics import THINGS, borne_out, claimed


@pytest.mark.parametrize(
    ("caption", "named"),
    [
        ("My dog 🌊", {"dog", "water"}),
        ("Pool day with the BOYS", {"water", "male", "people"}),
        ("She’s home ❤️", {"female"}),
        ("So good", set()),
        ("🏄🏽 today", {"water"}),
        ("dogma and boyish hair", {"hair"}),
        ("", set()),
    ],
)
def test_what_a_caption_names(caption, named):
    assert claimed(caption) == named


@pytest.mark.parametrize(
    ("description", "told"),
    [
        ("A black dog is running through the water.", {"dog", "water", "baby"}),
        ("Two women in the snow.", {"female", "people", "snow"}),
        ("A ball.", {"game"}),
        ("", set()),
    ],
)
def test_what_a_description_tells_of(description, told):
    assert borne_out(description) == told


def test_the_emojis_of_things_are_whole_fully_qualified_and_of_no_skin_tone():
    for name, thing in THINGS.items():
        for cluster in thing.emojis:
            assert emoji.is_emoji(cluster), f"{name}: {cluster!r}"
            assert graphemes.without_tone(graphemes.normalise(cluster)) == cluster, f"{name}: {cluster!r}"
            assert name in claimed(f"x{cluster}"), f"{name}: {cluster}"
