"""What the descriptive decoder learns from: described photos, encoded, in batches of like length."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_model.errors import TrainingError
from caption_model.text.teacher_forcing import teacher_forcing
from caption_model.text.vocabulary import PAD, WordVocabulary
from caption_model.training.corpus.grids import grids_of
from caption_model.training.corpus.photos import corpus_photos
from caption_model.training.corpus.table import read_corpus
from caption_model.training.engine.buckets import bucketed
from caption_model.training.engine.loop import Batch
from caption_model.vision.encoders import Encoder
from caption_model.vision.feature_cache import FeatureCache
from datasets.flickr8k import read_captions, read_list

LONGEST = 23  # words; one caption in a hundred has more and is left out
JUDGES = 500  # of Flickr8k's photos, beside the corpus's: enough, and each epoch waits for them
OTHER_SIDE = {"left": "right", "right": "left"}
SIDES = re.compile(r"\b(left|right)\b", re.IGNORECASE)
BUCKETS = (8, 10, 12, 14, 16, 19, LONGEST + 1)  # symbols, end included


@dataclass(frozen=True)
class DescriptiveSources:
    """Flickr8k or a set in its layout, and our own corpus beside it.

    Attributes:
        images: folder of photos.
        captions: CSV of their descriptions.
        train: list of the images to train on.
        validation: list of those that judge.
        corpus: folder of our own corpus, or none.
        photos: where its photos lie, as ``corpus_photos`` takes them.
        repeat: how often an epoch shows a description of the corpus.
    """

    images: Path
    captions: Path
    train: Path
    validation: Path
    corpus: Path | None = None
    photos: tuple[str, ...] = ()
    repeat: int = 2


@dataclass(frozen=True)
class Described:
    """Described photos: N to train on, M that judge.

    Attributes:
        texts: N photos' descriptions.
        grids: float16 (N, rows, columns, channels).
        mirrored: the same of the photos' mirror images.
        references: M judging photos' names and descriptions.
        judged: their grids.
        groups: how many judging photos are of each set, in their order.
        own: how many of the N photos, the last ones, are of our corpus.
    """

    vocabulary: WordVocabulary
    texts: Sequence[Sequence[str]]
    grids: NDArray[np.float16]
    mirrored: NDArray[np.float16]
    references: dict[str, list[str]]
    judged: NDArray[np.float16]
    groups: tuple[int, ...] = ()
    own: int = 0

    def pooled(self) -> "Described":
        """The same with grids of one cell, the mean of all."""
        return replace(
            self,
            **{
                name: getattr(self, name).mean(axis=(1, 2), keepdims=True, dtype=np.float32).astype(np.float16)
                for name in ("grids", "mirrored", "judged")
            },
        )


def gather_described(
    sources: DescriptiveSources, encoder: Encoder, cache: Path | None, min_count: int, unpacked: Path | None = None
) -> Described:
    """Read and encode; words that are used less than ``min_count`` times become unknown.

    ``unpacked``: folder that photos of the corpus in tars are unpacked to; needed with ``sources.corpus``.

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
    if sources.corpus and unpacked:
        return _beside_corpus(sources, sources.corpus, references, cached, min_count, unpacked)
    photos = [sources.images / name for name in train]
    return Described(
        WordVocabulary.fit((text for name in train for text in references[name]), min_count),
        [references[name] for name in train],
        cached.grids(photos),
        cached.grids(photos, mirrored=True),
        {name: references[name] for name in validation},
        cached.grids([sources.images / name for name in validation]),
    )


def _beside_corpus(
    sources: DescriptiveSources,
    folder: Path,
    references: Mapping[str, Sequence[str]],
    cached: FeatureCache,
    min_count: int,
    unpacked: Path,
) -> Described:
    """The corpus's described photos after the others; its dev photos judge as a group of their own.

    Mirror images are taken to be the grids turned over: encoding them would double the hours that so many photos take.
    """
    corpus = read_corpus(folder)
    judging = read_list(sources.validation)[:JUDGES]
    own = {part: corpus.described(part) for part in ("train", "dev")}
    found = corpus_photos(sources.photos, {*own["train"], *own["dev"]}, unpacked)
    train = [(sources.images / name, references[name]) for name in read_list(sources.train)]
    train += [(found[name], [*corpus.descriptions[name]] * sources.repeat) for name in own["train"] if name in found]
    judged = {name: (sources.images / name, list(references[name])) for name in judging}
    judged |= {name: (found[name], list(corpus.descriptions[name])) for name in own["dev"] if name in found}
    grids, usable = grids_of(cached, [photo for photo, _ in train])
    shown, there = grids_of(cached, [photo for photo, _ in judged.values()])
    texts = [texts for (_, texts), kept in zip(train, usable, strict=True) if kept]
    told = {name: texts for (name, (_, texts)), kept in zip(judged.items(), there, strict=True) if kept}
    if not texts or not told:
        raise TrainingError("no photo is left to learn from or to judge by: check --images and --corpus-photos.")
    first = int(there[: len(judging)].sum())
    grids = grids[usable]
    return Described(
        WordVocabulary.fit((text for several in texts for text in several), min_count),
        texts,
        grids,
        np.ascontiguousarray(grids[:, :, ::-1]),
        told,
        shown[there],
        tuple(size for size in (first, len(told) - first) if size),
        int(usable[len(train) - sum(name in found for name in own["train"]) :].sum()),
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
