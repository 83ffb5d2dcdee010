"""Bits per symbol: how well a social decoder predicts captions that it has not seen."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.text.controls import Controls
from caption_model.text.teacher_forcing import teacher_forcing
from caption_model.text.vocabulary import PAD, UNKNOWN, GraphemeVocabulary

OUT_OF_VOCABULARY = 20.0  # bits on top of the unknown symbol's own: the price of naming a grapheme
BATCH = 128


def bits_of(
    decoder: Any,
    vocabulary: GraphemeVocabulary,
    captions: Sequence[str],
    photos: NDArray[np.float32] | None = None,
    controls: Controls | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Cost of each caption.

    Args:
        decoder: a ``SocialDecoder``.
        vocabulary: the decoder's symbols.
        captions: N texts.
        photos: float32 (N, P), or none to use the decoder without photos.
        controls: wishes told to the decoder; tone gram alone unless given.

    Returns:
        bits (N,), the end symbol's included, and numbers of symbols (N,), the end counted.
    """
    import tensorflow as tf

    wishes = (controls or Controls(tone="gram")).ids()
    order = sorted(range(len(captions)), key=lambda row: len(captions[row]))  # little padding in a batch
    bits, counts = np.zeros(len(captions)), np.zeros(len(captions), np.int64)
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        encoded = [vocabulary.encode(captions[row]) for row in rows]
        inputs, targets = teacher_forcing(encoded, -(-(1 + max(map(len, encoded))) // 8) * 8)
        photo = np.zeros((len(rows), decoder.config.photo), np.float32) if photos is None else photos[rows]
        seen = np.full(len(rows), 0.0 if photos is None else 1.0, np.float32)
        wished = np.tile(np.array([wishes], np.int32), (len(rows), 1))
        logits = tf.cast(decoder((inputs, photo, seen, wished)), tf.float32)  # a decoder in training may be bfloat16
        cost = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits).numpy() / math.log(2)
        cost += OUT_OF_VOCABULARY * (targets == UNKNOWN)
        bits[rows] = (cost * (targets != PAD)).sum(axis=1)
        counts[rows] = (targets != PAD).sum(axis=1)
    return bits, counts


def bits_per_symbol(decoder: Any, vocabulary: GraphemeVocabulary, captions: Sequence[str]) -> dict[str, float | int]:
    """``{"n", "bits_per_symbol", "symbols"}`` of captions without photos: all bits over all symbols."""
    bits, counts = bits_of(decoder, vocabulary, captions)
    symbols = int(counts.sum())
    return {"n": len(captions), "bits_per_symbol": float(bits.sum() / max(1, symbols)), "symbols": symbols}
