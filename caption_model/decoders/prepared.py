"""A trained decoder made ready to write: its step as a graph of its own, in the integers its weights are stored as.

The same function as ``SocialDecoder`` with the hidden state rounded to eight bits (Jacob et al. 2018): .0003 bits a
symbol worse, three to four times as fast as float32. Sums of integers are exact, whatever the machine and the number
of rows; with ``weights.LEVELS`` a pair of products fits 16 bits, in which CPUs without VNNI add them. Only for writing,
never for training.
"""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from caption_model.decoders.social import SocialDecoder, State
from caption_model.runtime import Graph
from caption_model.threads import step_cores
from caption_model.weights import quantise

LEVELS, ZERO = 127, 128  # of a hidden state, which lies between -1 and 1: levels on either side of zero, and zero's


def _product(result: str, left: str, right: str) -> str:
    """Lines of a graph: ``left`` in levels times the integers ``right``, back in floats, as ``result``."""
    return f"""
    {result}_levels = QuantizeLinear({left}, level, zero)
    {result}_sums = MatMulInteger({result}_levels, {right}, zero)
    {result}_floats = Cast<to = 1>({result}_sums)
    {result} = Mul({result}_floats, {right}_scale)"""


STEP = f"""
step (int32[R] symbols, float[R, G] known, float[R, H] hidden, float[R, H] cell)
    => (float[R, V] logits, float[R, H] next_hidden, float[R, H] next_cell)
{{
    of_symbol = Gather(by_symbol, symbols)
    told = Add(of_symbol, known)
    {_product("recurred", "hidden", "recurrent")}
    sums = Add(told, recurred)
    gate_sums, new_sums = Split<axis = 1>(sums, three_and_one)
    gates = Sigmoid(gate_sums)
    enter, forget, leave = Split<axis = 1, num_outputs = 3>(gates)
    new = Tanh(new_sums)
    kept = Mul(forget, cell)
    entered = Mul(enter, new)
    next_cell = Add(kept, entered)
    shown = Tanh(next_cell)
    next_hidden = Mul(leave, shown)
    {_product("unbiased", "next_hidden", "speech")}
    logits = Add(unbiased, speech_bias)
}}
"""

Array = NDArray[np.float32]


def _weights(layer: Any) -> list[Array]:
    return [np.asarray(value, np.float32) for value in layer.get_weights()]


def _reordered(kernel: Array) -> Array:
    """Columns (·, 4H), input, forget, new, output as in Keras → new last: one sigmoid does for three gates."""
    enter, forget, new, leave = np.split(kernel, 4, axis=-1)
    return np.concatenate([enter, forget, leave, new], axis=-1)


class PreparedSocial:
    """``begin`` and ``step`` of a social decoder, faster; weights as they were when it was made."""

    def __init__(self, decoder: SocialDecoder) -> None:
        self.config = decoder.config
        kernel, recurrent, bias = map(_reordered, _weights(decoder.lstm.cell))
        (embedding,) = _weights(decoder.embed)
        width, units = self.config.embedding, self.config.units
        condition: Array = kernel[width:]
        speech, speech_bias = _weights(decoder.logits)
        level = np.float32(1 / LEVELS)
        recurrent_levels, recurrent_scale = quantise(recurrent)
        speech_levels, speech_scale = quantise(speech)
        constants: dict[str, NDArray[Any]] = {
            "level": np.array(level),
            "zero": np.array(ZERO, np.uint8),
            "by_symbol": embedding @ kernel[:width] + bias,  # (V, 4H), a row a symbol
            "recurrent": recurrent_levels,
            "recurrent_scale": recurrent_scale * level,
            "three_and_one": np.array([3 * units, units]),
            "speech": speech_levels,
            "speech_scale": speech_scale * level,
            "speech_bias": speech_bias,
        }
        self._step = Graph(STEP, constants, step_cores())

        def first(photo: Any, seen: Any, controls: Any) -> State:
            known, hidden, cell = decoder.begin(photo, seen, controls)
            return tf.matmul(known, tf.constant(condition)), hidden, cell

        self._begin = tf.function(first, reduce_retracing=True)  # a graph rounds and copies the weights once

    def begin(self, photo: Any, seen: Any, controls: Any) -> State:
        """State before the first step, each part float32 (B, ·): condition's share of the gates, hidden, cell."""
        known, hidden, cell = self._begin(tf.constant(photo), tf.constant(seen), tf.constant(controls))
        return known.numpy(), hidden.numpy(), cell.numpy()

    def step(self, symbols: Any, state: State) -> tuple[Any, State]:
        """One symbol further: int32 (B,) and state → logits (B, V) and state."""
        known, hidden, cell = state
        logits, hidden, cell = self._step(symbols=symbols, known=known, hidden=hidden, cell=cell)
        return logits, (known, hidden, cell)
