"""Batches of descriptions and their photos' features, made one after another: no epoch is ever whole in memory."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from caption_model.errors import TrainingError
from caption_model.text.teacher_forcing import teacher_forcing
from caption_model.text.vocabulary import PAD, WordVocabulary
from caption_model.training.engine.buckets import bucketed
from caption_model.training.engine.loop import Batch

WIDTHS = (8, 10, 12, 14, 16, 19, 24)  # symbols, end included; one more is as wide as the longest text


class WordBatches:
    """Epoch number → batches of (words, features), every description once, bucketed by length.

    Args:
        texts: of each of N photos.
        features: float32 (N, P).
        vocabulary: words that are learnt.
        batch: descriptions at once.
        longest: words; longer descriptions are left out, and those without a word.
        seed: of the order.

    Raises:
        TrainingError: no description is left.
    """

    def __init__(
        self,
        texts: Sequence[Sequence[str]],
        features: NDArray[np.float32],
        vocabulary: WordVocabulary,
        batch: int,
        longest: int,
        seed: int = 7,
    ) -> None:
        pairs = [(row, vocabulary.encode(text)) for row, several in enumerate(texts) for text in several]
        pairs = [(row, words) for row, words in pairs if 0 < len(words) <= longest]
        if not pairs:
            raise TrainingError(f"none of the descriptions has between 1 and {longest} words: check --data.")
        self.widths = (*(width for width in WIDTHS if width <= longest), longest + 1)
        self.photo = np.array([row for row, _ in pairs])
        self.words = [words for _, words in pairs]
        self.bucket = np.searchsorted(self.widths, [len(words) + 1 for words in self.words])
        self.features = features
        self.batch = batch
        self.seed = seed

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return sum(-(-int(count) // self.batch) for count in np.bincount(self.bucket))

    def __call__(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch, the same for the same number."""
        random = np.random.default_rng([self.seed, epoch])
        for rows in bucketed(np.arange(len(self.photo)), self.bucket, self.batch, random):
            width = self.widths[int(self.bucket[rows[0]])]
            inputs, targets = teacher_forcing([self.words[row] for row in rows], width)
            seen = np.asarray(self.features[self.photo[rows]], np.float32)
            yield Batch((inputs, seen), targets, (targets != PAD).astype(np.float32))
