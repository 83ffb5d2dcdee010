"""Decoders made ready to write: the same functions as the decoders they were made from, up to rounding."""

import numpy as np
import pytest
import tensorflow as tf

from caption_model.controls import CHOICES
from caption_model.decoders import prepared
from caption_model.decoders.prepared import PreparedSocial
from caption_model.decoders.social import build_social
from caption_model.vocabulary import START
from caption_model.weights import quantise


def written(decoder, photos, seen, controls, symbols):
    """Logits (B, T, V) of free running along given symbols (B, T)."""
    state = decoder.begin(photos, seen, controls)
    logits = []
    for symbol in symbols.T:
        step, state = decoder.step(symbol, state)
        logits.append(np.asarray(step))
    return np.stack(logits, axis=1)


@pytest.fixture(scope="module")
def inputs():
    random = np.random.default_rng(3)
    symbols = random.integers(4, 30, (6, 9)).astype(np.int32)
    symbols[:, 0] = START
    photos = random.normal(size=(6, 8)).astype(np.float32)
    controls = random.integers(0, 3, (6, len(CHOICES))).astype(np.int32)
    return photos, np.array([1, 0, 1, 0, 1, 1], np.float32), controls, symbols


@pytest.fixture(scope="module")
def stored(social_decoder):
    """The decoder with the weights that a bundle would keep of it."""
    copy = build_social(social_decoder.config)
    copy.set_weights(
        [np.multiply(*quantise(weight)) if weight.ndim == 2 else weight for weight in social_decoder.get_weights()]
    )
    return copy


def test_it_is_the_decoder_but_for_the_rounding_of_the_hidden_state(stored, inputs):
    ours = tf.nn.softmax(written(PreparedSocial(stored), *inputs)).numpy()
    exact = tf.nn.softmax(written(stored, *inputs)).numpy()
    assert ours.dtype == np.float32
    assert 0 < np.abs(ours - exact).max() < 0.03
    assert np.abs(ours - exact).sum(axis=-1).mean() < 0.01


def test_the_finer_the_levels_the_closer(stored, inputs, monkeypatch):
    exact = written(stored, *inputs)

    def error(levels):
        monkeypatch.setattr(prepared, "LEVELS", levels)
        return np.abs(written(PreparedSocial(stored), *inputs) - exact).mean()

    assert error(127) < error(31) / 2 < error(7) / 4


def test_a_row_is_the_same_to_the_bit_in_any_company(social_decoder, inputs):
    made = PreparedSocial(social_decoder)
    *given, symbols = inputs
    together = written(made, *given, symbols)
    for row in range(len(symbols)):
        some = slice(row, row + 1)
        np.testing.assert_array_equal(written(made, *(part[some] for part in given), symbols[some])[0], together[row])


def test_weights_are_those_of_the_moment_it_was_made(social_decoder, inputs):
    made = PreparedSocial(social_decoder)
    before = written(made, *inputs)
    *_, bias = social_decoder.trainable_variables
    kept = bias.numpy()
    bias.assign(kept + np.arange(30, dtype=np.float32))
    try:
        np.testing.assert_array_equal(written(made, *inputs), before)
    finally:
        bias.assign(kept)
