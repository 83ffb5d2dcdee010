"""Decoders made ready to write: the same functions as the decoders they were made from, up to rounding."""

import numpy as np
import pytest
import tensorflow as tf

from caption_model.controls import CHOICES
from caption_model.decoders import prepared
from caption_model.decoders.prepared import PreparedSocial
from caption_model.vocabulary import START


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


def test_in_float32_it_is_the_decoder(social_decoder, inputs, monkeypatch):
    monkeypatch.setattr(prepared, "cpu_has_bfloat16", lambda: False)
    ours = written(PreparedSocial(social_decoder), *inputs)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, written(social_decoder, *inputs), rtol=1e-4, atol=1e-4)


def test_in_bfloat16_probabilities_stay_close(social_decoder, inputs, monkeypatch):
    monkeypatch.setattr(prepared, "cpu_has_bfloat16", lambda: True)
    ours = tf.nn.softmax(written(PreparedSocial(social_decoder), *inputs)).numpy()
    exact = tf.nn.softmax(written(social_decoder, *inputs)).numpy()
    assert 0 < np.abs(ours - exact).max() < 0.05
    assert np.abs(ours - exact).sum(axis=-1).mean() < 0.02


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
