"""What photos are known to show: targets and weights for each topic, from descriptions, captions and labels."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caption_model.errors import TrainingError
from caption_model.training.corpus.names import LABELS
from caption_model.training.corpus.table import Corpus
from caption_model.training.corpus.taught import named, shown, taught_topics

# A caption may name what is not there: what it alone names is neither shown nor missing for sure.
PERHAPS = 0.15
OTHER_LABEL = 0.3  # weight of "not shown" for another label's topic, of photos that were labelled and not described
# Other labels' topics that a photo of one label rarely shows.
APART = frozenset(
    {"cat", "dog", "flower", "gym", "motorbike", "car", "forest", "architecture", "room", "sky", "food", "cocktail"}
)
FLICKR = 0.5  # weight of Flickr8k's photos: five people described each, and posts are of other things
CERTAIN = 3  # descriptions, of five, from which a topic counts as surely there


class Shown(NamedTuple):
    """A photo: its name, targets in [0, 1] and weights, float32 (topics,)."""

    photo: str
    target: NDArray[np.float32]
    weight: NDArray[np.float32]


def of_corpus(corpus: Corpus, labels: Mapping[str, str], parts: Sequence[str] = ("train",)) -> Iterator[Shown]:
    """The corpus's described photos of these parts."""
    topics = taught_topics()
    captions: dict[str, list[str]] = {}
    for caption, _, photo, _ in corpus.captions:
        captions.setdefault(photo, []).append(caption)
    for photo, descriptions in corpus.descriptions.items():
        if corpus.parts[photo] not in parts:
            continue
        target = truth(descriptions[0], labels.get(photo))
        weight = np.ones(len(topics), np.float32)
        maybe = frozenset[str]().union(*(named(caption) for caption in captions.get(photo, ())))
        for place, topic in enumerate(topics):
            if topic in maybe and not target[place]:
                weight[place] = PERHAPS
        yield Shown(photo, target, weight)


def truth(description: str, label: str | None) -> NDArray[np.float32]:
    """1 for what a description names and a label says, else 0."""
    there = set(shown(description)) | ({LABELS[label]} if label in LABELS else set())
    return np.array([topic in there for topic in taught_topics()], np.float32)


def of_labels(labels: Mapping[str, str]) -> Iterator[Shown]:
    """Photos of which nothing but a label is known."""
    topics = taught_topics()
    apart = APART.intersection(LABELS.values())
    for photo, label in labels.items():
        if label not in LABELS:
            continue
        target = np.array([topic == LABELS[label] for topic in topics], np.float32)
        others = np.array([topic in apart for topic in topics], np.float32)
        yield Shown(photo, target, np.where(target > 0, np.float32(1), OTHER_LABEL * others).astype(np.float32))


def of_flickr(described: Mapping[str, Sequence[str]], names: Sequence[str]) -> Iterator[Shown]:
    """Photos that several people described, as Flickr8k's."""
    topics = taught_topics()
    for name in names:
        counts = sum(
            (np.array([topic in there for topic in topics], np.float32) for there in map(shown, described[name])),
            np.zeros(len(topics), np.float32),
        )
        target = np.minimum(1, counts / CERTAIN).astype(np.float32)
        yield Shown(name, target, np.full(len(topics), FLICKR, np.float32))


def read_labels(file: Path) -> dict[str, str]:
    """Labels of the corpus's posts: a CSV of file and topic, which may be empty → ``posts/FILE``: label.

    Raises:
        TrainingError: it cannot be read.
    """
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            return {f"posts/{row['file']}": row["topic"] for row in csv.DictReader(stream) if row["topic"]}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        raise TrainingError(f"{file} is no CSV of file and topic ({error}): check --labels.") from error
