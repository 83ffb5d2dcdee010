"""CIDEr-D as a reward (Vedantam et al. 2015), its document frequencies and reference vectors made once.

``pycocoevalcap`` scores a whole corpus in one call and counts anew each time; a reward is asked for thousands of single
sentences a minute. Without the end symbol both agree to rounding.
"""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

LONGEST = 4  # words of an n-gram
SIGMA = 6.0  # of the Gaussian penalty on a difference in length

Words = tuple[int, ...]


class _Vector(NamedTuple):
    weights: list[dict[Words, float]]  # by length of the n-gram
    norms: list[float]
    length: int


class CiderReward:
    """CIDEr-D of a sentence against the references of one photo; frequencies are those of all photos' references."""

    def __init__(self, references: Sequence[Sequence[Sequence[int]]]) -> None:
        """``references[photo]`` holds that photo's sentences as word numbers."""
        counted = [[_counts(tuple(sentence)) for sentence in photo] for photo in references]
        self.frequency = Counter(gram for photo in counted for gram in {gram for one in photo for gram in one})
        self.photos = math.log(len(references))
        self.references = [[self._vector(one) for one in photo] for photo in counted]

    def __call__(self, photo: int, sentence: Sequence[int]) -> float:
        """Score, 0 to 10, of word numbers against the references of ``photo``."""
        own = self._vector(_counts(tuple(sentence)))
        total = sum(_similarity(own, reference) for reference in self.references[photo])
        return 10.0 * total / len(self.references[photo])

    def _vector(self, counts: Counter[Words]) -> _Vector:
        weights: list[dict[Words, float]] = [{} for _ in range(LONGEST)]
        for gram, count in counts.items():
            weights[len(gram) - 1][gram] = count * (self.photos - math.log(max(1, self.frequency[gram])))
        norms = [math.sqrt(sum(value * value for value in part.values())) for part in weights]
        length = sum(count for gram, count in counts.items() if len(gram) == 2)  # as the reference implementation
        return _Vector(weights, norms, length)


def _counts(sentence: Words) -> Counter[Words]:
    return Counter(
        sentence[start : start + size] for size in range(1, LONGEST + 1) for start in range(len(sentence) - size + 1)
    )


def _similarity(own: _Vector, reference: _Vector) -> float:
    total = 0.0
    for mine, theirs, my_norm, their_norm in zip(
        own.weights, reference.weights, own.norms, reference.norms, strict=True
    ):
        if my_norm and their_norm:
            shared = mine.keys() & theirs.keys()
            total += sum(min(mine[gram], theirs[gram]) * theirs[gram] for gram in shared) / (my_norm * their_norm)
    return total / LONGEST * math.exp(-((own.length - reference.length) ** 2) / (2 * SIGMA**2))
