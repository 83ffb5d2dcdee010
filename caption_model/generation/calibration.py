"""How sure a description is: its mean log-probability a word, calibrated on photos that people described.

Platt scaling (Platt 1999) on validation photos: the chance that a description agrees with people. How it is fitted is
told in ``training.descriptive.confidence``.
"""

import json
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import Bundle
from caption_model.errors import BundleError
from caption_model.text.vocabulary import END

FILE = "confidence.json"
AGREES_FROM = 0.3  # CIDEr; people reach .83 against one another on Flickr8k
SURE_FROM = 0.5
LEAST = -10.0  # nats a word; beam search puts a sentence without an end far below
LARGEST = 1e6  # of a stored number


@dataclass(frozen=True)
class Confidence:
    """Logistic map from the mean log-probability of a word, in nats, to the chance that the description agrees."""

    slope: float
    intercept: float

    @classmethod
    def load(cls, bundle: Bundle) -> "Confidence | None":
        """The calibration of a descriptive bundle, ``None`` where it has none.

        Raises:
            BundleError: it is there and cannot be read.
        """
        if FILE not in bundle.files:
            return None
        try:
            stored = bundle.json(FILE)
            slope, intercept = float(stored["slope"]), float(stored["intercept"])
            if not max(abs(slope), abs(intercept)) < LARGEST:
                raise ValueError("its numbers are beyond all measure")
            return cls(slope, intercept)
        except (ValueError, KeyError, TypeError, OverflowError) as error:
            raise BundleError(f"{bundle.folder / FILE} is no calibration ({error}): get the bundle again.") from error

    def to_bytes(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self)).encode("utf-8")

    def __call__(self, mean: float) -> float:
        """Chance in [0, 1]; below ``SURE_FROM`` the description is better called a guess."""
        return float(1.0 / (1.0 + np.exp(-(self.slope * mean + self.intercept))))


def mean_log_probability(symbols: NDArray[np.int32], score: float, alpha: float) -> float:
    """Nats a word, the end included, of a row (T,) that beam search scored by log p / length ** alpha."""
    words = int(np.argmax(symbols == END)) + 1 if END in symbols else len(symbols)
    return max(float(score * words**alpha / words), LEAST)
