"""Sampling: from a decoder's step to sequences, each of which a constraint may check while it is written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from caption_model.generation.options import GUIDANCE_SCALE, TEMPERATURE, TOP_P, GenerationOptions
from caption_model.generation.prefix_tree import Outlook, PrefixTree, State, Steps, Ways
from caption_model.networks.numerics import logsumexp, softmax
from caption_model.networks.session import top_k
from caption_model.text.vocabulary import END, PAD, START, UNKNOWN

SLOTS = 192  # rows, of two photos mostly, that are written at once; the others wait for a free slot
NEVER = -1e9  # added to the logit of a symbol that must not be written
TRIES = 8  # words that are tried at one place before a sequence is given up


class Constraint(Protocol):
    """What sequences have to keep to while they are written.

    Attributes:
        checkpoints: bool (V,), the symbols behind which a sequence is checked; the end among them.
    """

    checkpoints: NDArray[np.bool_]

    def __call__(self, row: int, symbols: Sequence[int]) -> bool:
        """Whether a row's symbols so far, the last of them a checkpoint, are allowed."""


class Samples(NamedTuple):
    """R sampled sequences of at most T symbols.

    Attributes:
        symbols: int32 (R, T); after the end, ``END``.
        finished: bool (R,); whether the end was written in time.
        conditional_logp: float32 (R,), log p(sequence | photo) in nats, end included.
        unconditional_logp: float32 (R,), log p(sequence) without the photo; ``None`` where it was not computed.
    """

    symbols: NDArray[np.int32]
    finished: NDArray[np.bool_]
    conditional_logp: NDArray[np.float32]
    unconditional_logp: NDArray[np.float32] | None = None


def uniforms(seed: int, salt: bytes, rows: int, steps: int) -> NDArray[np.float32]:
    """Random numbers in [0, 1) that depend on nothing but seed and salt: float32 (rows, steps).

    Drawn outside the graph, so that a photo's captions depend neither on the batch it comes in nor on its place there.
    """
    words = np.frombuffer(salt.ljust(-(-len(salt) // 4) * 4, b"\0"), dtype="<u4")
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *words.tolist()])))
    return generator.random((rows, steps), dtype=np.float32)


@dataclass(frozen=True)
class TopPSampler:
    """Nucleus sampling (Holtzman et al. 2020) with classifier-free guidance (Ho & Salimans 2022).

    Under a constraint, a word that is not allowed is taken back and drawn anew: rejection sampling word by word, of
    which steering language models by sequential Monte Carlo (Lew et al. 2023) is the general form.

    Attributes:
        top_p: probability mass of the nucleus.
        temperature: above 1 flattens, below 1 sharpens; applied before the nucleus is cut.
        guidance_scale: weight of the photo: 0 ignores it, 1 is the model as it is, more clings to the photo.
        candidates: symbols that the nucleus holds at most.
    """

    top_p: float = TOP_P
    temperature: float = TEMPERATURE
    guidance_scale: float = GUIDANCE_SCALE
    candidates: int = 24

    def __post_init__(self) -> None:
        if not 0 < self.top_p <= 1 or self.temperature <= 0 or self.candidates < 1:
            raise ValueError("top_p lies in (0, 1], temperature above 0, and there is at least one candidate")

    @classmethod
    def from_options(cls, options: GenerationOptions) -> "TopPSampler":
        """The sampler with the nucleus, temperature and guidance scale of some options."""
        return cls(options.top_p, options.temperature, options.guidance_scale)

    @property
    def guided(self) -> bool:
        """Whether sampling needs the logits without the photo."""
        return self.guidance_scale != 1.0

    def sample(
        self,
        decoder: Steps,
        conditional: State,
        unconditional: State | None,
        random: NDArray[np.float32],
        bounds: NDArray[np.int32] | None = None,
        constraint: Constraint | None = None,
        prefix: Sequence[int] = (),
        ways: Ways | None = None,
    ) -> Samples:
        """Sample one sequence a row.

        Args:
            decoder: its ``step`` is called once a step for all rows, with and without photo.
            conditional: state of R rows that look at the photo.
            unconditional: state of the same rows without it; ``None``, where nothing is ``guided``, halves the work.
            random: float32 (R, T) in [0, 1); T bounds the number of draws, those taken back included.
            bounds: int32 (R,), the rows' own bounds on the length, at most T; ``None`` is T for all.
            constraint: what sequences have to keep to; ``None`` allows everything.
            prefix: symbols that every row goes on from, ``UNKNOWN`` among them where it must be. They are no part of
                the samples: neither bounds and constraint nor log-probabilities count them.
            ways: where sequences may go; ``None`` lets them go anywhere. Words that lead nowhere are taken back.

        Raises:
            ValueError: guidance needs the state without the photo, and it is missing.
        """
        if unconditional is None and self.guided:
            raise ValueError("guidance needs the state without the photo, too")
        rows, steps = random.shape
        bounds = np.full(rows, steps, np.int32) if bounds is None else bounds
        begun = [conditional] if unconditional is None else [conditional, unconditional]
        views = [_behind(decoder, state, prefix) for state in begun]
        tree = PrefixTree(decoder, views, [START, *prefix][-1], self._look_ahead, ways)
        lines = _Lines(tree, random, bounds, len(begun), constraint)
        active, waiting = np.arange(min(SLOTS, rows)), min(SLOTS, rows)
        while len(active):
            going = active[lines.write(active)]
            fresh = np.arange(waiting, min(rows, waiting + SLOTS - len(going)))
            active, waiting = np.concatenate([going, fresh]), waiting + len(fresh)
        return lines.samples()

    def _look_ahead(self, logits: NDArray[np.float32], closed: NDArray[np.bool_] | None = None) -> Outlook:
        """What may be drawn: logits (1 or 2, N, V) with and perhaps without photo, and what is closed → N nuclei."""
        conditional, *rest = logits
        guided = conditional
        if rest:
            (unconditional,) = rest
            guided = unconditional + np.float32(self.guidance_scale) * (conditional - unconditional)
        size = conditional.shape[-1]
        if closed is not None:
            guided = np.where(closed, np.float32(NEVER), guided)
        values, symbols = top_k(guided + forbidden(size), min(self.candidates, size))
        p = softmax(np.divide(values, self.temperature, dtype=np.float32))
        before = np.cumsum(p, axis=-1) - p
        within = before < self.top_p
        nucleus = np.cumsum(np.where(within, p, 0.0), axis=-1)
        chosen = np.take_along_axis(logits, np.broadcast_to(symbols, (len(logits), *symbols.shape)), axis=-1)
        logp = chosen - logsumexp(logits)
        last = within.sum(axis=-1) - 1
        if closed is not None:
            last[closed.all(axis=-1)] = -1
        return Outlook(symbols, nucleus, last, np.moveaxis(logp, 0, -1))


class _Lines:
    """R sequences that are being written, a row each.

    Symbols and their log-probabilities, float32 (R, T, views), stand up to each row's ``lengths``; up to ``kept`` they
    are for good. ``draws`` counts those taken back, too, and ``tries`` the words taken back behind ``kept``.
    """

    def __init__(
        self,
        tree: PrefixTree,
        random: NDArray[np.float32],
        bounds: NDArray[np.int32],
        views: int,
        constraint: Constraint | None,
    ) -> None:
        rows, longest = len(random), max(1, int(bounds.max(initial=0)))
        self._tree, self._random, self._bounds, self._constraint = tree, random, bounds, constraint
        self._symbols = np.full((rows, longest), END, np.int32)
        self._logp = np.zeros((rows, longest, views), np.float32)
        self._lengths, self._kept, self._draws, self._tries = np.zeros((4, rows), np.int64)
        self._places, self._kept_places = tree.roots.copy(), tree.roots.copy()  # in the tree

    def write(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Draw a symbol for some rows, or take back the word that it ends; returns which rows go on."""
        if self._tree.is_full(len(rows)):
            self._places[rows], self._kept_places[rows] = self._tree.forget(self._places[rows], self._kept_places[rows])
        nodes, ahead = self._tree.nodes(self._places[rows]), self._tree.outlook
        # Inverse of the nucleus's distribution function at the row's random number.
        nucleus, drawn = ahead.nucleus[nodes], self._random[rows, self._draws[rows]]
        choice = np.minimum((nucleus <= drawn[:, None] * nucleus[:, -1:]).sum(axis=-1), ahead.last[nodes])
        stuck = ahead.last[nodes] < 0
        symbols, lengths = np.where(stuck, PAD, ahead.symbols[nodes, choice]), self._lengths[rows]
        self._symbols[rows, lengths] = symbols
        self._logp[rows, lengths] = ahead.logp[nodes, choice]
        self._places[rows] = nodes * ahead.symbols.shape[1] + choice
        self._lengths[rows] = lengths + 1
        self._draws[rows] += 1
        stops = symbols == END
        checked = stuck if self._constraint is None else stuck | self._constraint.checkpoints[symbols]
        for slot in np.flatnonzero(checked).tolist():
            stops[slot] &= self._stands(int(rows[slot]), bool(stuck[slot]))
            stops[slot] |= self._tries[rows[slot]] >= TRIES
        going: NDArray[np.bool_] = (
            ~stops & (self._draws[rows] < self._random.shape[1]) & (self._lengths[rows] < self._bounds[rows])
        )
        return going

    def _stands(self, row: int, stuck: bool) -> bool:
        """Keep a row's last word if it is allowed and leads somewhere, or take it back."""
        length, constraint = int(self._lengths[row]), self._constraint
        if not stuck and (constraint is None or constraint(row, self._symbols[row, :length].tolist())):
            self._kept[row], self._kept_places[row], self._tries[row] = length, self._places[row], 0
            return True
        self._lengths[row], self._places[row] = self._kept[row], self._kept_places[row]
        self._tries[row] += 1
        return False

    def samples(self) -> Samples:
        """All rows as they stand."""
        logp = np.zeros((self._logp.shape[-1], len(self._lengths)), np.float32)
        for row, length in enumerate(self._lengths.tolist()):
            logp[:, row] = self._logp[row, :length].sum(axis=0)
            self._symbols[row, length:] = END
        places = np.maximum(self._lengths - 1, 0)
        finished = (self._lengths > 0) & (self._symbols[np.arange(len(places)), places] == END)
        return Samples(self._symbols[:, : int(self._lengths.max(initial=0))], finished, *logp)


def _behind(decoder: Steps, state: State, prefix: Sequence[int]) -> State:
    """The state of R rows that were fed the start and all symbols of a prefix but the last (teacher forcing)."""
    if not prefix:
        return state
    parts: list[State] = []
    for start in range(0, len(state[0]), SLOTS):
        some = tuple(np.asarray(part)[start : start + SLOTS] for part in state)
        for symbol in [START, *prefix[:-1]]:
            _, some = decoder.step(np.full(len(some[0]), symbol, np.int32), some)
        parts.append(some)
    return tuple(np.concatenate([np.asarray(part) for part in several]) for several in zip(*parts, strict=True))


def forbidden(size: int) -> NDArray[np.float32]:
    """What to add to logits (V,) so that no special symbol but the end is written."""
    row = np.zeros(size, np.float32)
    row[[PAD, START, UNKNOWN]] = NEVER
    return row
