"""Make the bundled VGG16 from a network that was trained with batch norm."""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_model.bundle import MODELS, save_bundle
from caption_model.errors import TrainingError
from caption_model.training.provenance import card, file_hashes, versions
from caption_model.weights import Weights

EPSILON = 1e-5
PARTS = ("kernel", "scale", "gamma", "beta", "mean", "variance")
CONVOLUTION = re.compile(r"block\d_conv\d")


def fold_batch_norm(
    kernel: NDArray[np.float32],
    gamma: NDArray[np.float32],
    beta: NDArray[np.float32],
    mean: NDArray[np.float32],
    variance: NDArray[np.float32],
    epsilon: float = EPSILON,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Convolution without bias followed by batch norm → one convolution (kernel, bias) that computes the same.

    Args:
        kernel: (rows, columns, inputs, outputs); the four statistics are (outputs,).
    """
    factor = gamma / np.sqrt(variance + epsilon)
    return (kernel * factor).astype(np.float32), (beta - mean * factor).astype(np.float32)


def read_batch_normed(path: Path) -> Weights:
    """Read int8 kernels with batch norm from an ``.npz`` and fold them: tensors named as Keras's VGG16 names them.

    Raises:
        TrainingError: the file is missing or is not such a network.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            names = sorted({key.split("/")[0] for key in arrays.files})
            stored = {name: [arrays[f"{name}/{part}"].astype(np.float32) for part in PARTS] for name in names}
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(f"{path} holds no VGG16 with batch norm ({error}).") from error
    if len(names) != 13 or not all(CONVOLUTION.fullmatch(name) for name in names):
        raise TrainingError(f"{path} holds {len(names)} layers, not VGG16's 13 convolutions.")
    weights: Weights = {}
    for name, (kernel, scale, gamma, beta, mean, variance) in stored.items():
        weights[f"{name}/kernel"], weights[f"{name}/bias"] = fold_batch_norm(
            kernel * scale, gamma, beta, mean, variance
        )
    return weights


def bundle_encoder(source: Path, out: Path = MODELS / "vgg16") -> None:
    """Fold, quantise and save the encoder that ships."""
    config = {
        "network": "keras.applications.VGG16(include_top=False)",
        "input": "RGB, whole frame squashed to 224 x 224",
        "preprocessing": "x / 255, minus (.485, .456, .406), over (.229, .224, .225)",
        "data": file_hashes([source]),
        "versions": versions(),
    }
    save_bundle(out, "encoder", config, read_batch_normed(source), card("vgg16"))
