"""Options: one immutable value, checked as soon as it is made."""

import dataclasses

import pytest

from caption_model.generation.options import GUIDANCE_SCALE, TEMPERATURE, TOP_P, GenerationOptions
from caption_model.generation.sampling import TopPSampler
from caption_model.text.controls import Controls


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"n": 0}, "n must be at least 1, not 0"),
        ({"seed": -1}, "seed must be at least 0, not -1"),
        ({"tone": "angry"}, "tone must be one of gram, .*, not 'angry'"),
        ({"emoji": "few"}, "emoji must be"),
        ({"length": "endless"}, "length must be"),
        ({"ending": "comma"}, "ending must be"),
        ({"case": "upper"}, "case must be"),
        ({"subject": "unicorn"}, "subject must be one of dog, .*, not 'unicorn'"),
        ({"guidance_scale": -0.1}, "guidance_scale must be .* not -0.1"),
        ({"guidance_scale": float("nan")}, "guidance_scale must be .* not nan"),
        ({"guidance_scale": float("inf")}, "guidance_scale must be .* not inf"),
        ({"temperature": 0.0}, "temperature must be .* not 0.0"),
        ({"temperature": float("nan")}, "temperature must be .* not nan"),
        ({"top_p": 0.0}, "top_p must be .* not 0.0"),
        ({"top_p": 1.1}, "top_p must be .* not 1.1"),
        ({"samples": 0}, "samples must be at least 1, not 0"),
        ({"avoid": "so good"}, "avoid must be a collection of captions"),
        ({"like": "  "}, "like must be a caption"),
    ],
)
def test_a_value_out_of_range_is_named(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        GenerationOptions(**wrong)


def test_they_are_one_immutable_value():
    options = GenerationOptions(avoid=["a", "b", "a"], like="c")
    assert options == GenerationOptions(avoid={"b", "a"}, like="c")
    assert hash(options) == hash(GenerationOptions(avoid=("b", "a"), like="c"))
    assert options != dataclasses.replace(options, seed=8)
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.n = 3


def test_the_decoder_is_told_the_controls():
    assert GenerationOptions().controls() == Controls(tone="gram")
    options = GenerationOptions(1, 2, "playful", "none", "short", "question", "lower", "dog")
    assert options.controls() == Controls("playful", "none", "short", "question", "lower", "dog")


def test_the_sampler_follows_the_options():
    assert (
        TopPSampler.from_options(GenerationOptions())
        == TopPSampler(TOP_P, TEMPERATURE, GUIDANCE_SCALE)
        == TopPSampler()
    )
    options = GenerationOptions(top_p=0.5, temperature=1.5, guidance_scale=2.0)
    assert TopPSampler.from_options(options) == TopPSampler(0.5, 1.5, 2.0)
