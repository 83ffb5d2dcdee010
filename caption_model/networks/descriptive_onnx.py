"""A trained descriptive decoder made ready to write: its step as a graph of its own, in integers, without Keras."""

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.weights import Weights
from caption_model.networks.config import DescriptiveConfig
from caption_model.networks.layers_onnx import (
    CELL,
    Array,
    State,
    constants,
    dense,
    layer,
    lstm,
    named,
    product,
    standardised,
)
from caption_model.networks.session import Graph
from caption_model.networks.threads import step_threads

BEGIN = f"""
begin (float[B, N, D] cells)
    => (float[B, A, N] keys, float[B, N, H] values, float[B, G] known, float[B, H] hidden, float[B, H] cell)
{{
    {layer("keys_by_cell", "cells", "key")}
    keys = Transpose<perm = [0, 2, 1]>(keys_by_cell)
    {layer("values", "cells", "value", "Tanh")}
    mean = ReduceMean<keepdims = 0>(cells, second)
    {layer("whole", "mean", "gist", "Tanh")}
    {layer("known", "whole", "of_gist")}
    {layer("hidden", "whole", "first_h", "Tanh")}
    {layer("cell", "whole", "first_c")}
}}
"""

STEP = f"""
step (int32[R] words, float[R, A, N] keys, float[R, N, H] values, float[R, G] known, float[R, H] hidden,
      float[R, H] cell)
    => (float[R, V] logits, float[R, N] attention, float[R, H] next_hidden, float[R, H] next_cell)
{{
    embedded = Gather(by_word, words)
    told = Add(embedded, known)
    {product("recurred", "hidden", "recurrent")}
    sums = Add(told, recurred)
    {CELL}
    {product("asking", "next_hidden", "query")}
    asking_one = Unsqueeze(asking, second)
    scores = MatMul(asking_one, keys)
    shares = Softmax<axis = 2>(scores)
    attention = Squeeze(shares, second)
    seen_one = MatMul(shares, values)
    seen = Squeeze(seen_one, second)
    both = Concat<axis = 1>(next_hidden, seen)
    {product("mixed_unbiased", "both", "mix")}
    mixed_sums = Add(mixed_unbiased, mix_bias)
    mixed = Tanh(mixed_sums)
    {product("unbiased", "mixed", "speech")}
    logits = Add(unbiased, speech_bias)
}}
"""


class PreparedDescriptive:
    """``begin``, ``step`` and ``attend`` of a ``DescriptiveDecoder`` with these weights, as a bundle names them."""

    def __init__(self, config: DescriptiveConfig, weights: Weights, threads: int | None = None) -> None:
        self.config = config
        weights = named(weights)
        kernel, recurrent, bias = lstm(weights)
        width = config.embedding
        second = {"second": np.array([1])}
        self._begin = Graph(
            BEGIN,
            {
                **second,
                **standardised(weights, "grid_scale", "key", "value", "gist"),
                "of_gist": kernel[width:],
                "of_gist_bias": bias,
                **dense(weights, "first_h", "first_c"),
            },
            step_threads(threads),
        )
        self._step = Graph(
            STEP,
            {
                **second,
                "by_word": weights["embedding/embeddings"] @ kernel[:width],  # (V, 4H), a row a word
                "mix_bias": weights["mix/bias"],
                "speech_bias": weights["logits/bias"],
                **constants(
                    config.units,
                    recurrent=recurrent,
                    query=weights["query/kernel"] / np.float32(config.attention**0.5),
                    mix=weights["mix/kernel"],
                    speech=weights["logits/kernel"],
                ),
            },
            step_threads(threads),
        )

    def begin(self, grid: Array) -> State:
        """Grid float32 (B, rows, columns, channels) → state: keys, values, the gist's share of the gates, h, c."""
        rows, columns, channels = self.config.grid
        return tuple(self._begin(cells=grid.reshape(-1, rows * columns, channels)))

    def step(self, words: NDArray[np.int32], state: State) -> tuple[Array, State]:
        """One word further: int32 (B,) and state → logits (B, V) and state."""
        logits, _, state = self._look(words, state)
        return logits, state

    def attend(self, words: NDArray[np.int32], grid: Array) -> Array:
        """Where each word was looked for: words int32 (B, T) beginning with start → shares (B, T, rows · columns)."""
        state, shares = self.begin(grid), []
        for column in words.T:
            _, attention, state = self._look(column, state)
            shares.append(attention)
        return np.stack(shares, axis=1)

    def _look(self, words: NDArray[np.int32], state: State) -> tuple[Array, Array, State]:
        keys, values, known, hidden, cell = state
        logits, attention, hidden, cell = self._step(
            words=words, keys=keys, values=values, known=known, hidden=hidden, cell=cell
        )
        return logits, attention, (keys, values, known, hidden, cell)
