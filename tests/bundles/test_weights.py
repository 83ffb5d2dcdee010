"""Weights on disk: small, close to what was trained, and refused when they are damaged."""

import numpy as np
import pytest

from caption_model.bundles.weights import (
    LEVELS,
    as_stored,
    load_tensors,
    load_weights,
    quantise,
    save_tensors,
    save_weights,
)
from caption_model.errors import BundleError


@pytest.fixture
def weights():
    random = np.random.default_rng(3)
    return {
        "layer/kernel": random.normal(0, 0.1, (96, 64)).astype(np.float32),
        "convolution/kernel": random.normal(0, 1, (3, 3, 32, 40)).astype(np.float32),
        "layer/bias": random.normal(0, 1, 5000).astype(np.float32),
        "small/kernel": random.normal(0, 1, (8, 8)).astype(np.float32),
    }


def test_rounding_is_off_by_half_a_step_of_the_channel_at_most():
    kernel = np.random.default_rng(0).normal(0, [0.01, 1, 30], (500, 3)).astype(np.float32)
    whole, scale = quantise(kernel)
    assert whole.dtype == np.int8
    assert scale.shape == (3,)
    assert np.all(np.abs(whole * scale - kernel) <= 0.5001 * scale)
    assert np.all(np.abs(whole).max(axis=0) == LEVELS), "the whole range is used in every channel"


def test_a_channel_of_zeros_stays_zero():
    kernel = np.zeros((10, 2), np.float32)
    kernel[:, 0] = 1
    whole, scale = quantise(kernel)
    assert np.array_equal(whole * scale, kernel)


def test_what_was_rounded_already_is_kept_exactly():
    random = np.random.default_rng(1)
    whole = random.integers(-LEVELS, LEVELS + 1, (200, 30)).astype(np.int8)
    whole[0] = LEVELS
    scale = random.uniform(0.001, 2, 30).astype(np.float32)
    again, same_scale = quantise(whole * scale)
    assert np.array_equal(again, whole)
    np.testing.assert_allclose(same_scale, scale, rtol=1e-6)


def test_what_is_read_is_what_as_stored_foretold(tmp_path, weights):
    save_weights(tmp_path / "w.safetensors", weights)
    read, foretold = load_weights(tmp_path / "w.safetensors"), as_stored(weights)
    assert read.keys() == foretold.keys() == weights.keys()
    for name, value in read.items():
        assert value.dtype == np.float32
        assert value.shape == weights[name].shape
        assert np.array_equal(value, foretold[name]), name


def test_only_large_kernels_are_rounded(weights):
    stored = as_stored(weights)
    for name in ("layer/bias", "small/kernel"):
        assert np.array_equal(stored[name], weights[name]), name
    for name in ("layer/kernel", "convolution/kernel"):
        assert not np.array_equal(stored[name], weights[name])
        assert np.abs(stored[name] - weights[name]).max() < 0.02 * np.abs(weights[name]).max()


def test_storing_twice_loses_no_more_than_storing_once(weights):
    once = as_stored(weights)
    for name, value in as_stored(once).items():
        np.testing.assert_allclose(value, once[name], rtol=1e-6)


def test_large_kernels_take_a_byte_a_number(tmp_path):
    path = tmp_path / "w.safetensors"
    save_weights(path, {"kernel": np.random.default_rng(0).normal(0, 1, (1000, 100)).astype(np.float32)})
    assert path.stat().st_size < 105_000


def test_a_transposed_kernel_is_not_mixed_up(tmp_path):
    kernel = np.arange(64 * 80, dtype=np.float32).reshape(64, 80).T
    save_weights(tmp_path / "w.safetensors", {"kernel": kernel, "tiny": kernel[:2, :3]})
    read = load_weights(tmp_path / "w.safetensors")
    np.testing.assert_allclose(read["kernel"], kernel, atol=0.51 * kernel.max() / LEVELS)
    assert np.array_equal(read["tiny"], kernel[:2, :3])


def test_tensors_are_kept_as_they_are(tmp_path):
    tensors = {"whole": np.arange(9, dtype=np.int64), "scalar": np.float32(2.5), "words": np.ones((3, 2), np.uint32)}
    save_tensors(tmp_path / "t.safetensors", tensors)
    read = load_tensors(tmp_path / "t.safetensors")
    for name, value in tensors.items():
        assert read[name].dtype == value.dtype
        assert np.array_equal(read[name], value)


def test_a_broken_or_missing_file_is_refused_by_name(tmp_path, weights):
    path = tmp_path / "w.safetensors"
    with pytest.raises(BundleError, match=r"w\.safetensors"):
        load_weights(path)
    save_weights(path, weights)
    whole = path.read_bytes()
    for broken in (b"", b"no weights at all", whole[: len(whole) // 2], b"\xff" * 100):
        path.write_bytes(broken)
        with pytest.raises(BundleError, match=r"w\.safetensors"):
            load_weights(path)
