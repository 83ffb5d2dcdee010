"""Sampling: from a decoder's step to sequences, each of which a constraint may check while it is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from caption_model.generation.options import GUIDANCE_SCALE, TEMPERATURE, TOP_P, GenerationOptions
from caption_model.networks.numerics import logsumexp, softmax
from caption_model.networks.session import top_k
from caption_model.text.vocabulary import END, PAD, START, UNKNOWN

SLOTS = 96  # rows that are written at once; the others wait for a free slot
NEVER = -1e9  # added to the logit of a symbol that must not be written
TRIES = 8  # words that are tried at one place before a sequence is given up
# What a row does next: go on, go on after a checkpoint, go back to the last checkpoint, stop.
ON, MARK, BACK, STOP = range(4)


State = tuple[Any, ...]


class Steps(Protocol):
    """A decoder as samplers see it."""

    def step(self, symbols: Any, state: State) -> tuple[Any, State]:
        """int32 (R,) and state → logits (R, V) and state."""


class Constraint(Protocol):
    """What sequences have to keep to while they are written.

    Attributes:
        checkpoints: bool (V,), the symbols behind which a sequence is checked; the end among them.
    """

    checkpoints: NDArray[np.bool_]

    def __call__(self, row: int, symbols: Sequence[int]) -> bool:
        """Whether a row's symbols so far, the last of them a checkpoint, are allowed."""


class Ways(Protocol):
    """Where each row's sequence may go, symbol by symbol; places are of any type that it chooses."""

    def begin(self, row: int) -> Any:
        """The place before a row's first symbol."""

    def moved(self, place: Any, symbol: int) -> Any:
        """The place behind one more symbol."""

    def allowed(self, row: int, place: Any) -> NDArray[np.bool_] | None:
        """The symbols that may follow, bool (V,); ``None`` for all."""


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


@dataclass
class _Line:
    """A row that is being written in a slot.

    Attributes:
        logp: log-probabilities of each symbol, float32 (1 or 2,): with the photo, and without it.
        draws: symbols drawn, those taken back included.
        kept: symbols up to the last checkpoint.
        tries: words drawn and taken back there.
    """

    row: int
    symbols: list[int] = field(default_factory=list)
    logp: list[NDArray[np.float32]] = field(default_factory=list)
    draws: int = 0
    kept: int = 0
    tries: int = 0
    place: Any = None
    kept_place: Any = None


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
            ways: where sequences may go; ``None`` lets them go anywhere. One that may go nowhere does not finish.

        Raises:
            ValueError: guidance needs the state without the photo, and it is missing.
        """
        if unconditional is None and self.guided:
            raise ValueError("guidance needs the state without the photo, too")
        rows, steps = random.shape
        bounds = np.full(rows, steps, np.int32) if bounds is None else bounds
        begun = [conditional] if unconditional is None else [conditional, unconditional]
        slots = _Slots([_behind(decoder, state, prefix) for state in begun])
        first = [START, *prefix][-1]
        waiting, written = iter(range(rows)), list[_Line]()
        lines = [_line(row, ways) for row in islice(waiting, SLOTS)]
        slots.go_on([], [line.row for line in lines])
        while lines:
            last = np.array([line.symbols[-1] if line.symbols else first for line in lines], np.int32)
            logits = slots.step(decoder, last)
            numbers = random[[line.row for line in lines], [line.draws for line in lines]]
            closed = None if ways is None else _closed([ways.allowed(line.row, line.place) for line in lines], logits)
            choice = self._choose(logits, numbers, closed)
            logp = _log_probability(logits, choice)
            stuck = closed is not None and closed[np.arange(len(lines)), choice]  # nothing was left to draw from
            drawn = zip(lines, choice.tolist(), logp.T, np.broadcast_to(stuck, len(lines)).tolist(), strict=True)
            turns = [_go_on(*one, constraint, ways) for one in drawn]
            slots.keep([slot for slot, turn in enumerate(turns) if turn == MARK])
            slots.go_back([slot for slot, turn in enumerate(turns) if turn == BACK])
            going_on = [
                turn != STOP and line.draws < steps and len(line.symbols) < bounds[line.row]
                for line, turn in zip(lines, turns, strict=True)
            ]
            if not all(going_on):
                going = np.flatnonzero(going_on).tolist()
                fresh = [_line(row, ways) for row in islice(waiting, SLOTS - len(going))]
                slots.go_on(going, [line.row for line in fresh])
                written += [line for line, goes_on in zip(lines, going_on, strict=True) if not goes_on]
                lines = [lines[slot] for slot in going] + fresh
        return _samples(sorted(written, key=lambda line: line.row), 1 if unconditional is None else 2)

    def _choose(
        self, logits: NDArray[np.float32], random: NDArray[np.float32], closed: NDArray[np.bool_] | None = None
    ) -> NDArray[np.int64]:
        """Draw a symbol a row: logits (1 or 2, R, V) with and perhaps without photo, random numbers (R,) → (R,)."""
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
        # Inverse of the nucleus's distribution function at the row's random number.
        place = np.minimum((nucleus <= random[:, None] * nucleus[:, -1:]).sum(axis=-1), within.sum(axis=-1) - 1)
        chosen: NDArray[np.int64] = np.take_along_axis(symbols, place[:, None], axis=-1)[:, 0]
        return chosen


class _Slots:
    """States of the rows that are being written, a slot each: parts (views, slots, ·).

    Attributes:
        state: as far as each row has come.
        kept: as each was at its last checkpoint; parts that steps do not change are the same arrays as in ``state``.
    """

    def __init__(self, views: Sequence[State]) -> None:
        self._begun = [np.stack([np.asarray(part) for part in parts]) for parts in zip(*views, strict=True)]
        self.state = self.kept = [part[:, :0] for part in self._begun]
        self._moving: list[int] = []  # parts that steps change

    def step(self, decoder: Steps, symbols: NDArray[np.int32]) -> NDArray[np.float32]:
        """One symbol further: int32 (slots,) → logits (views, slots, V)."""
        views, slots = len(self.state[0]), len(symbols)
        flat = tuple(part.reshape(views * slots, *part.shape[2:]) for part in self.state)
        logits, after = decoder.step(np.tile(symbols, views), flat)
        self._moving = [number for number, (old, new) in enumerate(zip(flat, after, strict=True)) if new is not old]
        for number in self._moving:
            part = np.asarray(after[number])
            self.state[number] = part.reshape(views, slots, *part.shape[1:])
        return np.asarray(logits).reshape(views, slots, -1)

    def keep(self, slots: Sequence[int]) -> None:
        """Note the state of some rows at a checkpoint."""
        for number in self._moving:
            self.kept[number][:, slots] = self.state[number][:, slots]

    def go_back(self, slots: Sequence[int]) -> None:
        """Take some rows back to their last checkpoint."""
        if not slots:
            return
        for number in self._moving:
            self.state[number] = np.array(self.state[number])
            self.state[number][:, slots] = self.kept[number][:, slots]

    def go_on(self, slots: Sequence[int], fresh: Sequence[int]) -> None:
        """Continue with some slots' rows, in this order, and with fresh rows after them."""
        begun = [part[:, fresh] for part in self._begun]
        former, was_kept = self.state, self.kept
        self.state = [np.concatenate([part[:, slots], new], axis=1) for part, new in zip(former, begun, strict=True)]
        self.kept = [
            self.state[number] if old is former[number] else np.concatenate([old[:, slots], new], axis=1)
            for number, (old, new) in enumerate(zip(was_kept, begun, strict=True))
        ]


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


def _line(row: int, ways: Ways | None) -> _Line:
    place = ways.begin(row) if ways else None
    return _Line(row, place=place, kept_place=place)


def _closed(allowed: Sequence[NDArray[np.bool_] | None], logits: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which symbols each row must not write: bool (R, V)."""
    closed = np.zeros(logits.shape[1:], np.bool_)
    for row, several in enumerate(allowed):
        if several is not None:
            np.logical_not(several, out=closed[row])
    return closed


def _go_on(
    line: _Line,
    symbol: int,
    logp: NDArray[np.float32],
    stuck: bool,
    constraint: Constraint | None,
    ways: Ways | None,
) -> int:
    """Write a symbol, or take back the word that it ends. Returns what the row does next."""
    line.symbols.append(symbol)
    if ways is not None:
        line.place = ways.moved(line.place, symbol)
    line.logp.append(logp)
    line.draws += 1
    if not stuck and (constraint is None or not constraint.checkpoints[symbol]):
        return STOP if symbol == END else ON
    if not stuck and constraint is not None and constraint(line.row, line.symbols):
        line.kept, line.tries, line.kept_place = len(line.symbols), 0, line.place
        return STOP if symbol == END else MARK
    line.tries += 1
    line.place = line.kept_place
    del line.symbols[line.kept :], line.logp[line.kept :]
    return BACK if line.tries < TRIES else STOP


def _samples(lines: Sequence[_Line], views: int) -> Samples:
    longest = max((len(line.symbols) for line in lines), default=0)
    symbols = np.full((len(lines), longest), END, np.int32)
    logp = np.zeros((views, len(lines)), np.float32)
    for row, line in enumerate(lines):
        symbols[row, : len(line.symbols)] = line.symbols
        logp[:, row] = np.sum(line.logp, axis=0) if line.logp else 0.0
    return Samples(symbols, np.array([line.symbols[-1:] == [END] for line in lines], np.bool_), *logp)


def _log_probability(logits: NDArray[np.float32], choice: NDArray[np.int64]) -> NDArray[np.float32]:
    """Log-probability of the chosen symbols (R,) in nats: logits (views, R, V) → (views, R)."""
    chosen = np.take_along_axis(logits, np.broadcast_to(choice, logits.shape[:-1])[..., None], axis=-1)
    logp: NDArray[np.float32] = (chosen - logsumexp(logits))[..., 0]
    return logp


def forbidden(size: int) -> NDArray[np.float32]:
    """What to add to logits (V,) so that no special symbol but the end is written."""
    row = np.zeros(size, np.float32)
    row[[PAD, START, UNKNOWN]] = NEVER
    return row
