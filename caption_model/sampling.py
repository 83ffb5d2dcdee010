"""Samplers: from a decoder's step to sequences, the whole loop in one graph, state carried from step to step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from caption_model.controls import RELEVANCE
from caption_model.vocabulary import END, PAD, START, UNKNOWN

SLOTS = 48
"""Rows that are written at once, whatever the number of rows asked for: a row's rounding then depends on no other."""
NEVER = -1e9  # added to the logit of a symbol that must not be written
PHRASE = 3  # symbols of a phrase that beam search writes once a sentence


class Steps(Protocol):
    """A decoder as samplers see it."""

    def step(self, symbols: Any, state: Any) -> tuple[Any, Any]:
        """int32 (R,) and state → logits (R, V) and state."""


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


@dataclass(frozen=True)
class TopPSampler:
    """Nucleus sampling (Holtzman et al. 2020) with classifier-free guidance (Ho & Salimans 2022).

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
    ) -> Samples:
        """Sample one sequence a row.

        Args:
            decoder: its ``step`` is called once a step for all rows, with and without photo.
            seen: state of R rows that look at the photo.
            blind: state of the same rows without it; none, where nothing is ``guided``, halves the work.
            random: float32 (R, T) in [0, 1); T bounds the length.
            bounds: int32 (R,), the rows' own bounds, at most T; none: T for all.
        """
        if blind is None and self.guided:
            raise ValueError("guidance needs the state without the photo, too")
        rows, steps = random.shape
        bounds = np.full(rows, steps, np.int32) if bounds is None else bounds
        views = [seen] if blind is None else [seen, blind]
        graph = _top_p_graph(decoder, len(views))
        state = tf.nest.map_structure(lambda *parts: tf.concat(parts, axis=0), *views)
        settings = tf.constant([self.top_p, self.temperature, self.relevance], tf.float32)
        out = graph(state, tf.constant(random), tf.constant(bounds), settings, tf.constant(self.candidates))
        symbols, *logp = (part.numpy() for part in out)
        ends = symbols == END
        lengths = np.where(ends.any(axis=1), ends.argmax(axis=1) + 1, steps + 1)
        finished = lengths <= bounds
        return Samples(symbols[:, : np.minimum(lengths, bounds).max()], finished, *(part.sum(axis=1) for part in logp))


def _graphs_of(decoder: Any) -> dict[str, Callable[..., Any]]:
    """Traced loops live on the decoder, so that they are traced once a decoder and freed with it."""
    if not hasattr(decoder, "_sampler_graphs"):
        object.__setattr__(decoder, "_sampler_graphs", {})
    graphs: dict[str, Callable[..., Any]] = decoder._sampler_graphs
    return graphs


def forbidden(size: int) -> NDArray[np.float32]:
    """Row (V,) that keeps specials other than the end from being written."""
    row = np.zeros(size, np.float32)
    row[[PAD, START, UNKNOWN]] = NEVER
    return row


def _top_p_graph(decoder: Any, views: int) -> Callable[..., Any]:
    """``views``: 1, or 2 where each row is written with the photo and without it."""
    graphs = _graphs_of(decoder)
    name = f"top_p-{views}"
    if name not in graphs:

        def of_each_view(part: Any) -> Any:
            return tf.tile(part, [views])

        def loop(state: Any, random: Any, bounds: Any, settings: Any, candidates: Any) -> tuple[Any, ...]:
            rows, steps = tf.shape(random)[0], tf.shape(random)[1]

            def beginnings(slots: Any) -> Any:
                """Where in ``state`` the rows begin that stand in some slots, view after view."""
                begun = tf.minimum(slots, rows - 1)
                return tf.concat([begun + view * rows for view in range(views)], axis=0)

            def body(t: Any, waiting: Any, row: Any, place: Any, last: Any, now: Any, written: Any, logp: Any) -> Any:
                logits, now = decoder.step(of_each_view(last), now)
                mine = tf.minimum(row, rows - 1)
                number = tf.gather_nd(random, tf.stack([mine, place], axis=1))
                choice = _choose(tf.split(logits, views), number, settings, candidates)
                chosen = tf.gather(logits, of_each_view(choice), batch_dims=1)
                logp = logp.write(t, chosen - tf.reduce_logsumexp(logits, axis=-1))
                written = written.write(t, tf.stack([row, place, choice]))
                free = (choice == END) | (place + 1 >= tf.gather(bounds, mine))
                row = tf.where(free, waiting + tf.cumsum(tf.cast(free, tf.int32), exclusive=True), row)
                waiting += tf.reduce_sum(tf.cast(free, tf.int32))

                def refilled() -> Any:
                    slots = tf.where(of_each_view(free))
                    begun = tf.gather(beginnings(row), slots[:, 0])
                    return tf.nest.map_structure(
                        lambda part, first: tf.tensor_scatter_nd_update(part, slots, tf.gather(first, begun)),
                        now,
                        state,
                    )

                now = tf.cond(tf.reduce_any(free & (row < rows)), refilled, lambda: now)
                place, last = tf.where(free, 0, place + 1), tf.where(free, START, choice)
                return t + 1, waiting, row, place, last, now, written, logp

            first = tf.range(SLOTS)
            start = (
                tf.constant(0),
                tf.constant(SLOTS),
                first,
                tf.zeros([SLOTS], tf.int32),
                tf.fill([SLOTS], START),
                tf.nest.map_structure(lambda part: tf.gather(part, beginnings(first)), state),
                tf.TensorArray(tf.int32, size=0, dynamic_size=True, element_shape=[3, SLOTS]),
                tf.TensorArray(tf.float32, size=0, dynamic_size=True, element_shape=[views * SLOTS]),
            )
            *_, written, logp = tf.while_loop(lambda t, waiting, row, *_: tf.reduce_any(row < rows), body, start)
            row, place, choice = tf.unstack(written.stack(), axis=1)
            return _arranged(row, place, choice, tf.split(logp.stack(), views, axis=1), rows, steps)

        graphs[name] = tf.function(loop, reduce_retracing=True)
    return graphs[name]


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


def _arranged(row: Any, place: Any, choice: Any, logp: Sequence[Any], rows: Any, steps: Any) -> tuple[Any, ...]:
    """From what was written in each step (N, SLOTS) to symbols and each view's log-probabilities by row and place."""
    real = tf.where(row < rows)
    at = tf.stack([tf.gather_nd(row, real), tf.gather_nd(place, real)], axis=1)
    symbols = tf.tensor_scatter_nd_update(tf.fill([rows, steps], END), at, tf.gather_nd(choice, real))
    return symbols, *(tf.scatter_nd(at, tf.gather_nd(part, real), tf.stack([rows, steps])) for part in logp)


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

    def search(self, decoder: Steps, state: Any) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Find the best sequence of each of B photos.

        Args:
            decoder: its ``step`` is called with B x width rows.
            state: state of B rows.

        Returns:
            symbols int32 (B, T), ``END`` after the end; and their normalised scores, float32 (B,).
        """
        graph = _beam_graph(decoder, self.width)
        symbols, scores = graph(state, tf.constant(self.alpha, tf.float32), tf.constant(self.steps))
        return symbols.numpy(), scores.numpy()


def _unrepeated(logp: Any, last: Any, written: Any) -> Any:
    """Log p (R, V) of what follows the symbols ``written`` (R, T), ``last`` the last of them, without repeats."""
    rows, known = tf.shape(written)[0], PHRASE - 1
    begun = tf.maximum(tf.shape(written)[1] - known, 0)  # places where a whole phrase stands
    ending = written[:, -known:]
    again = tf.fill([rows, begun], True)
    for place in range(known):
        again &= written[:, place : place + begun] == ending[:, place : place + 1]
    symbols = tf.concat([written[:, known : known + begun], last[:, None]], axis=1)
    never = tf.concat([tf.where(again, NEVER, 0.0), tf.fill([rows, 1], NEVER)], axis=1)
    row = tf.broadcast_to(tf.range(rows)[:, None], tf.shape(symbols))
    return tf.tensor_scatter_nd_add(logp, tf.stack([row, symbols], axis=-1), never)


def _beam_graph(decoder: Any, width: int) -> Callable[..., Any]:
    graphs = _graphs_of(decoder)
    name = f"beam-{width}"
    if name not in graphs:

        def loop(state: Any, alpha: Any, steps: Any) -> tuple[Any, Any]:
            batch = tf.shape(tf.nest.flatten(state)[0])[0]
            state = tf.nest.map_structure(lambda part: tf.repeat(part, width, axis=0), state)
            # Only the first of the equal hypotheses may branch at the first step.
            scores = tf.tile(tf.constant([[0.0] + [NEVER] * (width - 1)]), [batch, 1])

            def body(t: Any, last: Any, state: Any, scores: Any, lengths: Any, written: Any) -> Any:
                logits, state = decoder.step(last, state)
                size = logits.shape[-1]
                logp = _unrepeated(tf.nn.log_softmax(logits + forbidden(size)), last, written)
                done = (last == END)[:, None]
                only_end = tf.where(tf.range(size) == END, 0.0, NEVER)[None]
                logp = tf.reshape(tf.where(done, only_end, logp), [batch, width, size])
                scores, flat = tf.math.top_k(tf.reshape(scores[:, :, None] + logp, [batch, width * size]), width)
                parents = tf.reshape(flat // size + tf.range(batch)[:, None] * width, [-1])
                state = tf.nest.map_structure(lambda part: tf.gather(part, parents), state)
                choice = tf.reshape(flat % size, [-1])
                lengths = tf.gather(lengths + tf.cast(~done[:, 0], tf.float32), parents)
                written = tf.concat([tf.gather(written, parents), choice[:, None]], axis=1)
                return t + 1, choice, state, scores, lengths, written

            rows = batch * width
            start = (
                tf.constant(0),
                tf.fill([rows], START),
                state,
                scores,
                tf.zeros([rows]),
                tf.zeros([rows, 0], tf.int32),
            )
            shapes = tf.nest.map_structure(lambda part: tf.TensorShape([None, *part.shape[1:]]), start[1:-1])
            _, _, _, scores, lengths, written = tf.while_loop(
                lambda t, last, *_: (t < steps) & ((t == 0) | ~tf.reduce_all(last == END)),
                body,
                start,
                shape_invariants=(tf.TensorShape([]), *shapes, tf.TensorShape([None, None])),
            )
            unfinished = tf.cast(written[:, -1] != END, tf.float32) * NEVER
            normal = scores / tf.reshape(lengths, [batch, width]) ** alpha + tf.reshape(unfinished, [batch, width])
            best = tf.argmax(normal, axis=1, output_type=tf.int32)
            picked = tf.gather(tf.reshape(written, [batch, width, -1]), best, batch_dims=1)
            return picked, tf.gather(normal, best, batch_dims=1)

        graphs[name] = tf.function(loop, reduce_retracing=True)
    return graphs[name]
