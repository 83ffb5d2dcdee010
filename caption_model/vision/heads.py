"""What the eye saw: linear read-outs of the encoder's pooled features.

One names ImageNet's 1000 classes, fitted by ridge regression on a teacher's logits: what an ImageNet network would
name, dog breeds and garden tools included. The other gives the chances of the things that captions name (``claims``).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from caption_model.bundles.bundle import Bundle
from caption_model.bundles.schema import is_text
from caption_model.bundles.weights import LARGEST, quantise, shortened
from caption_model.errors import BundleError

CLASSES, THINGS = "classes.safetensors", "things.safetensors"
Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Readout:
    """Affine map from pooled features to logits.

    Attributes:
        matrix: (channels, names).
        bias: (names,).
        names: of what is read out.
    """

    matrix: Matrix
    bias: Matrix
    names: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """As safetensors, the matrix as int8 with one scale a name."""
        matrix, scale = quantise(self.matrix)
        names = np.frombuffer(json.dumps(self.names).encode("utf-8"), np.uint8)
        return save({"matrix": matrix, "scale": scale, "bias": self.bias, "names": names})

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """What ``to_bytes`` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            tensors = load(content)
            names = json.loads(tensors["names"].tobytes().decode("utf-8"))
            levels, scale, bias = (tensors[name] for name in ("matrix", "scale", "bias"))
        except (SafetensorError, KeyError, RecursionError, OverflowError) as error:
            raise ValueError(shortened(error)) from error
        if not isinstance(names, list) or not all(map(is_text, names)):
            raise ValueError("its names are no list of texts")
        if levels.ndim != 2 or (levels.dtype, scale.dtype, bias.dtype) != (np.int8, np.float32, np.float32):
            raise ValueError("its parts are of other types than a read-out's")
        if not levels.shape[1:] == scale.shape == bias.shape == (len(names),):
            raise ValueError("its parts do not fit one another")
        if not max(np.abs(part).max(initial=0) for part in (scale, bias)) < LARGEST:
            raise ValueError("its numbers are beyond all measure")
        return cls(levels.astype(np.float32) * scale, bias, tuple(names))

    def logits(self, pooled: Matrix) -> Matrix:
        """(B, names) of pooled features (B, channels)."""
        # Not ``@``: the threads of NumPy's BLAS count for tens of milliseconds before they sleep, on cores that the
        # next network needs.
        found: Matrix = np.einsum("bc,cn->bn", pooled, self.matrix) + self.bias
        return found

    def top(self, pooled: Matrix, count: int = 5) -> list[list[tuple[str, float]]]:
        """Where one name excludes the others: the likeliest of each photo with their probabilities, best first.

        Args:
            pooled: (B, channels).
        """
        shares = softmax(self.logits(pooled))
        best = np.argsort(-shares, axis=1, kind="stable")[:, :count]
        return [[(self.names[i], float(share[i])) for i in row] for row, share in zip(best, shares, strict=True)]

    def chances(self, pooled: Matrix) -> list[dict[str, float]]:
        """Where each name stands for itself: the chance of each, of every photo.

        Args:
            pooled: (B, channels).
        """
        shares = sigmoid(self.logits(pooled))
        return [dict(zip(self.names, map(float, row), strict=True)) for row in shares]


def sigmoid(logits: Matrix) -> Matrix:
    """Probabilities of what may be true together, of any shape."""
    odds: Matrix = np.exp(np.clip(logits, -30, 30))
    return odds / (1 + odds)


def log_total(logits: Matrix) -> Matrix:
    """Log of the sum of e to the logits, along the last axis, which stays with length 1."""
    peak = logits.max(axis=-1, keepdims=True)
    total: Matrix = np.log(np.exp(logits - peak).sum(axis=-1, keepdims=True)) + peak
    return total


def softmax(logits: Matrix) -> Matrix:
    """Probabilities of classes that exclude one another, (B, classes)."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Matrix = odds / odds.sum(axis=1, keepdims=True)
    return shares


def read_readout(bundle: Bundle, file: str = CLASSES) -> Readout | None:
    """A read-out in an encoder's bundle, ``None`` where it has none.

    Raises:
        BundleError: it is there and was altered or cannot be read.
    """
    if file not in bundle.files:
        return None
    try:
        return Readout.from_bytes(bundle.read(file))
    except ValueError as error:
        raise BundleError(f"{bundle.folder / file} holds no read-out ({error}): get the bundle again.") from error


def fit_readout(pooled: Matrix, logits: Matrix, names: Sequence[str]) -> Readout:
    """Ridge regression from pooled features (N, channels) to a teacher's logits (N, classes)."""
    from caption_model.evaluation.probe import ridge

    mean, deviation = pooled.mean(axis=0), pooled.std(axis=0) + 1e-6
    centre = logits.mean(axis=0)
    matrix = ridge((pooled - mean) / deviation, logits - centre) / deviation[:, None]
    return Readout(matrix.astype(np.float32), (centre - mean @ matrix).astype(np.float32), tuple(names))
