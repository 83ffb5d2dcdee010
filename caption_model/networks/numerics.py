"""Small numerical routines on NumPy arrays, shared by inference, training and evaluation."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

RIDGE_STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # of ridge's penalty, in units of the mean eigenvalue


def sigmoid(logits: Array) -> Array:
    """Probabilities of independent events, from logits of any shape; beyond ±30 a logit counts as 30."""
    odds: Array = np.exp(np.clip(logits, -30, 30))
    return odds / (1 + odds)


def logsumexp(logits: Array) -> Array:
    """Log of the sum of exponentials along the last axis, which stays with length 1."""
    peak = logits.max(axis=-1, keepdims=True)
    total: Array = np.log(np.exp(logits - peak).sum(axis=-1, keepdims=True)) + peak
    return total


def softmax(logits: Array) -> Array:
    """Probabilities of mutually exclusive classes, from logits (B, classes)."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Array = odds / odds.sum(axis=1, keepdims=True)
    return shares


def ridge(features: Array, targets: Array, strengths: Sequence[float] = RIDGE_STRENGTHS) -> Array:
    """Ridge regression without intercept, its penalty chosen by generalised cross-validation (Golub et al. 1979).

    Args:
        features: (N, channels), centred.
        targets: (N, outputs), centred.
        strengths: penalties to choose from, in units of the mean eigenvalue of the features' scatter matrix.

    Returns:
        float32 (channels, outputs).
    """
    x, y = features.astype(np.float64), targets.astype(np.float64)
    values, directions = np.linalg.eigh(x.T @ x)
    values = np.maximum(values, 0.0)
    projected = directions.T @ (x.T @ y)
    power, total = (projected**2).sum(axis=1), float((y**2).sum())
    best, chosen = np.inf, 1.0
    for strength in strengths:
        penalty = strength * float(values.mean()) + 1e-9  # constant features have no variance
        shrunk = 1.0 / (values + penalty)
        residual = total - 2 * float((power * shrunk).sum()) + float((power * shrunk**2 * values).sum())
        score = residual / (1.0 - float((values * shrunk).sum()) / len(x)) ** 2
        if score < best:
            best, chosen = score, penalty
    result: Array = (directions @ (projected / (values + chosen)[:, None])).astype(np.float32)
    return result
