"""Attention maps: a share of the photo for every word, and a picture that shows it."""

import io

import numpy as np
import pytest
from PIL import Image

from caption_model.bundles.bundle import network_weights
from caption_model.generation.attention_maps import COLUMNS, attention_maps, draw
from caption_model.networks.descriptive_onnx import PreparedDescriptive
from caption_model.text.vocabulary import WordVocabulary

WORDS = WordVocabulary.fit(["a dog runs over the grass while people watch it go"])


@pytest.fixture(scope="module")
def decoder(descriptive_decoder):
    return PreparedDescriptive(descriptive_decoder.config, network_weights(descriptive_decoder))


def test_every_word_has_a_map_that_sums_to_one(decoder):
    grid = np.random.default_rng(0).normal(size=(2, 2, 6)).astype(np.float32)
    maps = attention_maps(decoder, WORDS, "A dog runs over the grass.", grid)
    assert [word for word, _ in maps] == ["a", "dog", "runs", "over", "the", "grass"]
    for _, share in maps:
        assert share.shape == (2, 2)
        assert share.sum() == pytest.approx(1, abs=1e-5)
    assert np.ptp([share[0, 0] for _, share in maps]) > 1e-4  # it looks elsewhere for another word


def test_the_map_follows_what_is_in_the_cells(decoder):
    grid = np.random.default_rng(0).normal(size=(2, 2, 6)).astype(np.float32)
    turned = np.ascontiguousarray(grid[:, ::-1])
    for (_, share), (_, mirrored) in zip(
        attention_maps(decoder, WORDS, "a dog", grid),
        attention_maps(decoder, WORDS, "a dog", turned),
        strict=True,
    ):
        np.testing.assert_allclose(mirrored, share[:, ::-1], atol=1e-5)


def test_the_picture_shows_the_photo_bright_where_it_was_looked_at():
    share = np.array([[0.0, 0.0], [0.0, 1.0]], np.float32)
    white = Image.new("RGB", (90, 60), "white")
    picture = Image.open(io.BytesIO(draw(white, [("dog", share)] * 7)))
    assert picture.format == "PNG"
    assert picture.width > picture.height
    pixels = np.asarray(picture.convert("L")).astype(float)
    wide, high = picture.width / COLUMNS, picture.height / 2
    first = pixels[: int(high), : int(wide)]
    middle = int(high * 0.55), int(wide / 2)
    assert first[middle[0] + 20, middle[1] + 40] > first[middle[0] - 20, middle[1] - 40] + 50
