"""Fit the topic head: a probability per topic, by logistic regression on the image encoder's pooled features.

People's descriptions label Flickr8k's photos; they teach dogs, snow and people. Flowers, food and planes are rare
there. In photos that nobody described, a teacher's ImageNet classes label the topics that they show. The others, such
as who is in the picture, are labelled there by a regression on the teachers' own features, fitted on the described
photos.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from caption_model.networks.numerics import sigmoid, softmax
from caption_model.text.mentioned_topics import PERSON, mentioned_in_description
from caption_model.text.topics import class_rows, topics
from caption_model.vision.heads import LinearHead

Array = NDArray[np.float32]

# Rows of ImageNet's list, first and behind the last: close-ups of animals, food and plants, without people beside them.
CLOSE_UPS = ((0, 7), (24, 80), (101, 127), (269, 398), (923, 970), (984, 998))
CERTAIN = 0.6  # share of a photo's descriptions from which a topic counts as surely there
GUESSED = 0.3  # weight of a photo whose label is a guess
PENALTY, TEACHERS_PENALTY = 0.003, 0.0005  # inverse strengths, as scikit-learn has them
IGNORED, NEVER, CHUNK = 1e-4, -10.0, 256


class Views(NamedTuple):
    """What the teachers see in B photos: ``inception`` (B, rows, columns, 1280), ``googlenet`` (B, rows, columns, 1024)
    and GoogLeNet's ImageNet ``logits`` (B, 1000)."""

    inception: NDArray[Any]
    googlenet: NDArray[Any]
    logits: NDArray[Any]


def fit_topic_head(
    pooled: Array,
    descriptions: Sequence[Sequence[str] | None],
    views: Views,
    classes: Sequence[str],
    names: Sequence[str] | None = None,
) -> LinearHead:
    """Fit on N photos.

    Args:
        pooled: the encoder's features (N, channels).
        descriptions: people's of each photo, ``None`` where nobody described it.
        views: of the teachers.
        classes: names of the teacher's classes.
        names: topics to fit, all of the table by default.
    """
    names = list(topics() if names is None else names)
    described = np.array([several is not None for several in descriptions])
    seen = np.minimum(1.0, mention_shares([several or () for several in descriptions], names) / CERTAIN)
    by_class, alone = topics_by_class(views.logits.astype(np.float32), classes)
    features, mean, deviation = _standardised(pooled)
    teachers, *_ = _standardised(np.concatenate([_mean(views.inception), _mean(views.googlenet)], axis=1))
    lines = []
    for column, topic in enumerate(names):
        label, weight = seen[:, column].copy(), np.ones(len(pooled), np.float32)
        if topic in by_class:
            label[~described] = by_class[topic][~described]
        else:
            guess = regress(teachers[described], label[described], weight[described], TEACHERS_PENALTY)
            label[~described] = guess.probabilities(teachers[~described])
            weight[~described] = GUESSED
        if topic in PERSON:
            label[~described] *= 1 - alone[~described]
            weight[~described] = 1.0
        if topic == "baby":  # pets are called so, too
            label[~described] = np.maximum(label, by_class["dog"] + by_class["cat"])[~described]
        lines.append(regress(features, label, weight, PENALTY))
    matrix = np.stack([line.direction for line in lines], axis=1) / deviation[:, None]
    bias = np.array([line.offset for line in lines], np.float32) - mean @ matrix
    return LinearHead(matrix.astype(np.float32), bias.astype(np.float32), tuple(names))


def mention_shares(descriptions: Sequence[Sequence[str]], names: Sequence[str]) -> Array:
    """Share of each photo's descriptions that mention each topic: (N, names), zeros where there are none."""
    found = np.zeros((len(descriptions), len(names)), np.float32)
    for row, several in enumerate(descriptions):
        for description in several:
            mentioned = mentioned_in_description(description)
            found[row] += [name in mentioned for name in names]
        found[row] /= max(1, len(several))
    return found


def topics_by_class(logits: Array, classes: Sequence[str]) -> tuple[dict[str, Array], Array]:
    """Read a classifier's logits (N, 1000) as topics.

    Returns:
        The probability (N,) of each topic that has ImageNet classes, and that a photo is a close-up without people.
    """
    shares = softmax(logits)
    rows = {name: class_rows(topic, classes) for name, topic in topics().items() if topic.imagenet}
    alone = [row for part in CLOSE_UPS for row in range(*part)]
    return {name: shares[:, several].sum(axis=1) for name, several in rows.items()}, shares[:, alone].sum(axis=1)


class Line(NamedTuple):
    """A fitted logistic regression: direction (features,) and offset."""

    direction: Array
    offset: float

    def probabilities(self, rows: Array) -> Array:
        """Of rows (N, features)."""
        found: Array = sigmoid(rows @ self.direction + self.offset)
        return found


def regress(rows: Array, labels: Array, weights: Array, penalty: float) -> Line:
    """Logistic regression of labels in [0, 1], (N,), on rows (N, features); ``penalty`` as scikit-learn's ``C``."""
    from sklearn.linear_model import LogisticRegression

    both = np.concatenate([weights * labels, weights * (1 - labels)])
    used = both > IGNORED
    outcomes = np.repeat([True, False], len(rows))[used]
    if not outcomes.any() or outcomes.all():  # nobody ever saw it, or it is everywhere
        return Line(np.zeros(rows.shape[1], np.float32), -NEVER if outcomes.any() else NEVER)
    model = LogisticRegression(C=penalty, max_iter=500)
    model.fit(np.concatenate([rows, rows])[used], outcomes, sample_weight=both[used])
    return Line(model.coef_[0].astype(np.float32), float(model.intercept_[0]))


def average_precision(head: LinearHead, pooled: Array, descriptions: Sequence[Sequence[str]]) -> dict[str, float]:
    """Average precision of each topic's probabilities on described photos, for topics that anybody mentions."""
    from sklearn.metrics import average_precision_score

    there = mention_shares(descriptions, head.names) > 0
    found = head.probabilities(pooled)
    return {
        topic: round(float(average_precision_score(there[:, column], [row[topic] for row in found])), 3)
        for column, topic in enumerate(head.names)
        if there[:, column].any()
    }


def _standardised(rows: Array) -> tuple[Array, Array, Array]:
    mean, deviation = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    return (rows - mean) / deviation, mean, deviation


def _mean(grids: NDArray[np.float16] | Array) -> Array:
    """Means of grids (N, rows, columns, channels), which may lie on disk."""
    return np.concatenate(
        [grids[i : i + CHUNK].mean(axis=(1, 2), dtype=np.float32) for i in range(0, len(grids), CHUNK)]
    )
