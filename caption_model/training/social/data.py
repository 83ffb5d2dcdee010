"""Training data of the social decoder: captions from several sources, some with a photo, mixed anew each epoch."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from caption_model.text.controls import CHOICES, MAX_GRAPHEMES, Controls, Tone
from caption_model.text.teacher_forcing import teacher_forcing
from caption_model.text.vocabulary import PAD, GraphemeVocabulary
from caption_model.training.engine.buckets import bucketed
from caption_model.training.engine.loop import Batch

BUCKETS = (12, 20, 28, 36, 44, 52, 62, 72, MAX_GRAPHEMES + 1)  # symbols, end included
REHEARSAL = "rehearsal"  # source of captions that the base wrote: not to be learnt, but to be said as the base would
LLM_GENERATED = "written"  # source of synthetic captions; named so in the bundles that there are
PSEUDO_LABELLED = "own"  # source of a decoder's captions that were good enough to learn from (pseudo_labels)
ATTESTED = "attested"  # source of captions that people could have written, but that are not learnt
POSTS_KEPT = 0.2  # weight of a post's symbol in the divergence from the base; a rehearsed one's is 1
VALIDATION = 0.05  # share of captions held out
ENOUGH_HELD_OUT = 200
LETTERS = regex.compile(r"[^\p{L}\p{N}]+")


class Pairing(NamedTuple):
    """A photo that a caption may stand under: row of the feature matrix and how well it fits, in (0, 1]."""

    photo: int
    score: float


@dataclass(frozen=True)
class Example:
    """One cleaned caption.

    Attributes:
        caption: the text.
        tone: of its source; ``None`` where it is not known, and so left open.
        source: name of its source.
        photos: those that it fits; none: it teaches language only.
        topics: those that it may be told to be about.
    """

    caption: str
    tone: Tone | None
    source: str
    photos: tuple[Pairing, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mixture:
    """How often an epoch shows the captions of one source: ``first`` times in the first epoch, ``last`` in the last."""

    first: float
    last: float

    def at(self, progress: float) -> float:
        """Repetitions at a progress in [0, 1]."""
        return self.first + (self.last - self.first) * progress


def held_out_share(posts: int) -> float:
    """Share of a voice's posts that judge it: a twentieth, of few posts up to a fifth."""
    return min(0.2, max(VALIDATION, ENOUGH_HELD_OUT / max(1, posts)))


def is_validation(caption: str, share: float = VALIDATION) -> bool:
    """Whether a caption is held out: decided by its letters alone, so that no duplicate crosses the split."""
    letters = LETTERS.sub("", caption.casefold()) or caption
    digest = hashlib.sha256(letters.encode()).digest()
    return int.from_bytes(digest[:4]) / 2**32 < share


class SocialBatches:
    """Epoch number → batches: a fresh draw from the mixture, bucketed by length, photos and controls dropped.

    With ``topics``, the names that the network knows in its order, the controls have a last column: one of the topics
    of the example, 0 where none is told. ``topic_dropout`` is how often none is told of one that has some.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        vocabulary: GraphemeVocabulary,
        photos: NDArray[np.float32],
        mixture: dict[str, Mixture],
        *,
        epochs: int,
        batch: int = 128,
        photo_dropout: float = 0.15,
        control_dropout: float = 0.25,
        topics: Sequence[str] = (),
        topic_dropout: float = 0.4,
        seed: int = 7,
    ) -> None:
        self.photos = photos
        self.mixture = mixture
        self.epochs = epochs
        self.batch = batch
        self.control_dropout = control_dropout
        self.seed = seed
        self.pairings = [example.photos for example in examples]
        # Two bytes a symbol and one a control: half a million captions fit in memory, whatever their photos take.
        self.symbols = [np.array(vocabulary.encode(example.caption), np.uint16) for example in examples]
        self.controls = np.array([Controls.measure(e.caption, e.tone).ids() for e in examples], np.int8)
        number = {topic: 1 + place for place, topic in enumerate(topics)}
        self.topics = [[number[t] for t in example.topics if t in number] for example in examples] if topics else None
        self.topic_dropout = topic_dropout
        self.bucket = np.searchsorted(BUCKETS, [len(row) + 1 for row in self.symbols])
        sources = np.array([example.source for example in examples])
        self.rehearsed = sources == REHEARSAL
        # What a decoder wrote itself is said of its photo: without one it goes on writing as people do.
        self.shown = np.where(sources == PSEUDO_LABELLED, 1.0, 1.0 - photo_dropout)
        self.rows = {name: np.flatnonzero(sources == name) for name in sorted(mixture)}

    @property
    def steps(self) -> int:
        """Batches of a mean epoch."""
        captions = sum(len(rows) * self.mixture[name].at(0.5) for name, rows in self.rows.items())
        return int(captions / self.batch) + len(BUCKETS)

    def __call__(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch, the same for the same number."""
        random = np.random.default_rng([self.seed, epoch])
        progress = epoch / max(1, self.epochs - 1)
        drawn = np.concatenate(
            [_repeat(rows, self.mixture[name].at(progress), random) for name, rows in self.rows.items()]
        )
        for rows in bucketed(drawn, self.bucket, self.batch, random):
            yield self.make(rows, random)

    def make(self, rows: NDArray[np.int64], random: np.random.Generator | None) -> Batch:
        """Make a batch of these examples; without ``random`` nothing is dropped and the best photo is shown."""
        width = BUCKETS[int(self.bucket[rows].max())]
        inputs, targets = teacher_forcing([self.symbols[row] for row in rows], width)
        photo = np.zeros((len(rows), self.photos.shape[1]), np.float32)
        seen = np.zeros(len(rows), np.float32)
        controls = self.controls[rows].astype(np.int32)
        for place, row in enumerate(rows):
            pairings = self.pairings[row]
            if pairings:
                score = np.array([pairing.score for pairing in pairings])
                pick = 0 if random is None else random.choice(len(pairings), p=score / score.sum())
                photo[place] = self.photos[pairings[pick].photo]
                # A weak pair is shown as often as it fits.
                seen[place] = random is None or random.random() < score[pick] * self.shown[row]
        if random is not None:
            controls = self._open_some(controls, random)
        if self.topics is not None:
            controls = np.column_stack([controls, self._told(rows, random)]).astype(np.int32)
        weights, kept = (targets != PAD).astype(np.float32), None
        if self.rehearsed.any():
            rehearsed = self.rehearsed[rows, None]
            kept = weights * np.where(rehearsed, np.float32(1), np.float32(POSTS_KEPT))
            weights = weights * ~rehearsed
        return Batch((inputs, photo, seen, controls), targets, weights, kept)

    def _told(self, rows: NDArray[np.int64], random: np.random.Generator | None) -> NDArray[np.int32]:
        """One of the topics of each example, 0 where none is told; without ``random`` none is."""
        told = np.zeros(len(rows), np.int32)
        for place, row in enumerate(rows):
            known = self.topics[row] if self.topics is not None else []
            if known and random is not None and random.random() >= self.topic_dropout:
                told[place] = known[random.integers(len(known))]
        return told

    def _open_some(self, controls: NDArray[np.int32], random: np.random.Generator) -> NDArray[np.int32]:
        """Leave controls open: for half of the captions all but tone, for the others each at random.

        Tone is left open rarely, as it is nearly always known; the rest mostly are open when captions are written.
        """
        tone = np.array([name == "tone" for name in CHOICES])
        alone = np.where(tone, 0.1, self.control_dropout)
        opened = (random.random(controls.shape) < alone) | ((random.random((len(controls), 1)) < 0.5) & ~tone)
        return np.where(opened, 0, controls).astype(np.int32)


def _repeat(rows: NDArray[np.int64], times: float, random: np.random.Generator) -> NDArray[np.int64]:
    """Rows ``times`` over; the fraction is a random part of them."""
    whole, part = int(times), times - int(times)
    extra = random.permutation(rows)[: round(part * len(rows))]
    return np.concatenate([np.tile(rows, whole), extra])
