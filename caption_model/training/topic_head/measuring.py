"""How far a topic head's probabilities can be relied on."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

BOUNDS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.01)  # of the reliability table's rows
TOP = 8  # most probable topics of a photo


def measure(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.bool_],
    names: Sequence[str],
    labelled: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """Measure on N photos.

    Args:
        probabilities: (N, topics).
        truth: (N, topics).
        names: of the topics.
        labelled: (N,), the photos whose main topic is known by a label.

    Returns:
        ``first_right``, the share of photos whose most probable topic is there, of all and of the labelled; average
        precision and recall among the most probable of each topic that is there at all; ``reliability``, rows of mean
        probability, share that is there, and number.
    """
    best = truth[np.arange(len(truth)), probabilities.argmax(axis=1)]
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :TOP]
    precise, recalled = {}, {}
    for place, name in enumerate(names):
        there = truth[:, place]
        if there.any():
            precise[name] = round(_average_precision(there, probabilities[:, place]), 3)
            recalled[name] = round(float((order[there] == place).any(axis=1).mean()), 2)
    rows = []
    for low, high in pairwise(BOUNDS):
        part = (probabilities >= low) & (probabilities < high)
        if part.any():
            share = round(float(truth[part].mean()), 3)
            rows.append([round(float(probabilities[part].mean()), 3), share, int(part.sum())])
    return {
        "photos": len(truth),
        "first_right": round(float(best.mean()), 3),
        "first_right_labelled": round(float(best[labelled].mean()), 3)
        if labelled is not None and labelled.any()
        else None,
        "mean_ap": round(float(np.mean(list(precise.values()))), 3) if precise else None,
        "reliability": rows,
        "average_precision": precise,
        "recall_in_top_8": recalled,
    }


def _average_precision(there: NDArray[np.bool_], probability: NDArray[np.float32]) -> float:
    found = there[np.argsort(-probability, kind="stable")]
    return float((np.cumsum(found) / np.arange(1, len(found) + 1))[found].mean())
