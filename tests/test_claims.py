"""Claims: what captions name, and whether a description tells of it."""

import pytest

from caption_model.claims import borne_out, claimed


@pytest.mark.parametrize(
    ("caption", "named"),
    [
        ("My dog 🌊", {"dog", "water"}),
        ("Pool day with the BOYS", {"water", "male", "people"}),
        ("She’s home ❤️", {"female"}),
        ("So good", set()),
        ("🏄🏽 today", {"water"}),
        ("dogma and boyish hair", {"clothes"}),
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
