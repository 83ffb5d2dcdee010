"""BLEU, ROUGE-L and CIDEr-D of sentences that describe photos.

Written from the papers: BLEU by Papineni et al. (2002), ROUGE-L by Lin (2004), CIDEr-D by Vedantam et al. (2015).
Where the papers leave a choice open, it is the one of COCO's evaluation, so that figures compare: BLEU over the whole
corpus against the reference that is closest in length, ROUGE-L with β = 1.2, CIDEr-D with σ = 6. The tests check all
three against ``pycocoevalcap``.

A sentence is a sequence of words. A word is anything hashable: text, or its number in a vocabulary.
"""

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

Sentence = Sequence[Hashable]
Gram = tuple[Hashable, ...]

LONGEST = 4  # words of an n-gram
ROUGE_BETA = 1.2  # how much more recall counts than precision
CIDER_SIGMA = 6.0  # of the Gaussian penalty on a difference in length
TINY, SMALL = 1e-15, 1e-9  # keep BLEU's fractions finite; the values of COCO's evaluation


def bleu(written: Sequence[Sentence], references: Sequence[Sequence[Sentence]]) -> list[float]:
    """Corpus BLEU-1 to BLEU-4, fractions of 1.

    Args:
        written: one sentence a photo.
        references: that photo's reference sentences, at least one each.
    """
    matched, possible = [0] * LONGEST, [0] * LONGEST
    length = reference_length = 0
    for sentence, photo in zip(written, references, strict=True):
        most: Counter[Gram] = Counter()
        for reference in photo:
            most |= count_grams(reference)
        for gram, count in count_grams(sentence).items():
            matched[len(gram) - 1] += min(count, most[gram])
        for size in range(LONGEST):
            possible[size] += max(0, len(sentence) - size)
        length += len(sentence)
        reference_length += min((abs(len(one) - len(sentence)), len(one)) for one in photo)[1]
    ratio = (length + TINY) / (reference_length + SMALL)
    brevity = min(1.0, math.exp(1 - 1 / ratio)) if ratio > SMALL else 0.0
    scores, product = [], 1.0
    for order, (hits, grams) in enumerate(zip(matched, possible, strict=True), start=1):
        product *= (hits + TINY) / (grams + SMALL)
        scores.append(product ** (1 / order) * brevity)
    return scores


def rouge_l(sentence: Sentence, references: Sequence[Sentence]) -> float:
    """ROUGE-L of one sentence, 0 to 1: best precision and best recall over its references."""
    common = [_longest_common_subsequence(sentence, reference) for reference in references]
    precision = max(common) / len(sentence) if sentence else 0.0
    recall = max(shared / max(1, len(one)) for shared, one in zip(common, references, strict=True))
    if not precision or not recall:
        return 0.0
    return (1 + ROUGE_BETA**2) * precision * recall / (recall + ROUGE_BETA**2 * precision)


class CiderD:
    """CIDEr-D of sentences against the references of one photo; document frequencies are those of all photos.

    They and the references' vectors are computed once: as a reward in self-critical training this is asked for
    thousands of sentences a minute.
    """

    def __init__(self, references: Sequence[Sequence[Sentence]]) -> None:
        """``references[photo]`` holds that photo's reference sentences."""
        counted = [[count_grams(sentence) for sentence in photo] for photo in references]
        self.frequency = Counter(gram for photo in counted for gram in {gram for one in photo for gram in one})
        self.log_photos = math.log(max(1, len(references)))
        self.references = [[self._vector(one) for one in photo] for photo in counted]

    def __call__(self, photo: int, sentence: Sentence) -> float:
        """Score, 0 to 10, of a sentence against the references of ``photo``."""
        own = self._vector(count_grams(sentence))
        total = sum(_similarity(own, reference) for reference in self.references[photo])
        return 10.0 * total / len(self.references[photo])

    def _vector(self, counts: Counter[Gram]) -> "_Vector":
        weights: list[dict[Gram, float]] = [{} for _ in range(LONGEST)]
        for gram, count in counts.items():
            weights[len(gram) - 1][gram] = count * (self.log_photos - math.log(max(1, self.frequency[gram])))
        norms = [math.sqrt(sum(value * value for value in part.values())) for part in weights]
        pairs = sum(count for gram, count in counts.items() if len(gram) == 2)
        return _Vector(weights, norms, pairs)


class _Vector(NamedTuple):
    weights: list[dict[Gram, float]]  # tf-idf, by length of the n-gram
    norms: list[float]
    length: int  # in word pairs, as COCO's evaluation measures it


def count_grams(sentence: Sentence) -> Counter[Gram]:
    """How often each run of one to four words occurs."""
    words = tuple(sentence)
    return Counter(
        words[start : start + size] for size in range(1, LONGEST + 1) for start in range(len(words) - size + 1)
    )


def _similarity(own: _Vector, reference: _Vector) -> float:
    total = 0.0
    for mine, theirs, my_norm, their_norm in zip(
        own.weights, reference.weights, own.norms, reference.norms, strict=True
    ):
        if my_norm and their_norm:
            shared = mine.keys() & theirs.keys()
            total += sum(min(mine[gram], theirs[gram]) * theirs[gram] for gram in shared) / (my_norm * their_norm)
    return total / LONGEST * math.exp(-((own.length - reference.length) ** 2) / (2 * CIDER_SIGMA**2))


def _longest_common_subsequence(one: Sentence, other: Sentence) -> int:
    lengths = [0] * (len(other) + 1)
    for word in one:
        diagonal = 0
        for at, against in enumerate(other, start=1):
            above = lengths[at]
            lengths[at] = diagonal + 1 if word == against else max(above, lengths[at - 1])
            diagonal = above
    return lengths[-1]
