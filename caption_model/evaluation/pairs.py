"""Whether the photo matters: does a caption cost fewer bits with its own photo than with others?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.evaluation.bits import bits_of
from caption_model.text.controls import Controls
from caption_model.text.vocabulary import GraphemeVocabulary

CHOICES = 10


def photo_choice(
    decoder: Any,
    vocabulary: GraphemeVocabulary,
    captions: Sequence[str],
    rows: NDArray[np.int64],
    photos: NDArray[np.float32],
    seed: int = 7,
) -> dict[str, float | int]:
    """Pick the right photo out of ten by likelihood.

    Args:
        decoder: a ``SocialDecoder``.
        vocabulary: its symbols.
        captions: N texts.
        rows: int (N,), each caption's photo, a row of ``photos``.
        photos: float32 (M, P), at least ten.
        seed: of the nine others.

    Returns:
        ``{"pairs", "pick10", "gap"}``: number of pairs, share picked right, and bits per character that a
        shuffled photo costs more than the right one.
    """
    random = np.random.default_rng(seed)
    others = min(CHOICES, len(photos)) - 1
    bits = np.empty((len(captions), 1 + others))
    shown = np.empty((len(captions), 1 + others), np.int64)
    shown[:, 0] = rows
    for number, row in enumerate(rows):
        pick = random.choice(len(photos) - 1, size=others, replace=False)
        shown[number, 1:] = pick + (pick >= row)  # any photo but the right one
    symbols = np.zeros(len(captions), np.int64)
    for column in range(1 + others):
        bits[:, column], symbols = bits_of(decoder, vocabulary, captions, photos[shown[:, column]], Controls())
    best = bits == bits.min(axis=1, keepdims=True)  # a tie is a guess: a decoder that ignores photos gets one in ten
    return {
        "pairs": len(captions),
        "pick10": float((best[:, 0] / best.sum(axis=1)).mean()),
        "gap": float((bits[:, 1].sum() - bits[:, 0].sum()) / symbols.sum()),
    }
