"""Heads on the image encoder's features.

The class head names ImageNet's 1000 classes; it was fitted by ridge regression on a teacher's logits. The topic head
gives a probability for each topic that it was trained on (names of ``caption_model.text.topics``).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from caption_model.bundles.bundle import Bundle
from caption_model.bundles.schema import names_of
from caption_model.bundles.weights import LARGEST, quantise, shortened
from caption_model.errors import BundleError
from caption_model.networks.numerics import logsumexp, ridge, sigmoid, softmax

CLASS_HEAD, TOPIC_HEAD = "classes.safetensors", "topics.safetensors"  # files in an encoder's bundle
Matrix = NDArray[np.float32]
SHARPNESS = 2.0  # of the maximum over cells: one cell that shows a topic counts for more than many that might
PARTS = ("mean", "cell")  # of a topic head


@dataclass(frozen=True)
class LinearHead:
    """Affine map from pooled features to logits.

    Attributes:
        matrix: (channels, names).
        bias: (names,).
        names: of the outputs.
    """

    matrix: Matrix
    bias: Matrix
    names: tuple[str, ...]

    def to_bytes(self) -> bytes:
        """As safetensors, the matrix as int8 with one scale per output."""
        matrix, scale = quantise(self.matrix)
        names = np.frombuffer(json.dumps(self.names).encode("utf-8"), np.uint8)
        return save({"matrix": matrix, "scale": scale, "bias": self.bias, "names": names})

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what ``to_bytes`` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            tensors = load(content)
            names = _names(tensors["names"])
            levels, scale, bias = (tensors[name] for name in ("matrix", "scale", "bias"))
        except (SafetensorError, KeyError, RecursionError, OverflowError) as error:
            raise ValueError(shortened(error)) from error
        if levels.ndim != 2 or (levels.dtype, scale.dtype, bias.dtype) != (np.int8, np.float32, np.float32):
            raise ValueError("its parts are of other types than a linear head's")
        if not levels.shape[1:] == scale.shape == bias.shape == (len(names),):
            raise ValueError("its parts do not fit one another")
        if not max(np.abs(part).max(initial=0) for part in (scale, bias)) < LARGEST:
            raise ValueError("its numbers are beyond all measure")
        return cls(levels.astype(np.float32) * scale, bias, names)

    def logits(self, pooled: Matrix) -> Matrix:
        """Logits (B, names) of pooled features (B, channels)."""
        # Not ``@``: the threads of NumPy's BLAS spin for tens of milliseconds before they sleep, on cores that the
        # next network needs.
        found: Matrix = np.einsum("bc,cn->bn", pooled, self.matrix) + self.bias
        return found

    def top(self, pooled: Matrix, count: int = 5) -> list[list[tuple[str, float]]]:
        """For mutually exclusive names: each photo's most probable ones with their softmax probabilities, best first.

        Args:
            pooled: (B, channels).
            count: names per photo.
        """
        shares = softmax(self.logits(pooled))
        best = np.argsort(-shares, axis=1, kind="stable")[:, :count]
        return [[(self.names[i], float(share[i])) for i in row] for row, share in zip(best, shares, strict=True)]


@dataclass(frozen=True)
class TopicHead:
    """Topics from the whole grid: what fills the photo and what fills one cell of it both count.

    The logit of a topic is an affine map of the mean over the cells plus a soft maximum, log-mean-exp, over an affine
    map of each cell (multiple-instance learning, Pinheiro & Collobert 2015).

    Attributes:
        mean: affine map of the pooled features.
        cell: affine map of one cell, with the same names; its logits are sharpened by ``SHARPNESS`` in the maximum.
    """

    mean: LinearHead
    cell: LinearHead

    @property
    def names(self) -> tuple[str, ...]:
        """Of the topics."""
        return self.mean.names

    def to_bytes(self) -> bytes:
        """As safetensors, the matrices in float16: channels of little variance have weights too large for int8."""
        names = np.frombuffer(json.dumps(self.names).encode("utf-8"), np.uint8)
        maps = {part: getattr(self, part) for part in PARTS}
        return save(
            {
                "names": names,
                **{f"{part}/matrix": one.matrix.astype(np.float16, order="C") for part, one in maps.items()},
                **{f"{part}/bias": one.bias for part, one in maps.items()},
            }
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what ``to_bytes`` wrote.

        Raises:
            ValueError: it is something else.
        """
        try:
            tensors = load(content)
            names = _names(tensors["names"])
            parts = [(tensors[f"{part}/matrix"], tensors[f"{part}/bias"]) for part in PARTS]
        except (SafetensorError, KeyError, RecursionError, OverflowError) as error:
            raise ValueError(shortened(error)) from error
        for matrix, bias in parts:
            if (matrix.dtype, bias.dtype, matrix.ndim) != (np.float16, np.float32, 2):
                raise ValueError("its parts are of other types than a topic head's")
            if not matrix.shape[1:] == bias.shape == (len(names),):
                raise ValueError("its parts do not fit one another")
            if not max(np.abs(part).max(initial=0) for part in (matrix.astype(np.float32), bias)) < LARGEST:
                raise ValueError("its numbers are beyond all measure")
        return cls(*(LinearHead(matrix.astype(np.float32), bias, names) for matrix, bias in parts))

    def logits(self, grid: Matrix) -> Matrix:
        """Logits (B, topics) of grids (B, rows, columns, channels)."""
        pooled = grid.mean(axis=(1, 2), dtype=np.float32)
        cells = self.cell.logits(grid.reshape(-1, grid.shape[-1])).reshape(len(grid), -1, len(self.names))
        most = logsumexp(np.moveaxis(SHARPNESS * cells, 1, -1))[..., 0] - np.log(cells.shape[1])
        found: Matrix = self.mean.logits(pooled) + most / SHARPNESS
        return found

    def probabilities(self, grid: Matrix) -> list[dict[str, float]]:
        """The probability of each topic, one dictionary per photo; ``grid`` as in ``logits``."""
        shares = sigmoid(self.logits(grid))
        return [dict(zip(self.names, map(float, row), strict=True)) for row in shares]


def _names(stored: NDArray[np.uint8]) -> tuple[str, ...]:
    """The names of a head's outputs, stored as the bytes of a JSON list."""
    return names_of(json.loads(stored.tobytes().decode("utf-8")))


Head = TypeVar("Head", LinearHead, TopicHead)


def load_head(bundle: Bundle, file: str, kind: type[Head]) -> Head | None:
    """Load a head from an encoder's bundle; ``None`` where the bundle has none.

    Raises:
        BundleError: it is there and was altered or cannot be read.
    """
    if file not in bundle.files:
        return None
    try:
        return kind.from_bytes(bundle.read(file))
    except ValueError as error:
        raise BundleError(f"{bundle.folder / file} holds no such head ({error}): get the bundle again.") from error


def fit_class_head(pooled: Matrix, logits: Matrix, names: Sequence[str]) -> LinearHead:
    """Fit a class head by ridge regression from pooled features (N, channels) to a teacher's logits (N, classes)."""
    mean, deviation = pooled.mean(axis=0), pooled.std(axis=0) + 1e-6
    centre = logits.mean(axis=0)
    matrix = ridge((pooled - mean) / deviation, logits - centre) / deviation[:, None]
    return LinearHead(matrix.astype(np.float32), (centre - mean @ matrix).astype(np.float32), tuple(names))
