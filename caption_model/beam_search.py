"""Beam search: from a decoder's step to the likeliest sequences, the whole loop in one graph."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from caption_model.sampling import NEVER, Steps, forbidden
from caption_model.vocabulary import END, START

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
    """The loop of a width; graphs live on the decoder, so that they are traced once a decoder and freed with it."""
    if not hasattr(decoder, "_beam_graphs"):
        object.__setattr__(decoder, "_beam_graphs", {})
    graphs: dict[int, Callable[..., Any]] = decoder._beam_graphs
    if width not in graphs:

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

        graphs[width] = tf.function(loop, reduce_retracing=True)
    return graphs[width]
