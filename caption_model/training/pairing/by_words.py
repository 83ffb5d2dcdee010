"""Weak pairs: put captions without photos on photos that show what they name.

A caption's concepts come from its words and emojis, a photo's from the descriptions that people wrote for it. The score
is a rarity-weighted overlap, so that a shared surfboard counts for more than a shared child.
"""

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import regex

from caption_model.text import graphemes
from caption_model.training.pairing.concepts import in_description, in_post

WORD = regex.compile(r"\p{L}+")
AGREEING = 2  # descriptions of one photo that must name a concept


def words(text: str) -> set[str]:
    """Lower-case words, each with and without a plural "s"."""
    found = set(WORD.findall(text.lower()))
    return found | {word[:-1] for word in found if word.endswith("s") and len(word) > 3}


def concepts_in_post(caption: str) -> frozenset[str]:
    """Concepts that a social caption names, by word or by emoji."""
    return in_post(words(caption), set(graphemes.emojis(caption)))


def concepts_in_photo(descriptions: Sequence[str]) -> set[str]:
    """Concepts that at least two of a photo's descriptions name."""
    votes: Counter[str] = Counter()
    for description in descriptions:
        votes.update(in_description(words(description)))
    return {name for name, count in votes.items() if count >= min(AGREEING, len(descriptions))}


class Matcher:
    """Finds photos for captions."""

    def __init__(self, described: Mapping[str, Sequence[str]]) -> None:
        self.photos: dict[str, set[str]] = {photo: concepts_in_photo(texts) for photo, texts in described.items()}
        self._with: defaultdict[str, list[str]] = defaultdict(list)
        for photo, names in self.photos.items():
            for name in sorted(names):
                self._with[name].append(photo)
        self._rarity = {name: math.log(1 + len(self.photos) / len(photos)) for name, photos in self._with.items()}

    def match(self, caption: str, most: int = 12) -> list[tuple[str, float]]:
        """The best photos for a caption with scores in (0, 1], best first; ties in an order drawn from the caption.

        The score is shared rarity over that of all that the caption names: 1 means that all of it is in the photo.
        """
        scores = self.scores(caption)
        # Many photos share the best score: an order drawn from the caption spreads captions over them.
        photos = sorted(scores)
        drawn = np.random.default_rng(zlib.crc32(caption.encode("utf-8"))).permutation(len(photos))
        ranked = sorted((photos[number] for number in drawn), key=lambda photo: -round(scores[photo], 6))
        return [(photo, scores[photo]) for photo in ranked[:most]]

    def match_all(self, captions: Sequence[str], most: int = 12) -> list[list[tuple[str, float]]]:
        """``match`` for each caption."""
        return [self.match(caption, most) for caption in captions]

    def scores(self, caption: str) -> dict[str, float]:
        """Score of every photo that shows something of what a caption names."""
        named = concepts_in_post(caption) & self._rarity.keys()
        total = sum(self._rarity[name] for name in named)
        scores: defaultdict[str, float] = defaultdict(float)
        for name in sorted(named):
            for photo in self._with[name]:
                scores[photo] += self._rarity[name] / total
        return dict(scores)
