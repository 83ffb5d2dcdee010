"""Fit what the eye says of the things that captions name: chances, by logistic regression on its pooled features.

What people say of Flickr8k's photos teaches dogs, snow and people; flowers, food and planes they hardly saw. Those a
teacher knows as classes of ImageNet, in photos that nobody described. Of what neither tells there (who is in the
picture), a regression on the teachers' own features, fitted on the described photos, makes a guess.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from caption_model.text.mentioned_topics import THINGS, WHO, borne_out
from caption_model.vision.heads import Readout, sigmoid, softmax

Array = NDArray[np.float32]

# Rows of ImageNet's list, first and behind the last.
RANGES: dict[str, tuple[tuple[int, int], ...]] = {
    "dog": ((151, 269),),
    "cat": ((281, 286),),
    "bird": ((7, 25), (80, 101), (127, 147)),
    "food": ((923, 966),),
}
CLOSE = ((0, 7), (24, 80), (101, 127), (269, 398), (923, 970), (984, 998))  # animals, food, plants: nobody beside them
# Things that classes of ImageNet stand for, by the first name of each.
NAMED: dict[str, str] = {
    "horse": "sorrel",
    "flower": "daisy, yellow lady's slipper, rapeseed, bee, monarch, cabbage butterfly, sulphur butterfly, pot",
    "drink": "espresso, cup, coffee mug, espresso maker, coffeepot, red wine, wine bottle, beer bottle, beer glass, "
    "goblet, eggnog, teapot, cocktail shaker, pitcher",
    "plane": "airliner, warplane, wing",
    "car": "beach wagon, cab, convertible, jeep, limousine, minivan, Model T, racer, sports car, tow truck, pickup, "
    "garbage truck, trailer truck, moving van, police van, fire engine, ambulance",
    "bike": "bicycle-built-for-two, mountain bike, motor scooter, moped",
    "beach": "seashore, sandbar",
    "mountain": "alp, cliff, valley, volcano",
    "snow": "ski, snowmobile, dogsled, alp",
    "city": "traffic light, street sign, cab, streetcar, cinema, palace, castle, church, monastery, bell cote, "
    "suspension bridge, steel arch bridge, viaduct, trolleybus, triumphal arch, mosque, library, restaurant",
    "water": "seashore, sandbar, lakeside, breakwater, dock, catamaran, trimaran, yawl, schooner, speedboat, canoe, "
    "gondola, promontory, pier, fountain",
    "music": "acoustic guitar, electric guitar, drum, stage, microphone, violin, sax, accordion, banjo, cello, "
    "grand piano, upright, flute, trombone, cornet, French horn, harmonica",
    "game": "basketball, soccer ball, ping-pong ball, tennis ball, volleyball, rugby ball, ballplayer, baseball, "
    "football helmet, racket, croquet ball, scoreboard",
    "bag": "purse, mailbag, backpack, plastic bag, shopping basket",
    "shoes": "running shoe, Loafer, sandal, cowboy boot, clog",
    "outfit": "gown, suit, miniskirt, sombrero, cowboy hat, bonnet, jersey, kimono, hoopskirt, overskirt, trench coat, "
    "cardigan, sweatshirt, fur coat",
    "hair": "wig, hair slide, lipstick",
}

MENTIONED = 0.6  # share of a photo's descriptions that leaves no doubt
GUESSED = 0.3  # weight of a photo whose label is a guess
PENALTY, TEACHERS_PENALTY = 0.003, 0.0005  # inverse strengths, as scikit-learn has them
IGNORED, NEVER, CHUNK = 1e-4, -10.0, 256


class Views(NamedTuple):
    """What the teachers see in B photos: ``inception`` (B, rows, columns, 1280), ``googlenet`` (B, rows, columns, 1024)
    and GoogLeNet's ImageNet ``logits`` (B, 1000)."""

    inception: NDArray[Any]
    googlenet: NDArray[Any]
    logits: NDArray[Any]


def fit_things(pooled: Array, told: Sequence[Sequence[str] | None], views: Views, names: Sequence[str]) -> Readout:
    """Fit on N photos.

    Args:
        pooled: the eye's features (N, channels).
        told: what people said of each photo, none where nobody said anything.
        views: of the teachers.
        names: of the teacher's classes.
    """
    described = np.array([said is not None for said in told])
    seen = np.minimum(1.0, mentions([said or () for said in told]) / MENTIONED)
    by_class, alone = classified(views.logits.astype(np.float32), names)
    eye, mean, deviation = _standardised(pooled)
    teachers, *_ = _standardised(np.concatenate([_mean(views.inception), _mean(views.googlenet)], axis=1))
    lines = []
    for column, thing in enumerate(THINGS):
        label, weight = seen[:, column].copy(), np.ones(len(pooled), np.float32)
        if thing in by_class:
            label[~described] = by_class[thing][~described]
        else:
            guess = regress(teachers[described], label[described], weight[described], TEACHERS_PENALTY)
            label[~described] = guess.chances(teachers[~described])
            weight[~described] = GUESSED
        if thing in WHO:
            label[~described] *= 1 - alone[~described]
            weight[~described] = 1.0
        if thing == "baby":  # pets are called so, too
            label[~described] = np.maximum(label, by_class["dog"] + by_class["cat"])[~described]
        lines.append(regress(eye, label, weight, PENALTY))
    matrix = np.stack([line.direction for line in lines], axis=1) / deviation[:, None]
    bias = np.array([line.offset for line in lines], np.float32) - mean @ matrix
    return Readout(matrix.astype(np.float32), bias.astype(np.float32), tuple(THINGS))


def mentions(told: Sequence[Sequence[str]]) -> Array:
    """Share of each photo's descriptions that tell of each thing: (N, things), zeros where there are none."""
    found = np.zeros((len(told), len(THINGS)), np.float32)
    for row, said in enumerate(told):
        for description in said:
            found[row] += [thing in borne_out(description) for thing in THINGS]
        found[row] /= max(1, len(said))
    return found


def classified(logits: Array, names: Sequence[str]) -> tuple[dict[str, Array], Array]:
    """What classes of ImageNet say, logits (N, 1000): the chance of each thing that they stand for, and of nobody."""
    shares = softmax(logits)
    rows = {thing: [names.index(name) for name in several.split(", ")] for thing, several in NAMED.items()}
    rows |= {thing: [row for part in parts for row in range(*part)] for thing, parts in RANGES.items()}
    alone = [row for part in CLOSE for row in range(*part)]
    return {thing: shares[:, several].sum(axis=1) for thing, several in rows.items()}, shares[:, alone].sum(axis=1)


class Line(NamedTuple):
    """A fitted logistic regression: direction (features,) and offset."""

    direction: Array
    offset: float

    def chances(self, rows: Array) -> Array:
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


def precision(readout: Readout, pooled: Array, told: Sequence[Sequence[str]]) -> dict[str, float]:
    """Average precision of each thing's chances on photos that were described, where anybody tells of it."""
    from sklearn.metrics import average_precision_score

    there = mentions(told) > 0
    chances = readout.chances(pooled)
    return {
        thing: round(float(average_precision_score(there[:, column], [row[thing] for row in chances])), 3)
        for column, thing in enumerate(readout.names)
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
