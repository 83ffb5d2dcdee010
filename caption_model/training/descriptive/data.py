"""What the descriptive decoder learns from: described photos, encoded, in batches of like length."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_model.errors import TrainingError
from caption_model.text.teacher_forcing import teacher_forcing
from caption_model.text.vocabulary import PAD, WordVocabulary
from caption_model.training.engine.buckets import bucketed
from caption_model.training.engine.loop import Batch
from caption_model.vision.encoders import Encoder
from caption_model.vision.feature_cache import FeatureCache
from datasets.flickr8k import read_captions, read_list

LONGEST = 23  # words; one caption in a hundred has more and is left out
OTHER_SIDE = {"left": "right", "right": "left"}
SIDES = re.compile(r"\b(left|right)\b", re.IGNORECASE)
BUCKETS = (8, 10, 12, 14, 16, 19, LONGEST + 1)  # symbols, end included


@dataclass(frozen=True)
class DescriptiveSources:
    """Flickr8k or a set in its layout: photos, descriptions (CSV), lists of training and validation images."""

    images: Path
    captions: Path
    train: Path
    validation: Path


@dataclass(frozen=True)
class Described:
    """Described photos: N to train on, M that judge.

    Attributes:
        texts: N photos' descriptions.
        grids: float16 (N, rows, columns, channels).
        mirrored: the same of the photos' mirror images.
        references: M judging photos' names and descriptions.
        judged: their grids.
    """

    vocabulary: WordVocabulary
    texts: Sequence[Sequence[str]]
    grids: NDArray[np.float16]
    mirrored: NDArray[np.float16]
    references: dict[str, list[str]]
    judged: NDArray[np.float16]

    def pooled(self) -> "Described":
        """The same with grids of one cell, the mean of all."""
        return replace(
            self,
            **{
                name: getattr(self, name).mean(axis=(1, 2), keepdims=True, dtype=np.float32).astype(np.float16)
                for name in ("grids", "mirrored", "judged")
            },
        )


def gather_described(sources: DescriptiveSources, encoder: Encoder, cache: Path | None, min_count: int) -> Described:
    """Read and encode; words that are used less than ``min_count`` times become unknown.

    Raises:
        DumpError: a source cannot be read.
        TrainingError: a listed image has no description.
        PhotoError: a listed image cannot be opened.
    """
    references = read_captions(sources.captions)
    train, validation = read_list(sources.train), read_list(sources.validation)
    missing = [name for name in [*train, *validation] if name not in references]
    if missing:
        raise TrainingError(f"{sources.captions} describes no {missing[0]} ({len(missing)} listed images in all).")
    cached = FeatureCache(encoder, cache)
    photos = [sources.images / name for name in train]
    return Described(
        WordVocabulary.fit((text for name in train for text in references[name]), min_count),
        [references[name] for name in train],
        cached.grids(photos),
        cached.grids(photos, mirrored=True),
        {name: references[name] for name in validation},
        cached.grids([sources.images / name for name in validation]),
    )


class DescriptiveBatches:
    """Epoch number → batches of (words, grid), every description once, bucketed by length.

    Each description is put on its photo or, half the time, on the photo's mirror image, left and right
    exchanged in both.
    """

    def __init__(
        self,
        described: Sequence[Sequence[str]],
        grids: NDArray[np.float16],
        mirrored: NDArray[np.float16],
        vocabulary: WordVocabulary,
        batch: int,
        seed: int = 7,
    ) -> None:
        pairs = [
            (row, vocabulary.encode(text), vocabulary.encode(mirror(text)))
            for row, texts in enumerate(described)
            for text in texts
        ]
        pairs = [pair for pair in pairs if 0 < len(pair[1]) <= LONGEST]
        self.photo = np.array([row for row, _, _ in pairs])
        self.words = ([words for _, words, _ in pairs], [words for _, _, words in pairs])
        self.bucket = np.searchsorted(BUCKETS, [len(words) + 1 for words in self.words[0]])
        self.grids = (grids, mirrored)
        self.batch = batch
        self.seed = seed

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return sum(-(-int((self.bucket == bucket).sum()) // self.batch) for bucket in range(len(BUCKETS)))

    def __call__(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch, the same for the same number."""
        random = np.random.default_rng([self.seed, epoch])
        turned = random.random(len(self.photo)) < 0.5
        for rows in bucketed(np.arange(len(self.photo)), self.bucket, self.batch, random):
            yield self.make(rows, turned[rows])

    def make(self, rows: NDArray[np.int64], turned: NDArray[np.bool_]) -> Batch:
        """Make a batch of these pairs, some of them mirrored."""
        words = [self.words[int(turn)][row] for row, turn in zip(rows, turned, strict=True)]
        inputs, targets = teacher_forcing(words, BUCKETS[int(self.bucket[rows].max())])
        grids = self.grids[0][self.photo[rows]].astype(np.float32)
        grids[turned] = self.grids[1][self.photo[rows[turned]]]
        return Batch((inputs, grids), targets, (targets != PAD).astype(np.float32))


def mirror(text: str) -> str:
    """What is said of a photo's mirror image."""
    return SIDES.sub(lambda side: OTHER_SIDE[side.group().lower()], text)
