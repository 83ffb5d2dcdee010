"""What the eye saw: a linear read-out of ImageNet's 1000 classes from the encoder's pooled features.

Fitted by ridge regression on a teacher's logits, not trained with labels; it names what an ImageNet network would name,
dog breeds and garden tools included, and knows nothing else.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from caption_model.bundle import MANIFEST, read_bytes, read_json
from caption_model.errors import BundleError
from caption_model.weights import quantise

FILE = "classes.safetensors"
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class ClassReadout:
    """Affine map from pooled features to class logits.

    Attributes:
        matrix: (channels, classes).
        bias: (classes,).
        names: of the classes.
    """

    matrix: Matrix
    bias: Matrix
    names: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """As safetensors, the matrix as int8 with one scale a class."""
        matrix, scale = quantise(self.matrix)
        names = np.frombuffer(json.dumps(self.names).encode("utf-8"), np.uint8)
        return save({"matrix": matrix, "scale": scale, "bias": self.bias, "names": names})

    def top(self, pooled: Matrix, count: int = 5) -> list[list[tuple[str, float]]]:
        """The likeliest classes of each photo with their probabilities, best first.

        Args:
            pooled: (B, channels).
        """
        logits = pooled @ self.matrix + self.bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares = odds / odds.sum(axis=1, keepdims=True)
        best = np.argsort(-shares, axis=1, kind="stable")[:, :count]
        return [[(self.names[i], float(share[i])) for i in row] for row, share in zip(best, shares, strict=True)]


def read_readout(folder: Path) -> ClassReadout | None:
    """The read-out in an encoder's bundle, ``None`` where it has none.

    Raises:
        BundleError: it is there and was altered or cannot be read.
    """
    expected = read_json(folder / MANIFEST)["sha256"].get(FILE)
    if expected is None:
        return None
    content = read_bytes(folder / FILE)
    if hashlib.sha256(content).hexdigest() != expected:
        raise BundleError(f"{folder / FILE} was altered or damaged (SHA-256 differs): get the bundle again.")
    try:
        tensors = load(content)
        names = json.loads(tensors["names"].tobytes().decode("utf-8"))
        return ClassReadout(tensors["matrix"].astype(np.float32) * tensors["scale"], tensors["bias"], tuple(names))
    except (SafetensorError, KeyError, ValueError) as error:
        raise BundleError(f"{folder / FILE} holds no read-out ({error}): get the bundle again.") from error


def fit_readout(pooled: Matrix, logits: Matrix, names: Sequence[str]) -> ClassReadout:
    """Ridge regression from pooled features (N, channels) to a teacher's logits (N, classes)."""
    from caption_model.evaluation.probe import ridge

    mean, deviation = pooled.mean(axis=0), pooled.std(axis=0) + 1e-6
    centre = logits.mean(axis=0)
    matrix = ridge((pooled - mean) / deviation, logits - centre) / deviation[:, None]
    return ClassReadout(matrix.astype(np.float32), (centre - mean @ matrix).astype(np.float32), tuple(names))
