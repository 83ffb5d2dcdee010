"""Weights on disk: safetensors only, large kernels as int8 with one scale per output channel.

Symmetric per-channel int8 (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference") costs a quarter of float32 and here serves storage only: weights are float32 again
once loaded. Only half of the range is used: the social decoder loses 0.0003 bits a symbol by it, and what compresses
the files (git does) saves an eighth. A kernel may have a low-rank term beside it (Hu et al. 2021), which is added when
the weights are read.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from caption_model.errors import BundleError

SCALE = ":scale"
DOWN, UP = ":down", ":up"  # factors (inputs, rank) and (outputs, rank) of a low-rank term
LEVELS = 63  # on either side of zero
QUANTISE_FROM = 4096  # elements; smaller tensors stay float32
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
        BundleError: the file is missing or no safetensors file.
    """
    return _restored(load_tensors(path))


def as_stored(weights: Weights) -> Weights:
    """What ``load_weights`` will give back after ``save_weights``."""
    return _restored(_compressed(weights))


def _compressed(weights: Weights) -> Tensors:
    tensors: Tensors = {}
    for name, value in weights.items():
        if (value.ndim >= 2 and value.size >= QUANTISE_FROM) or name.endswith((DOWN, UP)):
            tensors[name], tensors[name + SCALE] = quantise(value)
        else:
            tensors[name] = np.ascontiguousarray(value, dtype=np.float32)
    return tensors


def _restored(tensors: Tensors) -> Weights:
    weights = {}
    for name, value in tensors.items():
        if name.endswith(SCALE):
            continue
        scale = tensors.get(name + SCALE)
        weights[name] = value.astype(np.float32) if scale is None else value.astype(np.float32) * scale
    for name in [name for name in weights if name.endswith(DOWN)]:
        kernel = name.removesuffix(DOWN)
        weights[kernel] = weights[kernel] + weights.pop(name) @ weights.pop(kernel + UP).T
    return weights


def save_tensors(path: Path, tensors: Tensors) -> None:
    """Write named arrays as they are."""
    save_file({name: np.asarray(value, order="C") for name, value in tensors.items()}, path)
    path.chmod(0o644)  # safetensors writes for the owner alone


def load_tensors(path: Path) -> Tensors:
    """Read named arrays as they are.

    Raises:
        BundleError: the file is missing or no safetensors file.
    """
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise BundleError(f"{path} cannot be read as safetensors ({error}): get the bundle again.") from error
