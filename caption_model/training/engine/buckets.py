"""Batches of sequences of like length, so that little is padded."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def bucketed(
    rows: NDArray[np.int64], bucket: NDArray[np.int64], size: int, random: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Cut rows into batches of one bucket each, in random order.

    Args:
        rows: examples to show, int (N,); one may stand there several times.
        bucket: bucket of every example, int (M,), looked up by row.
        size: rows a batch at the most.
        random: decides which rows meet, and in which order the batches come.
    """
    batches: list[NDArray[np.int64]] = []
    for number in range(int(bucket.max(initial=-1)) + 1):
        members = random.permutation(rows[bucket[rows] == number])
        batches += [members[start : start + size] for start in range(0, len(members), size)]
    for number in random.permutation(len(batches)):
        yield batches[number]
