"""Weights on disk: safetensors only, large kernels as int8 with one scale per output channel.

Symmetric per-channel int8 (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference") costs a quarter of float32 and here serves storage only: weights are float32 again
once loaded. Only half of the range is used: the social decoder loses 0.0003 bits per character by it, and what
compresses the files (git does) saves an eighth. A kernel may have a low-rank term beside it (Hu et al. 2021), which is
added when the weights are read.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, load_file, save_file

from caption_model.bundles.files import parse_json, read_bytes
from caption_model.errors import BundleError
from caption_model.storage.regular import open_regular
from caption_model.storage.replace import replace_by

SCALE = ":scale"
DOWN, UP = ":down", ":up"  # factors (inputs, rank) and (outputs, rank) of a low-rank term
LEVELS = 63  # on either side of zero
QUANTISE_FROM = 4096  # elements; smaller tensors stay float32
LARGEST = 1e6  # of a weight: trained ones stay below a hundred, and products of larger ones leave float32's range
MOST_HEADER = 1 << 20  # bytes
BROKEN = (SafetensorError, KeyError, ValueError, OverflowError)  # KeyError: a type that NumPy lacks
Weights = dict[str, NDArray[np.float32]]
Tensors = dict[str, NDArray[Any]]


def quantise(kernel: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Float kernel (..., outputs) → int8 kernel of the same shape and float32 scale (outputs,)."""
    peak = np.abs(kernel).reshape(-1, kernel.shape[-1]).max(axis=0)
    scale = np.where(peak > 0, peak / LEVELS, 1.0).astype(np.float32)
    return np.rint(kernel / scale).astype(np.int8), scale


def save_weights(path: Path, weights: Weights) -> None:
    """Write named float32 tensors; those with two or more axes and many elements become int8 plus scale.

    So do both factors of a kernel's low-rank term, named as the kernel is with ``DOWN`` and ``UP`` behind.
    """
    save_tensors(path, _compressed(weights))


def load_weights(path: Path) -> Weights:
    """Read what ``save_weights`` wrote, as float32.

    Raises:
        BundleError: the file is missing or no safetensors file, or holds what no network can use: other types than
            int8 and float32, parts that do not fit one another, numbers that are not finite or beyond all measure.
    """
    return parse_weights(read_bytes(path), path)


def parse_weights(content: bytes, path: Path) -> Weights:
    """The same from the bytes of a file; ``path`` names it in errors."""
    if strange := {kind for kind in _header(content, path).values() if kind not in ("I8", "F32")}:
        raise BundleError(f"{path} holds weights of type {min(strange)}, not of I8 and F32: get the bundle again.")
    try:
        weights = _restored(_parsed(content, path))
    except (KeyError, ValueError) as error:
        raise BundleError(f"{path} holds weights whose parts do not fit ({error}): get the bundle again.") from error
    for name, value in weights.items():
        peak = max(-float(value.min(initial=0)), float(value.max(initial=0)))  # of numbers that are none: none
        if not peak <= LARGEST or (name.endswith("moving_variance") and value.min(initial=0) < 0):
            raise BundleError(f"{path} holds weights that no training gives ({name}): get the bundle again.")
    return weights


def as_stored(weights: Weights) -> Weights:
    """What ``load_weights`` will give back after ``save_weights``."""
    return _restored(_compressed(weights))


def save_tensors(path: Path, tensors: Tensors) -> None:
    """Write named arrays as they are; whole or not at all."""
    whole = {name: np.asarray(value, order="C") for name, value in tensors.items()}
    replace_by(path, lambda temporary: save_file(whole, temporary))


def load_tensors(path: Path) -> Tensors:
    """Read named arrays as they are.

    Raises:
        BundleError: the file is missing or no safetensors file.
    """
    try:
        open_regular(path).close()
        return load_file(path)
    except (OSError, *BROKEN) as error:
        raise BundleError(
            f"{path} cannot be read as safetensors ({shortened(error)}): get the bundle again."
        ) from error


def _compressed(weights: Weights) -> Tensors:
    tensors: Tensors = {}
    for name, value in weights.items():
        if (value.ndim >= 2 and value.size >= QUANTISE_FROM) or name.endswith((DOWN, UP)):
            tensors[name], tensors[name + SCALE] = quantise(value)
        else:
            tensors[name] = np.ascontiguousarray(value, dtype=np.float32)
    return tensors


def _restored(tensors: Tensors) -> Weights:
    """Float32 weights of int8 kernels and scales, low-rank terms added.

    Raises:
        KeyError, ValueError: a part is missing, or shapes do not fit; nothing is made larger than a stored kernel.
    """
    weights = {}
    for name, value in tensors.items():
        if name.endswith(SCALE):
            _check(name.removesuffix(SCALE) in tensors, name)
            continue
        scale = tensors.get(name + SCALE)
        weights[name] = value.astype(np.float32)
        _check(scale is not None or value.dtype != np.int8, name)
        if scale is not None:
            _check(scale.dtype == np.float32 and value.ndim > 0 and scale.shape == value.shape[-1:], name + SCALE)
            with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is found later
                weights[name] *= scale
    for name in [name for name in weights if name.endswith(DOWN)]:
        kernel = name.removesuffix(DOWN)
        base, down, up = weights[kernel], weights.pop(name), weights.pop(kernel + UP)
        _check(down.ndim == up.ndim == 2 and down.shape[1] == up.shape[1], name)
        _check(base.shape == (len(down), len(up)), name)
        with np.errstate(over="ignore", invalid="ignore"):
            weights[kernel] = base + down @ up.T
    return weights


def _check(fits: bool, name: str) -> None:
    if not fits:
        raise ValueError(f"{ascii(name)[:80]} does not")


def _header(content: bytes, path: Path) -> dict[str, Any]:
    """Types of the tensors in a safetensors file, by name."""
    (length,) = struct.unpack("<Q", content[:8]) if len(content) >= 8 else (0,)
    if not 0 < length <= min(MOST_HEADER, len(content) - 8):
        raise BundleError(f"{path} cannot be read as safetensors (its header is broken): get the bundle again.")
    header = parse_json(content[8 : 8 + length], path)
    if not isinstance(header, dict) or not all(isinstance(told, dict) for told in header.values()):
        raise BundleError(f"{path} cannot be read as safetensors (its header is broken): get the bundle again.")
    return {name: str(told.get("dtype"))[:20] for name, told in header.items() if name != "__metadata__"}


def _parsed(content: bytes, path: Path) -> Tensors:
    try:
        return load(content)
    except BROKEN as error:
        raise BundleError(
            f"{path} cannot be read as safetensors ({shortened(error)}): get the bundle again."
        ) from error


def shortened(error: Exception) -> str:
    """An error of a library, not longer than a sentence."""
    return ascii(str(error))[1:-1][:120]
