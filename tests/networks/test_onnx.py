"""Decoders made ready to write: the same functions as the networks they were made from, up to rounding."""

import numpy as np
import pytest
import tensorflow as tf

from caption_model.bundles.bundle import network_weights
from caption_model.bundles.weights import as_stored, quantise
from caption_model.networks import layers_onnx as preparing
from caption_model.networks.config import DescriptiveConfig, SocialConfig
from caption_model.networks.descriptive_keras import build_descriptive
from caption_model.networks.descriptive_onnx import PreparedDescriptive
from caption_model.networks.social_keras import build_social
from caption_model.networks.social_onnx import PreparedSocial
from caption_model.text.controls import CHOICES
from caption_model.text.vocabulary import START
from tests.conftest import shake

READY = {"social": PreparedSocial, "descriptive": PreparedDescriptive}


def ready(decoder):
    """The decoder made ready."""
    kind = "social" if isinstance(decoder.config, SocialConfig) else "descriptive"
    return READY[kind](decoder.config, network_weights(decoder))


def written(decoder, symbols, *known):
    """Logits (B, T, V) of free running along given symbols (B, T)."""
    state = decoder.begin(*known)
    logits = []
    for symbol in symbols.T:
        step, state = decoder.step(symbol, state)
        logits.append(np.asarray(step))
    return np.stack(logits, axis=1)


def rounded(network, build):
    """A copy with the weights that a bundle would keep of it, however small they are."""
    copy = build(network.config)
    copy.set_weights(
        [np.multiply(*quantise(weight)) if weight.ndim == 2 else weight for weight in network.get_weights()]
    )
    return copy


@pytest.fixture(scope="module", params=["social", "descriptive"])
def case(request, social_decoder, descriptive_decoder):
    """A decoder as stored, symbols to write, and what it knows before."""
    random = np.random.default_rng(3)
    if request.param == "social":
        photos = random.normal(size=(6, 8)).astype(np.float32)
        controls = random.integers(0, 3, (6, len(CHOICES))).astype(np.int32)
        known = (photos, np.array([1, 0, 1, 0, 1, 1], np.float32), controls)
        decoder, size = rounded(social_decoder, build_social), 30
    else:
        known = (random.normal(size=(6, 2, 2, 6)).astype(np.float32),)
        decoder, size = rounded(descriptive_decoder, build_descriptive), 20
    symbols = random.integers(4, size, (6, 9)).astype(np.int32)
    symbols[:, 0] = START
    return decoder, symbols, known


def test_it_is_the_decoder_but_for_the_rounding_of_what_is_multiplied(case):
    decoder, symbols, known = case
    ours = tf.nn.softmax(written(ready(decoder), symbols, *known)).numpy()
    exact = tf.nn.softmax(written(decoder, symbols, *known)).numpy()
    assert ours.dtype == np.float32
    assert 0 < np.abs(ours - exact).max() < 0.05
    assert np.abs(ours - exact).sum(axis=-1).mean() < 0.01


def test_the_finer_the_levels_the_closer(case, monkeypatch):
    decoder, symbols, known = case
    exact = written(decoder, symbols, *known)

    def error(levels):
        monkeypatch.setattr(preparing, "LEVELS", levels)
        return np.abs(written(ready(decoder), symbols, *known) - exact).mean()

    assert error(127) < error(31) / 2 < error(7) / 4


def test_a_row_is_the_same_to_the_bit_in_any_company(case):
    decoder, symbols, known = case
    made = ready(decoder)
    together = written(made, symbols, *known)
    for row in range(len(symbols)):
        some = slice(row, row + 1)
        np.testing.assert_array_equal(written(made, symbols[some], *(part[some] for part in known))[0], together[row])


def test_weights_are_those_of_the_moment_it_was_made(case):
    decoder, symbols, known = case
    made = ready(decoder)
    before = written(made, symbols, *known)
    *_, bias = decoder.trainable_variables
    kept = bias.numpy()
    bias.assign(kept + np.arange(len(kept), dtype=np.float32))
    try:
        np.testing.assert_array_equal(written(made, symbols, *known), before)
    finally:
        bias.assign(kept)


def test_it_looks_where_the_network_looks(descriptive_decoder):
    random = np.random.default_rng(4)
    grid = random.normal(size=(3, 2, 2, 6)).astype(np.float32)
    words = random.integers(4, 20, (3, 5)).astype(np.int32)
    shares = ready(descriptive_decoder).attend(words, grid)
    assert shares.shape == (3, 5, 4)
    np.testing.assert_allclose(shares.sum(axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(shares, np.asarray(descriptive_decoder.attend(words, grid)), atol=0.05)


def test_photos_are_standardised_as_the_network_was_taught(social_decoder):
    """Means and variances other than 0 and 1, and a topic that is told."""
    config = SocialConfig(symbols=30, photo=8, embedding=8, condition=8, units=16, topics=("dog", "snow"))
    network = build_social(config)
    shake(network, seed=6)
    random = np.random.default_rng(7)
    photos = random.gamma(2, 3, (40, 8)).astype(np.float32)
    network.fit_photo_scale(photos)
    topic = network.about.embeddings
    topic.assign(random.normal(size=topic.shape))
    told = np.tile(np.array([[1, 0, 2, 0, 1, 0]], np.int32), (3, 1))
    told[:, -1] = [0, 1, 2]
    seen = np.ones(3, np.float32)
    ours, exact = ready(network).begin(photos[:3], seen, told), network.begin(photos[:3], seen, told)
    for part, same in zip(ours[1:], exact[1:], strict=True):
        np.testing.assert_allclose(part, np.asarray(same), atol=1e-5)
    assert np.abs(ours[1][1] - ours[1][2]).max() > 0.01


@pytest.mark.parametrize(
    ("config", "build"),
    [
        (SocialConfig(symbols=30, photo=8, embedding=8, condition=8, units=16), build_social),
        (SocialConfig(symbols=9, photo=3, embedding=4, condition=5, units=6, topics=("dog",)), build_social),
        (DescriptiveConfig(symbols=20, grid=(2, 2, 6), embedding=8, units=16, attention=4), build_descriptive),
    ],
)
def test_the_tensors_of_a_network_are_told_by_its_configuration(config, build):
    weights = as_stored(network_weights(build(config)))
    assert config.shapes() == {name: value.shape for name, value in weights.items()}
