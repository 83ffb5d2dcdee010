"""Weights on disk: safetensors only, large kernels as int8 with one scale per output channel.

Symmetric per-channel int8 (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
Integer-Arithmetic-Only Inference") costs a quarter of float32 and here serves storage only: weights are float32 again
once loaded.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from caption_model.errors import BundleError

SCALE = ":scale"
QUANTISE_FROM = 4096  # elements; smaller tensors stay float32
Weights = dict[str, NDArray[np.float32]]


def quantise(kernel: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Float kernel (..., outputs) → int8 kernel of the same shape and float32 scale (outputs,)."""
    peak = np.abs(kernel).reshape(-1, kernel.shape[-1]).max(axis=0)
    scale = np.where(peak > 0, peak / 127.0, 1.0).astype(np.float32)
    return np.rint(kernel / scale).astype(np.int8), scale


def save_weights(path: Path, weights: Weights) -> None:
    """Write named float32 tensors; those with two or more axes and many elements become int8 plus scale."""
    tensors: dict[str, NDArray[np.float32] | NDArray[np.int8]] = {}
    for name, value in weights.items():
        if value.ndim >= 2 and value.size >= QUANTISE_FROM:
            tensors[name], tensors[name + SCALE] = quantise(value)
        else:
            tensors[name] = np.ascontiguousarray(value, dtype=np.float32)
    save_file(tensors, path)
    path.chmod(0o644)  # safetensors writes for the owner alone


def load_weights(path: Path) -> Weights:
    """Read what ``save_weights`` wrote, as float32.

    Raises:
        BundleError: the file is missing or no safetensors file.
    """
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise BundleError(f"{path} cannot be read as safetensors ({error}): get the bundle again.") from error
    weights = {}
    for name, value in tensors.items():
        if name.endswith(SCALE):
            continue
        scale = tensors.get(name + SCALE)
        weights[name] = value.astype(np.float32) if scale is None else value.astype(np.float32) * scale
    return weights
