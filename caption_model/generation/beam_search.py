"""Beam search: from a decoder's step to the likeliest sequences."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.generation.prefix_tree import State, Steps
from caption_model.generation.sampling import NEVER, forbidden
from caption_model.networks.numerics import logsumexp
from caption_model.networks.session import top_k
from caption_model.text.vocabulary import END, START

PHRASE = 3  # symbols of a phrase that beam search writes once a sentence


@dataclass(frozen=True)
class BeamSearch:
    """Beam search with length normalisation: score = log p / length ** alpha (Wu et al. 2016, without the constant).

    No symbol follows itself, and no phrase of ``PHRASE`` symbols comes twice (Paulus et al. 2018).

    Attributes:
        width: hypotheses kept a photo.
        alpha: 0 favours short sentences, 1 compares the mean log p of a symbol.
        steps: bound on the length, end included.
    """

    width: int = 5
    alpha: float = 0.7
    steps: int = 24

    def search(self, decoder: Steps, state: State) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The best sequence of each of B photos.

        Args:
            decoder: its ``step`` is called with B x width rows.
            state: state of B rows.

        Returns:
            symbols int32 (B, T), ``END`` after the end; and their normalised scores, float32 (B,).
        """
        written, normal = self.hypotheses(decoder, state)
        photo, best = np.arange(len(normal)), normal.argmax(axis=1)
        return written[photo, best], normal[photo, best]

    def hypotheses(self, decoder: Steps, state: State) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """All sequences that are left in the end: symbols int32 (B, width, T) and normalised scores (B, width).

        One that has not ended in time has the score ``NEVER`` or less. Arguments as of ``search``.
        """
        photos, width = len(state[0]), self.width
        rows = photos * width
        state = tuple(np.repeat(np.asarray(part), width, axis=0) for part in state)
        # Only the first of the equal hypotheses may branch at the first step.
        scores = np.tile(np.array([0.0] + [NEVER] * (width - 1), np.float32), (photos, 1))
        lengths, written = np.zeros(rows, np.float32), np.zeros((rows, 0), np.int32)
        last = np.full(rows, START, np.int32)
        for _ in range(self.steps):
            logits, after = decoder.step(last, state)
            logits = np.asarray(logits) + forbidden(logits.shape[-1])
            logp = logits - logsumexp(logits)
            _forbid_repeats(logp, last, written)
            done = last == END
            logp[done] = NEVER
            logp[done, END] = 0.0
            size = logp.shape[-1]
            scores, flat = top_k((scores.reshape(-1, 1) + logp).reshape(photos, width * size), width)
            parents = (flat // size + width * np.arange(photos)[:, None]).reshape(-1)
            state = _of_parents(state, after, parents)
            last = (flat % size).reshape(-1).astype(np.int32)
            lengths = (lengths + ~done)[parents]
            written = np.concatenate([written[parents], last[:, None]], axis=1)
            if (last == END).all():
                break
        unfinished = np.where(last == END, np.float32(0.0), np.float32(NEVER))
        normal = scores / lengths.reshape(photos, width) ** np.float32(self.alpha) + unfinished.reshape(photos, width)
        return written.reshape(photos, width, -1), normal.astype(np.float32)


def _of_parents(before: State, after: State, parents: NDArray[np.int64]) -> State:
    """The state of each hypothesis from its parent's; parts that no step changes are equal for a photo."""
    return tuple(new if new is old else np.asarray(new)[parents] for old, new in zip(before, after, strict=True))


def _forbid_repeats(logp: NDArray[np.float32], last: NDArray[np.int32], written: NDArray[np.int32]) -> None:
    """Lower, in log p (R, V) of what follows the symbols ``written`` (R, T), all that would be a repeat."""
    logp[np.arange(len(last)), last] += NEVER
    known = PHRASE - 1
    begun = written.shape[1] - known  # places where a whole phrase stands
    if begun < 1:
        return
    again: Any = True
    for place in range(known):
        again &= written[:, place : place + begun] == written[:, place - known, None]
    rows, places = np.nonzero(again)
    logp[rows, written[rows, known + places]] += NEVER
