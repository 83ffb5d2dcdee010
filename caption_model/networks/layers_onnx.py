"""What networks that were made ready to write share: products of integers, an LSTM's step, folded standardisation.

They are the functions that were trained, with what is multiplied rounded to eight bits (Jacob et al. 2018): hidden
states and whatever else lies between -1 and 1. Sums of integers are exact, whatever the machine and the number of
rows; with ``weights.LEVELS`` a pair of products fits 16 bits, in which CPUs without VNNI add them.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.weights import Weights, quantise

LEVELS, ZERO = 127, 128  # of what is multiplied: levels on either side of zero, and zero's
EPSILON = 1e-3  # Keras's, in the variance of a fixed standardisation

# An LSTM's step: ``sums`` float (R, 4H), gates in the order of ``reordered``, and ``cell`` (R, H).
CELL = """
    gate_sums, new_sums = Split<axis = 1>(sums, three_and_one)
    gates = Sigmoid(gate_sums)
    enter, forget, leave = Split<axis = 1, num_outputs = 3>(gates)
    new = Tanh(new_sums)
    kept = Mul(forget, cell)
    entered = Mul(enter, new)
    next_cell = Add(kept, entered)
    shown = Tanh(next_cell)
    next_hidden = Mul(leave, shown)"""

Array = NDArray[np.float32]
Constants = dict[str, NDArray[Any]]
State = tuple[Any, ...]  # of a decoder, each part (rows, ·)


def product(result: str, left: str, right: str) -> str:
    """Lines of a graph: ``left`` in levels times the integers ``right``, back in floats, as ``result``."""
    return f"""
    {result}_levels = QuantizeLinear({left}, level, zero)
    {result}_sums = MatMulInteger({result}_levels, {right}, zero)
    {result}_floats = Cast<to = 1>({result}_sums)
    {result} = Mul({result}_floats, {right}_scale)"""


def layer(result: str, inputs: str, name: str, activation: str = "Identity") -> str:
    """Lines of a graph: the dense layer ``name``, in floats, of ``inputs``, as ``result``."""
    return f"""
    {result}_product = MatMul({inputs}, {name})
    {result}_sums = Add({result}_product, {name}_bias)
    {result} = {activation}({result}_sums)"""


def constants(units: int, **kernels: Array) -> Constants:
    """What ``product`` needs of the kernels (·, outputs) that are its ``right``, and ``CELL``."""
    level = np.float32(1 / LEVELS)
    made: Constants = {
        "level": np.array(level),
        "zero": np.array(ZERO, np.uint8),
        "three_and_one": np.array([3 * units, units]),
    }
    for name, kernel in kernels.items():
        made[name], scale = quantise(kernel)
        made[f"{name}_scale"] = scale * level
    return made


def lstm(weights: Mapping[str, Array]) -> tuple[Array, Array, Array]:
    """Kernel, recurrent kernel and bias of the LSTM among weights, ``reordered``."""
    kernel, recurrent, bias = (weights[f"lstm/lstm_cell/{name}"] for name in ("kernel", "recurrent_kernel", "bias"))
    return reordered(kernel), reordered(recurrent), reordered(bias)


def reordered(kernel: Array) -> Array:
    """Columns (·, 4H), input, forget, new, output as in Keras → new last: one sigmoid does for three gates."""
    enter, forget, new, leave = np.split(kernel, 4, axis=-1)
    return np.concatenate([enter, forget, leave, new], axis=-1)


def standardised(weights: Mapping[str, Array], scale: str, *names: str) -> Constants:
    """Dense layers that read what ``scale`` has standardised, made to read it raw: ``NAME`` and ``NAME_bias`` each."""
    deviation = np.sqrt(weights[f"{scale}/moving_variance"] + np.float32(EPSILON))
    made: Constants = {}
    for name in names:
        kernel = weights[f"{name}/kernel"] / deviation[:, None]
        made[name] = kernel
        made[f"{name}_bias"] = weights[f"{name}/bias"] - weights[f"{scale}/moving_mean"] @ kernel
    return made


def dense(weights: Mapping[str, Array], *names: str) -> Constants:
    """Dense layers as they are: ``NAME`` and ``NAME_bias`` each."""
    made: Constants = {}
    for name in names:
        made[name], made[f"{name}_bias"] = weights[f"{name}/kernel"], weights[f"{name}/bias"]
    return made


def named(weights: Weights) -> Weights:
    """A bundle's weights without the network's own name before each."""
    return {name.partition("/")[2]: value for name, value in weights.items()}
