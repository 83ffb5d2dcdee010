"""How sure a description is: its mean log-probability a word, calibrated on photos that people described.

Platt scaling (Platt 1999) on validation photos: the chance that a description agrees with people.
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
NEWTON_STEPS = 50
LARGEST = 1e6  # of a stored number
PENALTY = 1e-3


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


def calibrate(means: NDArray[np.float64], agrees: NDArray[np.bool_]) -> Confidence:
    """Logistic regression by Newton's method; with nothing to tell apart it answers the share that agrees.

    Args:
        means: (N,) mean log-probabilities.
        agrees: (N,) whether each description agrees with people.
    """
    centre, scale = float(means.mean()), float(means.std()) or 1.0
    x = np.stack([(means - centre) / scale, np.ones_like(means)], axis=1)
    weights = np.zeros(2)
    for _ in range(NEWTON_STEPS):
        chance = 1.0 / (1.0 + np.exp(-x @ weights))
        gradient = x.T @ (chance - agrees) + PENALTY * weights
        curvature = (x * (chance * (1 - chance))[:, None]).T @ x + PENALTY * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        weights -= step
        if np.abs(step).max() < 1e-9:
            break
    slope = weights[0] / scale
    return Confidence(float(slope), float(weights[1] - slope * centre))
