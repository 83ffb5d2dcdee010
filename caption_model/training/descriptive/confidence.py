"""Fit how sure a description is on photos that people described: Platt scaling (Platt 1999)."""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from caption_model.generation.calibration import Confidence

PENALTY = 1e-3  # on slope and intercept: without it, photos that all agree would have no finite answer


def calibrate(means: NDArray[np.float64], agrees: NDArray[np.bool_]) -> Confidence:
    """Logistic regression; with nothing to tell apart it answers the share that agrees.

    Args:
        means: (N,) mean log-probabilities of a word, in nats.
        agrees: (N,) whether each description agrees with people.
    """
    centre, scale = float(means.mean()), float(means.std()) or 1.0
    rows = np.stack([(means - centre) / scale, np.ones_like(means)], axis=1)
    model = LogisticRegression(C=1 / PENALTY, fit_intercept=False, solver="newton-cholesky", tol=1e-10, max_iter=100)
    # Each photo twice, once with either answer, of which one weighs nothing: a fit needs both, whatever people say.
    answers = np.repeat([True, False], len(means))
    model.fit(np.concatenate([rows, rows]), answers, sample_weight=np.concatenate([agrees, ~agrees]).astype(np.float64))
    slope = model.coef_[0, 0] / scale
    return Confidence(float(slope), float(model.coef_[0, 1] - slope * centre))
