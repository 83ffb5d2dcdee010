"""Linear heads on the image encoder's pooled features.

The class head names ImageNet's 1000 classes; it was fitted by ridge regression on a teacher's logits. The topic head
gives a probability for each topic that it was fitted on (names of ``caption_model.text.topics``).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from caption_model.bundles.bundle import MANIFEST, read_bytes, read_json
from caption_model.bundles.weights import quantise
from caption_model.errors import BundleError
from caption_model.networks.numerics import ridge, sigmoid, softmax

CLASS_HEAD, TOPIC_HEAD = "classes.safetensors", "things.safetensors"  # files in an encoder's bundle
Matrix = NDArray[np.float32]


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
            names = json.loads(tensors["names"].tobytes().decode("utf-8"))
            return cls(tensors["matrix"].astype(np.float32) * tensors["scale"], tensors["bias"], tuple(names))
        except (SafetensorError, KeyError) as error:
            raise ValueError(str(error)) from error

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

    def probabilities(self, pooled: Matrix) -> list[dict[str, float]]:
        """For independent names: the sigmoid probability of each, one dictionary per photo.

        Args:
            pooled: (B, channels).
        """
        shares = sigmoid(self.logits(pooled))
        return [dict(zip(self.names, map(float, row), strict=True)) for row in shares]


def load_head(folder: Path, file: str = CLASS_HEAD) -> LinearHead | None:
    """Load a head from an encoder's bundle; ``None`` where the bundle has none.

    Raises:
        BundleError: it is there and was altered or cannot be read.
    """
    expected = read_json(folder / MANIFEST)["sha256"].get(file)
    if expected is None:
        return None
    content = read_bytes(folder / file)
    if hashlib.sha256(content).hexdigest() != expected:
        raise BundleError(f"{folder / file} was altered or damaged (SHA-256 differs): get the bundle again.")
    try:
        return LinearHead.from_bytes(content)
    except ValueError as error:
        raise BundleError(f"{folder / file} holds no linear head ({error}): get the bundle again.") from error


def fit_class_head(pooled: Matrix, logits: Matrix, names: Sequence[str]) -> LinearHead:
    """Fit a class head by ridge regression from pooled features (N, channels) to a teacher's logits (N, classes)."""
    mean, deviation = pooled.mean(axis=0), pooled.std(axis=0) + 1e-6
    centre = logits.mean(axis=0)
    matrix = ridge((pooled - mean) / deviation, logits - centre) / deviation[:, None]
    return LinearHead(matrix.astype(np.float32), (centre - mean @ matrix).astype(np.float32), tuple(names))
