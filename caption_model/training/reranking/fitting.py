"""Weights that order captions as people marked them, and what each of them is good for."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from caption_model.errors import TrainingError
from caption_model.generation.reranking import RerankingWeights
from caption_model.training.reranking.features import LINEAR
from caption_model.training.reranking.marks import WOULD_POST, Marked, suggestions

FOLDS = 10
FAULTS = tuple(LINEAR.index(name) for name in ("hallucination", "unattested_words", "unattested_classes", "empty"))
SURPRISAL = LINEAR.index("surprisal")
NOT_MEASURED = ("diversity",)  # it decides which captions are shown, and only those were marked
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Rated:
    """Captions that were marked.

    Attributes:
        marks: N of them.
        features: float64 (N, weights of ``LINEAR``).
    """

    marks: Sequence[Marked]
    features: Array

    @property
    def photos(self) -> NDArray[np.str_]:
        """Each caption's photo, (N,)."""
        return np.array([one.photo for one in self.marks])

    @property
    def values(self) -> NDArray[np.int64]:
        """Each caption's mark, (N,)."""
        return np.array([one.mark for one in self.marks])

    def groups(self) -> list[list[int]]:
        """Rows of each photo's suggestions by one source, as it ranked them; those of one caption have no order."""
        return [rows for rows in suggestions(self.marks) if len(rows) > 1]

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Rows of two captions of one photo, the better one first."""
        by_photo: dict[str, list[int]] = {}
        for row, marked in enumerate(self.marks):
            by_photo.setdefault(marked.photo, []).append(row)
        for one, other in (pair for rows in by_photo.values() for pair in combinations(rows, 2)):
            if self.marks[one].mark != self.marks[other].mark:
                yield (one, other) if self.marks[one].mark > self.marks[other].mark else (other, one)


def fit(rated: Rated, used: Sequence[str] = LINEAR) -> Array:
    """Pairwise logistic regression (Bradley & Terry 1952): a weight for each of ``LINEAR``, 0 for those not used.

    Raises:
        TrainingError: no photo has two captions with different marks.
    """
    pairs = np.array(list(rated.pairs())).reshape(-1, 2)
    if not len(pairs):
        raise TrainingError("no photo has two captions with different marks: there is no order to learn.")
    deviation = rated.features.std(axis=0)
    columns = [LINEAR.index(name) for name in used if deviation[LINEAR.index(name)] > 0]
    weights = np.zeros(len(LINEAR))
    if not columns:
        return weights
    better = (rated.features[pairs[:, 0]] - rated.features[pairs[:, 1]])[:, columns] / deviation[columns]
    model = LogisticRegression(fit_intercept=False, max_iter=1000)
    model.fit(np.concatenate([better, -better]), np.repeat([1, 0], len(better)))
    weights[columns] = model.coef_[0] / deviation[columns]
    return weights


def cross_validated(rated: Rated, used: Sequence[str] = LINEAR) -> tuple[Array, Array]:
    """Each caption's score by weights fitted to other photos, (N,), and the weights of each fold (folds, weights).

    Raises:
        TrainingError: fewer than two photos, or no order to learn from the others.
    """
    photos = rated.photos
    folds = min(FOLDS, len(set(photos.tolist())))
    if folds < 2:
        raise TrainingError("marks of one photo cannot be tried on another: bring more photos.")
    scores, found = np.zeros(len(photos)), []
    for taught, tried in GroupKFold(folds).split(rated.features, groups=photos):
        part = Rated([rated.marks[row] for row in taught], rated.features[taught])
        found.append(fit(part, used))
        scores[tried] = rated.features[tried] @ found[-1]
    return scores, np.array(found)


def first_scores(features: Array, weights: RerankingWeights) -> Array:
    """What the first of the suggestions is chosen by, (N,)."""
    linear = np.array([getattr(weights, name) for name in LINEAR])
    weighted = features * linear
    faults = weighted[:, FAULTS].sum(axis=1)
    return weighted.sum(axis=1) + weights.first_surprisal * features[:, SURPRISAL] + weights.first_faults * faults


def firsts(rated: Rated, scores: Array) -> list[int]:
    """The row of each photo's suggestions that comes first by these scores; of equals, the one shown earlier."""
    return [rows[int(np.argmax(scores[rows]))] for rows in rated.groups()]


def worth(rated: Rated, scores: Array) -> dict[str, float]:
    """``first``: share of suggestions whose first would be posted; ``pairs``: of two captions, the better one ahead."""
    marks = rated.values
    pairs = np.array(list(rated.pairs())).reshape(-1, 2)
    ahead = scores[pairs[:, 0]] - scores[pairs[:, 1]]
    return {
        "first": _share(marks[firsts(rated, scores)] == WOULD_POST),
        "pairs": _share((ahead > 0) + 0.5 * (ahead == 0)),
    }


def ablate(rated: Rated, present: RerankingWeights) -> dict[str, Any]:
    """The present weights against fitted ones, and each weight against its absence.

    Everything said of fitted weights is cross-validated: a photo's captions are scored by weights that were fitted to
    other photos. Fitted weights are scaled to spread scores as the present ones do.

    Returns:
        ``photos``, ``captions``, ``suggestions``, ``pairs`` (numbers); ``shown``, ``chance`` and ``best`` (share of
        suggestions whose first would be posted: as ranked when marked, drawn at random, and chosen by the marks);
        ``present`` and ``fitted`` as of ``worth``; ``weights``: name → ``present``, ``fitted``, ``deviation`` (of the
        fitted one over the folds), ``without`` (``worth`` of the present weights without it), ``changes`` (share of
        suggestions whose first is another one then) and ``refitted`` (``worth`` of weights fitted without it).

    Raises:
        TrainingError: no order to learn, or too few photos.
    """
    marks, groups = rated.values, rated.groups()
    if not groups:
        raise TrainingError("no photo has two captions of one source: there is no first to choose.")
    now = first_scores(rated.features, present)
    chosen = np.array(firsts(rated, now))
    scores, folds = cross_validated(rated)
    whole = fit(rated)
    spread = np.std(now) / max(float(np.std(rated.features @ whole)), 1e-9)
    told: dict[str, Any] = {}
    for name in (one.name for one in fields(RerankingWeights) if one.name not in NOT_MEASURED):
        without = first_scores(rated.features, replace(present, **{name: 0.0}))
        told[name] = {
            "present": asdict(present)[name],
            "without": worth(rated, without),
            "changes": _share(np.array(firsts(rated, without)) != chosen),
        }
        if name in LINEAR:
            column, others = LINEAR.index(name), [other for other in LINEAR if other != name]
            told[name] |= {
                "fitted": float(spread * whole[column]),
                "deviation": float(spread * folds[:, column].std()),
                "refitted": worth(rated, cross_validated(rated, others)[0]),
            }
    return {
        "photos": len(set(rated.photos.tolist())),
        "captions": len(marks),
        "suggestions": len(groups),
        "pairs": sum(1 for _ in rated.pairs()),
        "shown": _share(marks[[rows[0] for rows in groups]] == WOULD_POST),
        "chance": float(np.mean([_share(marks[rows] == WOULD_POST) for rows in groups])),
        "best": _share(np.array([(marks[rows] == WOULD_POST).any() for rows in groups])),
        "present": worth(rated, now),
        "fitted": worth(rated, scores),
        "weights": told,
    }


def _share(values: NDArray[Any]) -> float:
    return float(np.mean(values)) if len(values) else 0.0
