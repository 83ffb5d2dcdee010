"""Sampling: from a decoder's step to sequences, each of which a proofreader may read while it is written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from caption_model.controls import RELEVANCE
from caption_model.vocabulary import END, PAD, START, UNKNOWN

SLOTS = 48
"""Rows that are written at once, whatever the number of rows asked for: a row's rounding then depends on no other."""
NEVER = -1e9  # added to the logit of a symbol that must not be written
TRIES = 8  # words that are tried at one place before a sequence is given up
# What a slot does next: go on, go on from a place to return to, return there, give up.
ON, MARK, BACK, STOP = range(4)


class Steps(Protocol):
    """A decoder as samplers see it."""

    def step(self, symbols: Any, state: Any) -> tuple[Any, Any]:
        """int32 (R,) and state → logits (R, V) and state."""


class Proof(Protocol):
    """Who reads sequences while they are written.

    Attributes:
        stops: bool (V,), symbols behind which it reads; the end among them.
    """

    stops: NDArray[np.bool_]

    def __call__(self, row: int, symbols: Sequence[int]) -> bool:
        """Whether what a row holds so far, the last symbol a stop, may stand."""


class Samples(NamedTuple):
    """R sampled sequences of at most T symbols.

    Attributes:
        symbols: int32 (R, T); after the end, ``END``.
        finished: bool (R,); whether the end was written in time.
        seen: float32 (R,), log p(sequence | photo) in nats, end included.
        blind: float32 (R,), log p(sequence) without the photo; none where nobody asked.
    """

    symbols: NDArray[np.int32]
    finished: NDArray[np.bool_]
    seen: NDArray[np.float32]
    blind: NDArray[np.float32] | None = None


def uniforms(seed: int, salt: bytes, rows: int, steps: int) -> NDArray[np.float32]:
    """Random numbers in [0, 1) that depend on nothing but seed and salt: float32 (rows, steps).

    Drawn outside the graph, so that a photo's captions depend neither on the batch it comes in nor on its place there.
    """
    words = np.frombuffer(salt.ljust(-(-len(salt) // 4) * 4, b"\0"), dtype="<u4")
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *words.tolist()])))
    return generator.random((rows, steps), dtype=np.float32)


@dataclass
class _Line:
    """A row that is being written in a slot: symbols and each one's log-probabilities, a view each.

    ``place`` is the number of draws so far; ``kept``, how many symbols stand where a word may be tried anew.
    """

    row: int
    symbols: list[int] = field(default_factory=list)
    logp: list[NDArray[np.float32]] = field(default_factory=list)
    place: int = 0
    kept: int = 0
    tries: int = 0
    turn: int = MARK


@dataclass(frozen=True)
class TopPSampler:
    """Nucleus sampling (Holtzman et al. 2020) with classifier-free guidance (Ho & Salimans 2022).

    With a proofreader, a word that may not stand is taken back and drawn anew: rejection sampling word by word, of
    which steering language models by sequential Monte Carlo (Lew et al. 2023) is the general form.

    Attributes:
        top_p: mass of the nucleus.
        temperature: above 1 flattens, below 1 sharpens; applied before the nucleus is cut.
        relevance: weight of the photo: 0 ignores it, 1 is the model as it is, more clings to the photo.
        candidates: the nucleus holds at most so many symbols.
    """

    top_p: float = 0.9
    temperature: float = 0.85
    relevance: float = RELEVANCE
    candidates: int = 24

    def __post_init__(self) -> None:
        if not 0 < self.top_p <= 1 or self.temperature <= 0 or self.candidates < 1:
            raise ValueError("top_p lies in (0, 1], temperature above 0, and there is at least one candidate")

    @property
    def guided(self) -> bool:
        """Whether what would be written without the photo must be known."""
        return self.relevance != 1.0

    def sample(
        self,
        decoder: Steps,
        seen: Any,
        blind: Any,
        random: NDArray[np.float32],
        bounds: NDArray[np.int32] | None = None,
        proof: Proof | None = None,
    ) -> Samples:
        """Sample one sequence a row.

        Args:
            decoder: its ``step`` is called once a step for all rows, with and without photo.
            seen: state of R rows that look at the photo.
            blind: state of the same rows without it; none, where nothing is ``guided``, halves the work.
            random: float32 (R, T) in [0, 1); T bounds the number of draws, those taken back included.
            bounds: int32 (R,), the rows' own bounds on the length, at most T; none: T for all.
            proof: who reads along; none lets everything stand.
        """
        if blind is None and self.guided:
            raise ValueError("guidance needs the state without the photo, too")
        rows, steps = random.shape
        bounds = np.full(rows, steps, np.int32) if bounds is None else bounds
        views = [seen] if blind is None else [seen, blind]
        begun = tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *views)
        settings = tf.constant([self.top_p, self.temperature, self.relevance], tf.float32)
        candidates = tf.constant(self.candidates)
        advance, refill = _graphs(decoder, len(views), proof is not None)
        slots = np.arange(SLOTS, dtype=np.int32)
        state = anchor = refill(None, begun, slots, np.minimum(slots, rows - 1))
        # Of one signature: to look for the right one among several takes as long as half a step.
        advance = advance.get_concrete_function(
            state, anchor, np.zeros((2, SLOTS), np.int32), np.zeros(SLOTS, np.float32), settings, candidates
        )
        lines = [_Line(row) if row < rows else None for row in range(SLOTS)]
        waiting, written = min(SLOTS, rows), dict[int, tuple[_Line, bool]]()
        while any(lines):
            active = [(slot, line) for slot, line in enumerate(lines) if line]
            turns = np.full((2, SLOTS), START, np.int32)
            numbers = np.zeros(SLOTS, np.float32)
            for slot, line in active:
                turns[:, slot] = line.symbols[-1] if line.symbols else START, line.turn
                numbers[slot] = random[line.row, line.place]
            choice, logp, state, anchor = advance(
                state, anchor, tf.constant(turns), tf.constant(numbers), settings, candidates
            )
            choice, logp, fresh = choice.numpy(), logp.numpy(), []
            for slot, line in active:
                line.turn = _go_on(line, int(choice[slot]), logp[:, slot], proof)
                ended = bool(line.symbols) and line.symbols[-1] == END
                if ended or line.turn == STOP or line.place == steps or len(line.symbols) >= bounds[line.row]:
                    written[line.row] = line, ended
                    lines[slot] = _Line(waiting) if waiting < rows else None
                    fresh += [(slot, waiting)] if waiting < rows else []
                    waiting += waiting < rows
            if fresh:
                state = refill(state, begun, *np.array(fresh, np.int32).T)
        return _samples([written[row] for row in range(rows)], len(views))


def _go_on(line: _Line, symbol: int, logp: NDArray[np.float32], proof: Proof | None) -> int:
    """Write a symbol, or take the word back that it ends. Returns what comes next."""
    line.symbols.append(symbol)
    line.logp.append(logp)
    line.place += 1
    if proof is None or not proof.stops[symbol]:
        return ON
    if proof(line.row, line.symbols):
        line.kept, line.tries = len(line.symbols), 0
        return MARK
    line.tries += 1
    del line.symbols[line.kept :], line.logp[line.kept :]
    return BACK if line.tries < TRIES else STOP


def _samples(written: Sequence[tuple[_Line, bool]], views: int) -> Samples:
    longest = max((len(line.symbols) for line, _ in written), default=0)
    symbols = np.full((len(written), longest), END, np.int32)
    logp = np.zeros((views, len(written)), np.float32)
    for row, (line, _) in enumerate(written):
        symbols[row, : len(line.symbols)] = line.symbols
        logp[:, row] = np.sum(line.logp, axis=0) if line.logp else 0.0
    return Samples(symbols, np.array([ended for _, ended in written], np.bool_), *logp)


def graphs_of(decoder: Any) -> dict[str, Any]:
    """Traced graphs live on the decoder, so that they are traced once a decoder and freed with it."""
    if not hasattr(decoder, "_sampler_graphs"):
        object.__setattr__(decoder, "_sampler_graphs", {})
    graphs: dict[str, Any] = decoder._sampler_graphs
    return graphs


def forbidden(size: int) -> NDArray[np.float32]:
    """Row (V,) that keeps specials other than the end from being written."""
    row = np.zeros(size, np.float32)
    row[[PAD, START, UNKNOWN]] = NEVER
    return row


def _graphs(decoder: Any, views: int, proofread: bool) -> tuple[Any, Any]:
    """One step of all slots, and the filling of slots with fresh rows.

    ``views``: 1, or 2 where each row is written with the photo and without it; ``proofread``: whether words are taken
    back, for which each slot's state is kept as it was behind the last word that may stand.
    """
    graphs, name = graphs_of(decoder), f"top_p-{views}-{proofread}"
    if name not in graphs:
        unchanging = getattr(decoder, "unchanging", 0)

        def of_each_view(part: Any) -> Any:
            return tf.tile(part, [views])

        def advance(state: Any, anchor: Any, turns: Any, random: Any, settings: Any, candidates: Any) -> Any:
            last, turn = tf.unstack(turns)
            if proofread:
                back, mark = (of_each_view(turn == what)[:, None] for what in (BACK, MARK))
                now, kept = state[unchanging:], anchor[unchanging:]
                now = tf.nest.map_structure(lambda part, old: tf.where(back, old, part), now, kept)
                kept = tf.nest.map_structure(lambda part, old: tf.where(mark, part, old), now, kept)
                state, anchor = (*state[:unchanging], *now), (*anchor[:unchanging], *kept)
            logits, state = decoder.step(of_each_view(last), state)
            choice = _choose(tf.split(logits, views), random, settings, candidates)
            chosen = tf.gather(logits, of_each_view(choice), batch_dims=1)
            logp = tf.reshape(chosen - tf.reduce_logsumexp(logits, axis=-1), [views, -1])
            return choice, logp, state, anchor

        def refill(state: Any, begun: Any, slots: Any, rows: Any) -> Any:
            count = tf.shape(tf.nest.flatten(begun)[0])[0] // views
            places = tf.concat([slots + view * SLOTS for view in range(views)], axis=0)[:, None]
            sources = tf.concat([rows + view * count for view in range(views)], axis=0)
            fresh = tf.nest.map_structure(lambda part: tf.gather(part, sources), begun)
            if state is None:
                return fresh
            return tf.nest.map_structure(lambda part, new: tf.tensor_scatter_nd_update(part, places, new), state, fresh)

        graphs[name] = (
            tf.function(advance, reduce_retracing=True),
            tf.function(refill, reduce_retracing=True),
        )
    pair: tuple[Any, Any] = graphs[name]
    return pair


def _choose(views: Sequence[Any], random: Any, settings: Any, candidates: Any) -> Any:
    """Draw a symbol a row: logits (R, V) with and perhaps without photo, random numbers (R,) → int32 (R,)."""
    top_p, temperature, relevance = tf.unstack(settings)
    seen, *blind = views
    wanted = blind[0] + relevance * (seen - blind[0]) if blind else seen
    guided = (wanted + forbidden(seen.shape[-1])) / temperature
    values, symbols = tf.math.top_k(guided, tf.minimum(candidates, tf.shape(guided)[-1]))
    p = tf.nn.softmax(values)
    before = tf.cumsum(p, axis=-1, exclusive=True)
    nucleus = tf.cumsum(tf.where(before < top_p, p, 0.0), axis=-1)
    # Inverse of the nucleus's distribution function at the row's random number.
    place = tf.reduce_sum(tf.cast(nucleus <= random[:, None] * nucleus[:, -1:], tf.int32), axis=-1)
    place = tf.minimum(place, tf.reduce_sum(tf.cast(before < top_p, tf.int32), axis=-1) - 1)
    return tf.gather(symbols, place, batch_dims=1)
