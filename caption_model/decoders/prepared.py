"""A trained decoder made ready to write: what stays the same from step to step is multiplied once, when it is loaded.

The same function as ``SocialDecoder``, up to rounding; only for writing, never for training.
Products run in bfloat16 where the CPU has it, as they did in training; sums, gates and states stay float32.
"""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from caption_model.decoders.social import SocialDecoder, State
from caption_model.precision import cpu_has_bfloat16

Array = NDArray[np.float32]


def product_dtype() -> Any:
    """The dtype in which this machine multiplies fastest."""
    return tf.bfloat16 if cpu_has_bfloat16() else tf.float32


def _weights(layer: Any) -> list[Array]:
    return [np.asarray(value, np.float32) for value in layer.get_weights()]


def _product(left: Any, right: Array, dtype: Any) -> Any:
    """Matrix product with constant weights, factors rounded to ``dtype``, float32 (·, ·)."""
    return tf.cast(tf.matmul(tf.cast(left, dtype), tf.constant(right.astype(dtype.as_numpy_dtype))), tf.float32)


def _reordered(kernel: Array) -> Array:
    """Columns (·, 4H), input, forget, new, output as in Keras → new last: one sigmoid does for three gates."""
    enter, forget, new, leave = np.split(kernel, 4, axis=-1)
    return np.concatenate([enter, forget, leave, new], axis=-1)


def _gates(sums: Any, cell: Any) -> tuple[Any, Any]:
    """An LSTM's gates, from their sums (R, 4H), new last → its new state: hidden and cell (R, H)."""
    units = cell.shape[1]
    enter, forget, leave = tf.split(tf.sigmoid(sums[:, : 3 * units]), 3, axis=1)
    cell = forget * cell + enter * tf.tanh(sums[:, 3 * units :])
    return leave * tf.tanh(cell), cell


class PreparedSocial:
    """``begin`` and ``step`` of a social decoder, faster; weights as they were when it was made."""

    unchanging = 1  # parts of the state that no step changes

    def __init__(self, decoder: SocialDecoder) -> None:
        self.config = decoder.config
        self._dtype = product_dtype()
        kernel, self._recurrent, bias = map(_reordered, _weights(decoder.lstm.cell))
        (embedding,) = _weights(decoder.embed)
        width = self.config.embedding
        self._symbols: Array = embedding @ kernel[:width] + bias  # (V, 4H), a row a symbol
        condition: Array = kernel[width:]
        self._logits, self._bias = _weights(decoder.logits)

        def first(photo: Any, seen: Any, controls: Any) -> State:
            known, hidden, cell = decoder.begin(photo, seen, controls)
            return tf.matmul(known, tf.constant(condition)), hidden, cell

        self._begin = tf.function(first, reduce_retracing=True)  # a graph rounds and copies the weights once

    def begin(self, photo: Any, seen: Any, controls: Any) -> State:
        """State before the first step, each part float32 (B, ·): condition's share of the gates, hidden, cell."""
        begun: State = self._begin(tf.constant(photo), tf.constant(seen), tf.constant(controls))
        return begun

    def step(self, symbols: Any, state: State) -> tuple[Any, State]:
        """One symbol further: int32 (B,) and state → logits (B, V) and state."""
        known, hidden, cell = state
        sums = tf.gather(tf.constant(self._symbols), symbols) + known + _product(hidden, self._recurrent, self._dtype)
        hidden, cell = _gates(sums, cell)
        return _product(hidden, self._logits, self._dtype) + self._bias, (known, hidden, cell)
