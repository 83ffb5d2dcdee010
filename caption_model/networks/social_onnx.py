"""A trained social decoder made ready to write: its step as a graph of its own, in integers, without Keras.

.0003 bits per character worse than float32, three to four times as fast. Only for writing, never for training.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.weights import Weights
from caption_model.networks.config import SocialConfig
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
from caption_model.text.controls import CHOICES

BEGIN = f"""
begin (float[R, P] pooled, float[R, 1] seen, float[R, C] unseen, float[R, C] told)
    => (float[R, G] known, float[R, H] hidden, float[R, H] cell)
{{
    {layer("looked", "pooled", "photo", "Tanh")}
    shown = Mul(seen, looked)
    seen_or_not = Add(shown, unseen)
    condition = Add(seen_or_not, told)
    known = MatMul(condition, of_condition)
    {layer("hidden", "condition", "first_h", "Tanh")}
    {layer("cell", "condition", "first_c")}
}}
"""

STEP = f"""
step (int32[R] symbols, float[R, G] known, float[R, H] hidden, float[R, H] cell)
    => (float[R, V] logits, float[R, H] next_hidden, float[R, H] next_cell)
{{
    of_symbol = Gather(by_symbol, symbols)
    told = Add(of_symbol, known)
    {product("recurred", "hidden", "recurrent")}
    sums = Add(told, recurred)
    {CELL}
    {product("unbiased", "next_hidden", "speech")}
    logits = Add(unbiased, speech_bias)
}}
"""


class PreparedSocial:
    """``begin`` and ``step`` of a ``SocialDecoder`` with these weights, as a bundle names them, faster."""

    def __init__(self, config: SocialConfig, weights: Weights, threads: int | None = None) -> None:
        self.config = config
        weights = named(weights)
        kernel, recurrent, bias = lstm(weights)
        width = config.embedding
        self._wishes = [weights[f"control_{name}/embeddings"] for name in CHOICES]
        self._topics = weights.get("topic/embeddings")
        self._blind = weights["no_photo/embeddings"]
        self._begin = Graph(
            BEGIN,
            {
                **standardised(weights, "photo_scale", "photo"),
                "of_condition": kernel[width:],
                **dense(weights, "first_h", "first_c"),
            },
            step_threads(threads),
        )
        self._step = Graph(
            STEP,
            {
                "by_symbol": weights["embedding/embeddings"] @ kernel[:width] + bias,  # (V, 4H), a row a symbol
                "speech_bias": weights["logits/bias"],
                **constants(config.units, recurrent=recurrent, speech=weights["logits/kernel"]),
            },
            step_threads(threads),
        )

    def begin(self, photo: Array, seen: Array, controls: NDArray[np.int32]) -> State:
        """State before the first step, arguments as of ``SocialDecoder.condition``.

        Returns:
            What photo and controls add to the gates, hidden state and cell, each float32 (B, ·).
        """
        told = np.sum([wish[numbers] for wish, numbers in zip(self._wishes, controls.T, strict=False)], axis=0)
        if self._topics is not None and controls.shape[1] > len(self._wishes):
            told = told + self._topics[controls[:, -1]]
        unseen = (1 - seen[:, None]) * self._blind
        begun: Sequence[Any] = self._begin(pooled=photo, seen=seen[:, None], unseen=unseen, told=told)
        return tuple(begun)

    def step(self, symbols: NDArray[np.int32], state: State) -> tuple[Array, State]:
        """One symbol further: int32 (B,) and state → logits (B, V) and state."""
        known, hidden, cell = state
        logits, hidden, cell = self._step(symbols=symbols, known=known, hidden=hidden, cell=cell)
        return logits, (known, hidden, cell)
