"""The caption book: ready captions, written for this project, that fit a photo best.

They are no suggestions of the decoder, and are shown apart from them. A photo's captions are found in three steps:
captions whose topics the photo shows, of these the ones that the critic finds most fitting, and of these a diverse few.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from caption_model.generation.book_index import BookIndex, attribute_ids, read_index
from caption_model.generation.more_like import SAME
from caption_model.generation.options import GenerationOptions
from caption_model.generation.reranking import likeness, trigrams
from caption_model.generation.seen import Seen
from caption_model.networks.critic_onnx import Judge
from caption_model.text.mentioned_topics import mentioned_in_description
from datasets.corpus import FOLDER, WrittenCaption

# The corpus's tones that serve each tone that can be asked for; without one all serve.
TONES: dict[str | None, frozenset[str]] = {
    "gram": frozenset({"simple", "gram"}),
    "playful": frozenset({"playful"}),
    "warm": frozenset({"warm"}),
    "minimal": frozenset({"mini", "minimal"}),
    "post": frozenset({"simple", "gram"}),
    "tweet": frozenset({"simple", "gram", "playful"}),
    "plain": frozenset({"simple"}),
}
ABSENT = 0.3  # probability below which a topic is not mentioned
LIKELY = 0.5  # probability that at least one of the topics that a caption mentions has
DESCRIBED = 0.5  # probability of a topic that the head does not know, where the description names it
SHORTLIST = 200  # captions that the critic judges
SHOWN = 0.4  # weight of topics that the caption's own photo showed, in comparison with those that it mentions
UNLIKELY = 2.5  # weight of the probability that the photo does not show a topic, in comparison with that it does
GENERAL = 0.3  # gained by captions that were written for a topic: they tell no particulars of another photo
FIT = 0.2  # weight of the critic's logit
TURNOVER = 0.2  # deviation of the random part of the score, which another seed changes
DIVERSITY = 3.0  # lost for likeness 1 to a caption chosen before


@dataclass(frozen=True)
class BookCaption:
    """A caption of the book, chosen for a photo.

    Attributes:
        text: at most 80 graphemes, as it was written.
        topics: that it mentions or was written for.
        tone: as the corpus calls it.
        fit_logit: the critic's logit that it goes with this photo; 0 without a critic.
    """

    text: str
    topics: frozenset[str]
    tone: str
    fit_logit: float = 0.0


@dataclass(frozen=True)
class CaptionBook:
    """N captions and their index.

    Attributes:
        texts, tones: of the captions.
        general: which were written for a topic and not for one photo, bool (N,).
        index: what is known of each.
        rarity: of each topic, float32 (topics,): log of the number of captions to each one that has it, in units of
            the greatest; what few captions have says more of a photo than that it was taken outdoors.
    """

    texts: tuple[str, ...]
    tones: NDArray[np.str_]
    general: NDArray[np.bool_]
    index: BookIndex
    rarity: NDArray[np.float32]

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Self:
        """Read a corpus and the index beside it.

        Raises:
            DumpError: a file is missing or damaged, or the index was made for another corpus.
        """
        return cls.of(*read_index(folder))

    @classmethod
    def of(cls, index: BookIndex, captions: Sequence[WrittenCaption]) -> Self:
        """A book of these captions, in the index's order."""
        both = np.concatenate([index.mentioned.topics, index.shown.topics])
        counts = np.bincount(both, minlength=len(index.names))
        rarity = np.log((1 + len(captions)) / (1 + counts)).astype(np.float32)
        return cls(
            tuple(caption.text for caption in captions),
            np.array([caption.tone for caption in captions], np.str_),
            np.array([bool(caption.topic) for caption in captions], np.bool_),
            index,
            rarity / max(1e-6, rarity.max(initial=0.0)),
        )

    def choose(
        self,
        seen: Seen,
        n: int,
        options: GenerationOptions,
        critic: Judge | None = None,
        clean: Callable[[str], bool] = lambda text: True,
    ) -> list[BookCaption]:
        """At most ``n`` captions of a photo, best first; none where no caption's topics are seen in it.

        The same photo, options and book give the same captions; another seed some others.

        Args:
            seen: the photo.
            n: captions wanted.
            options: tone, emoji, length, ending, case, subject, avoid and seed are honoured.
            critic: judges the most fitting ones.
            clean: whether a caption may be shown; asked of chosen captions alone, as it may be slow.
        """
        support = self._support(seen, options) + TURNOVER * _random(seen.salt, options.seed, len(self.texts))
        listed = np.argsort(-support, kind="stable")[:SHORTLIST]
        listed = listed[np.isfinite(support[listed])]
        if not len(listed):
            return []
        texts = [self.texts[row] for row in listed]
        fits = critic(texts, seen.pooled).fit if critic else np.zeros(len(listed), np.float32)
        chosen = _diverse(texts, support[listed] + FIT * fits, n, [trigrams(text) for text in options.avoid], clean)
        return [self._caption(int(listed[place]), float(fits[place])) for place in chosen]

    def _support(self, seen: Seen, options: GenerationOptions) -> NDArray[np.float32]:
        """How far what the photo shows speaks for each caption (N,); minus infinity where it must not be shown."""
        there, index = self._probabilities(seen), self.index
        gains = self.rarity * (there - UNLIKELY * (1 - there))
        support = index.mentioned.sums(gains) + SHOWN * index.shown.sums(gains) + GENERAL * self.general
        absent, likely = (index.mentioned.sums(one.astype(np.float32)) for one in (there < ABSENT, there >= LIKELY))
        allowed = (absent < 0.5) & (likely > 0.5)
        if options.tone is not None:
            allowed &= np.isin(self.tones, list(TONES[options.tone]))
        for column, asked in enumerate(attribute_ids(options.controls())):
            allowed &= (asked == 0) | (index.attributes[:, column] == asked)
        if options.subject is not None:
            subject = np.array([name == options.subject for name in index.names], np.float32)
            allowed &= index.mentioned.sums(subject) > 0
        return np.where(allowed, support, -np.inf).astype(np.float32)

    def _probabilities(self, seen: Seen) -> NDArray[np.float32]:
        """Of the book's topics (topics,); those that the head does not know are there if the description says so."""
        described = mentioned_in_description(seen.description, self.index.names)
        return np.array(
            [seen.topics.get(name, DESCRIBED * (name in described)) for name in self.index.names], np.float32
        )

    def _caption(self, row: int, fit: float) -> BookCaption:
        topics = frozenset(self.index.names[topic] for topic in self.index.mentioned.of_caption(row))
        return BookCaption(self.texts[row], topics, str(self.tones[row]), fit)


@lru_cache(maxsize=1)
def caption_book() -> CaptionBook:
    """The book that ships with the project, read when it is first asked for.

    Raises:
        DumpError: as ``CaptionBook.load``.
    """
    return CaptionBook.load()


def _random(salt: bytes, seed: int, count: int) -> NDArray[np.float32]:
    """Standard normal numbers (count,) of a photo and a seed."""
    digest = hashlib.sha256(salt + b"book" + seed.to_bytes(16, "big")).digest()
    return np.random.default_rng(int.from_bytes(digest, "big")).standard_normal(count, np.float32)


def _diverse(
    texts: Sequence[str],
    scores: NDArray[np.float32],
    n: int,
    avoided: Sequence[set[str]],
    clean: Callable[[str], bool],
) -> list[int]:
    """Places of at most ``n`` texts by maximal marginal relevance, none of which reads like an avoided one."""
    left = {place: trigrams(text) for place, text in enumerate(texts)}
    left = {place: grams for place, grams in left.items() if all(likeness(grams, one) < SAME for one in avoided)}
    alike = dict.fromkeys(left, 0.0)
    chosen: list[int] = []
    while left and len(chosen) < n:
        best = max(left, key=lambda place: (scores[place] - DIVERSITY * alike[place], texts[place]))
        grams = left.pop(best)
        if not clean(texts[best]):
            continue
        chosen.append(best)
        for place, others in left.items():
            alike[place] = max(alike[place], likeness(others, grams))
        left = {place: others for place, others in left.items() if alike[place] < SAME}
    return chosen
