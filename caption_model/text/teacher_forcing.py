"""Sequences as a decoder is taught: the true symbols so far go in, the next one is asked for."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from caption_model.text.vocabulary import END, PAD, START


def teacher_forcing(
    sequences: Sequence[Sequence[int] | NDArray[np.integer]], width: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pad sequences without start and end to inputs and targets.

    Args:
        sequences: B rows of at most ``width - 1`` symbols.
        width: T.

    Returns:
        inputs int32 (B, T), the targets shifted right behind start; targets int32 (B, T), each row closed by the
        end symbol and padded with ``PAD``.
    """
    targets = np.full((len(sequences), width), PAD, np.int32)
    for row, symbols in enumerate(sequences):
        targets[row, : len(symbols)] = symbols
        targets[row, len(symbols)] = END
    inputs = np.roll(targets, 1, axis=1)
    inputs[:, 0] = START
    return inputs, targets
