"""What is known of the photos beside what the teachers see: topics and words, as arrays."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caption_model.training.distillation.catalogue import Entry
from caption_model.training.distillation.held_out import TRAIN

UNKNOWN = -1  # topic of an unlabelled photo
COMMONEST = 0.2  # share of described photos above which a word tells nothing
RAREST = 5  # photos
PLAIN_WORDS = """
a an the and or of in on at to with by for from is are was be it its it's his her their he she they this that as into
over up down out off near next one while there some other has have who which behind front
"""  # tell nothing of what is to be seen


@dataclass(frozen=True)
class Labels:
    """Of N photos.

    Attributes:
        topics: names; a photo has one of them or none is known.
        topic: (N,) index, ``UNKNOWN`` where the photo has no label.
        vocabulary: words.
        words: (N, words) whether a photo's texts hold each; rows of photos without text are zeros.
        described: (N,) whether a photo has a text.
    """

    topics: tuple[str, ...]
    topic: NDArray[np.int64]
    vocabulary: tuple[str, ...]
    words: NDArray[np.bool_]
    described: NDArray[np.bool_]


def label(entries: Sequence[Entry], vocabulary: int) -> Labels:
    """Labels of photos; topics and vocabulary are those of the training photos.

    Words are those of plain descriptions: what captions say counts where it names such a thing.
    """
    learnt = [entry for entry in entries if entry.role == TRAIN]
    topics = tuple(sorted({entry.topic for entry in learnt if entry.topic}))
    photos = Counter(word for entry in learnt for word in _words(entry.descriptions))
    described = sum(1 for entry in learnt if entry.descriptions)
    chosen = [word for word, count in photos.most_common() if RAREST <= count <= max(RAREST, COMMONEST * described)]
    columns = {word: column for column, word in enumerate(chosen[:vocabulary])}
    found = np.zeros((len(entries), len(columns)), np.bool_)
    for row, entry in enumerate(entries):
        for word in _words((*entry.descriptions, *entry.captions)):
            if word in columns:
                found[row, columns[word]] = True
    return Labels(
        topics,
        np.array([topics.index(entry.topic) if entry.topic in topics else UNKNOWN for entry in entries], np.int64),
        tuple(columns),
        found,
        np.array([bool(entry.descriptions or entry.captions) for entry in entries], np.bool_),
    )


def _words(texts: Sequence[str]) -> set[str]:
    """Words of texts, most plurals as their singular."""
    found, plain = set(), PLAIN_WORDS.split()
    for word in re.findall(r"[a-z']{2,}", " ".join(texts).lower()):
        if word not in plain:
            found.add(word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word)
    return found
