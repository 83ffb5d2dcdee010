"""Decoders: writing step by step is the same as being taught, and photo and controls matter."""

import numpy as np
import pytest

from caption_model.text.controls import CHOICES
from caption_model.text.teacher_forcing import teacher_forcing
from caption_model.text.vocabulary import END, PAD, START

ROWS, STEPS = 4, 7


@pytest.fixture(scope="module")
def social_inputs():
    random = np.random.default_rng(0)
    symbols = random.integers(4, 30, (ROWS, STEPS)).astype(np.int32)
    symbols[:, 0] = START
    photo = random.normal(size=(ROWS, 8)).astype(np.float32)
    seen = np.array([1, 1, 0, 0], np.float32)
    controls = random.integers(0, 3, (ROWS, len(CHOICES))).astype(np.int32)
    return symbols, photo, seen, controls


def stepped(decoder, symbols, state):
    logits = []
    for t in range(symbols.shape[1]):
        step, state = decoder.step(symbols[:, t], state)
        logits.append(np.asarray(step.numpy()))
    return np.stack(logits, axis=1)


def test_the_social_decoder_steps_as_it_is_taught(social_decoder, social_inputs):
    symbols, *known = social_inputs
    taught = social_decoder(social_inputs).numpy()
    assert taught.shape == (ROWS, STEPS, 30)
    np.testing.assert_allclose(stepped(social_decoder, symbols, social_decoder.begin(*known)), taught, atol=1e-4)


def test_the_descriptive_decoder_steps_as_it_is_taught(descriptive_decoder):
    random = np.random.default_rng(1)
    words = random.integers(4, 20, (ROWS, STEPS)).astype(np.int32)
    grid = random.normal(size=(ROWS, 2, 2, 6)).astype(np.float32)
    taught = descriptive_decoder((words, grid)).numpy()
    assert taught.shape == (ROWS, STEPS, 20)
    np.testing.assert_allclose(stepped(descriptive_decoder, words, descriptive_decoder.begin(grid)), taught, atol=1e-4)


def test_several_sentences_of_one_photo_are_read_as_each_alone(descriptive_decoder):
    random = np.random.default_rng(4)
    words = random.integers(4, 20, (6, STEPS)).astype(np.int32)
    grid = random.normal(size=(2, 2, 2, 6)).astype(np.float32)
    together = descriptive_decoder((words, grid)).numpy()
    np.testing.assert_allclose(together, descriptive_decoder((words, grid.repeat(3, axis=0))).numpy(), atol=1e-5)
    where = descriptive_decoder.attend(words, grid).numpy()
    np.testing.assert_allclose(where, descriptive_decoder.attend(words, grid.repeat(3, axis=0)).numpy(), atol=1e-5)


def test_a_photo_that_is_not_seen_does_not_matter(social_decoder, social_inputs):
    symbols, photo, seen, controls = social_inputs
    one, other = (social_decoder((symbols, p, seen, controls)).numpy() for p in (photo, photo + 1))
    assert np.abs(one - other)[seen == 1].max(axis=(1, 2)).min() > 0.05
    np.testing.assert_array_equal(one[seen == 0], other[seen == 0])


@pytest.mark.parametrize("place", range(len(CHOICES)))
def test_every_control_matters(social_decoder, social_inputs, place):
    symbols, photo, seen, controls = social_inputs
    changed = controls.copy()
    changed[:, place] = (changed[:, place] + 1) % 3
    difference = social_decoder(social_inputs).numpy() - social_decoder((symbols, photo, seen, changed)).numpy()
    assert np.abs(difference).max(axis=(1, 2)).min() > 0.05


def test_later_symbols_do_not_change_earlier_logits(social_decoder, social_inputs):
    symbols, *known = social_inputs
    changed = symbols.copy()
    changed[:, 4:] = 5
    one, other = (social_decoder((s, *known)).numpy() for s in (symbols, changed))
    np.testing.assert_allclose(one[:, :4], other[:, :4], atol=1e-6)
    assert np.abs(one[:, 4:] - other[:, 4:]).max() > 0.01


def test_where_something_is_in_the_photo_matters_to_the_description(descriptive_decoder):
    random = np.random.default_rng(2)
    grid = random.normal(size=(1, 2, 2, 6)).astype(np.float32)
    other = grid.copy()
    other[0, 1, 1] += 2
    words = np.array([[START, 5, 6]], np.int32)
    assert np.abs(descriptive_decoder((words, grid)).numpy() - descriptive_decoder((words, other)).numpy()).max() > 0.01


def test_attention_is_a_share_of_the_cells(descriptive_decoder):
    random = np.random.default_rng(3)
    keys, values, *_ = descriptive_decoder.begin(random.normal(size=(2, 2, 2, 6)).astype(np.float32))
    hidden = random.normal(size=(2, 3, 16)).astype(np.float32)
    logits, attention = descriptive_decoder._speak(hidden, keys, values, training=False)
    assert logits.shape == (2, 3, 20)
    assert attention.shape == (2, 3, 4)
    np.testing.assert_allclose(attention.numpy().sum(axis=-1), 1, rtol=1e-5)
    assert attention.numpy().std(axis=-1).min() > 0.01, "some cells matter more than others"
    assert attention.numpy().std(axis=1).max() > 0.01, "and other ones to other words"


def test_dropout_is_on_in_training_alone(social_decoder, social_inputs):
    one, two = (social_decoder(social_inputs, training=True).numpy() for _ in range(2))
    assert np.abs(one - two).max() > 0.01
    np.testing.assert_array_equal(social_decoder(social_inputs).numpy(), social_decoder(social_inputs).numpy())


def test_photos_are_standardised_by_what_training_saw():
    from caption_model.networks.config import DescriptiveConfig, SocialConfig
    from caption_model.networks.descriptive_keras import build_descriptive
    from caption_model.networks.social_keras import build_social

    random = np.random.default_rng(4)
    photos = random.normal(5, 3, (500, 6)).astype(np.float32)
    social = build_social(SocialConfig(symbols=8, photo=6, embedding=4, condition=4, units=8))
    social.fit_photo_scale(photos)
    scaled = social.scale(photos, training=False).numpy()
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=0.01)

    descriptive = build_descriptive(DescriptiveConfig(symbols=8, grid=(2, 2, 6), embedding=4, units=8, attention=4))
    grids = random.normal(-2, 0.5, (300, 2, 2, 6)).astype(np.float16)
    descriptive.fit_grid_scale(grids)
    scaled = descriptive.scale(grids.astype(np.float32), training=False).numpy()
    np.testing.assert_allclose(scaled.mean(axis=(0, 1, 2)), 0, atol=0.02)
    np.testing.assert_allclose(scaled.std(axis=(0, 1, 2)), 1, atol=0.02)


def test_teaching_pairs_each_symbol_with_the_next():
    inputs, targets = teacher_forcing([[7, 8, 9], [5], []], width=5)
    assert inputs.dtype == targets.dtype == np.int32
    assert targets.tolist() == [[7, 8, 9, END, PAD], [5, END, PAD, PAD, PAD], [END, PAD, PAD, PAD, PAD]]
    assert inputs.tolist() == [[START, 7, 8, 9, END], [START, 5, END, PAD, PAD], [START, END, PAD, PAD, PAD]]


def test_a_sequence_that_fills_the_width_keeps_its_end():
    inputs, targets = teacher_forcing([[7, 8]], width=3)
    assert targets.tolist() == [[7, 8, END]]
    assert inputs.tolist() == [[START, 7, 8]]


@pytest.mark.parametrize("length", [3, 4, 9])
def test_a_sequence_that_is_too_long_is_refused(length):
    with pytest.raises((ValueError, IndexError)):
        teacher_forcing([[7] * length], width=3)


def test_the_unrolled_recurrence_is_keras_lstm_gradients_included():
    import keras
    import tensorflow as tf

    from caption_model.networks.layers_keras import unroll

    keras.utils.set_random_seed(0)
    lstm = keras.layers.LSTM(6, return_sequences=True)
    random = np.random.default_rng(2)
    steps = tf.constant(random.normal(size=(ROWS, STEPS, 5)), tf.float32)
    hidden, cell = (tf.constant(random.normal(size=(ROWS, 6)), tf.float32) for _ in range(2))
    weigh = tf.constant(random.normal(size=(ROWS, STEPS, 6)), tf.float32)
    lstm.build(steps.shape)
    given = [steps, hidden, cell, *(variable.value for variable in lstm.trainable_variables)]
    with tf.GradientTape() as tape:
        tape.watch(given)
        by_keras = lstm(steps, initial_state=[hidden, cell])
        told = tf.reduce_sum(weigh * by_keras)
    expected = tape.gradient(told, given)
    with tf.GradientTape() as tape:
        tape.watch(given)
        steps, hidden, cell, kernel, recurrent, bias = given
        sums = tf.transpose(steps, (1, 0, 2)) @ kernel + bias
        ours = tf.transpose(unroll(sums, hidden, cell, recurrent), (1, 0, 2))
        told = tf.reduce_sum(weigh * ours)
    np.testing.assert_allclose(ours, by_keras, atol=1e-5)
    for found, wanted in zip(tape.gradient(told, given), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-4)


def test_dropout_is_the_same_at_all_steps_of_a_sequence():
    import keras

    from caption_model.networks.config import SocialConfig
    from caption_model.networks.social_keras import build_social

    keras.utils.set_random_seed(3)
    decoder = build_social(SocialConfig(30, photo=8, embedding=6, condition=5, units=64, dropout=0.5))
    kept = decoder.drop_alike(np.ones((9, 2, 64), np.float32), training=True).numpy()
    assert (kept == kept[:1]).all()
    assert 0.2 < (kept[0] == 0).mean() < 0.8
    assert (kept[0, 0] != kept[0, 1]).any(), "each sequence has a mask of its own"
