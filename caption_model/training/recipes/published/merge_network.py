"""The merge model (Tanti, Gatt & Camilleri 2018): words go through an LSTM that sees no photo, and both meet after it.

The tutorials train it on pairs of a beginning and its next word, each beginning read anew. Here an LSTM that gives out
all of its states reads a description once, which asks for the same words after the same beginnings.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from caption_model.networks.config import check_sizes

State = tuple[Any, ...]


@dataclass(frozen=True)
class MergeConfig:
    """Sizes: vocabulary, a photo's features, a word's vector, LSTM; ``given``: the words' vectors are not learnt."""

    symbols: int
    photo: int
    embedding: int
    units: int
    dropout: float
    given: bool = False

    def __post_init__(self) -> None:
        check_sizes((self.dropout,), photo=self.photo, embedding=self.embedding, units=self.units)
        if not 4 < self.symbols <= 1 << 20:
            raise ValueError(f"{self.symbols} symbols are not a vocabulary")


def build_merge(config: MergeConfig) -> keras.Model:
    """Words int32 (B, T) beginning with start, and features float32 (B, P) → logits (B, T, V)."""
    words = keras.Input((None,), dtype="int32", name="words_in")
    photo = keras.Input((config.photo,), name="photo_in")
    # Features of any encoder have one scale: their mean and variance are set once, from the photos to learn from.
    seen = layers.BatchNormalization(center=False, scale=False, name="photo_scale")(photo, training=False)
    seen = layers.Dropout(config.dropout, name="photo_dropout")(seen)
    seen = layers.Dense(config.units, activation="relu", name="photo")(seen)
    seen = layers.Reshape((1, config.units), name="photo_for_each_word")(seen)
    said = layers.Embedding(config.symbols, config.embedding, trainable=not config.given, name="words")(words)
    said = layers.Dropout(config.dropout, name="words_dropout")(said)
    said = layers.LSTM(config.units, return_sequences=True, name="lstm")(said)
    both = layers.Add(name="merge")([said, seen])
    both = layers.Dense(config.units, activation="relu", name="mixed")(both)
    return keras.Model((words, photo), layers.Dense(config.symbols, name="logits")(both), name="merge_model")


def fit_photo_scale(network: keras.Model, features: NDArray[np.float32]) -> None:
    """Set the standardisation of features from those of the photos to learn from, (N, P)."""
    scale = network.get_layer("photo_scale")
    scale.moving_mean.assign(features.mean(axis=0, dtype=np.float64))
    scale.moving_variance.assign(features.var(axis=0, dtype=np.float64))


class MergeWriter:
    """A trained merge model that writes word by word: what ``BeamSearch`` calls a decoder."""

    def __init__(self, network: keras.Model) -> None:
        self._units = int(network.get_layer("lstm").units)
        part = network.get_layer

        @tf.function(reduce_retracing=True)
        def begin(features: Any) -> Any:
            return part("photo")(part("photo_scale")(features, training=False))

        @tf.function(reduce_retracing=True)
        def step(words: Any, seen: Any, hidden: Any, cell: Any) -> Any:
            said, (_, cell) = part("lstm").cell(part("words")(words), [hidden, cell], training=False)
            # The photo's part is kept in float32 between steps; the layers cast to what they compute in.
            logits = part("logits")(part("mixed")(tf.cast(said, tf.float32) + seen))
            return tuple(tf.cast(one, tf.float32) for one in (logits, said, cell))

        self._begin, self._step = begin, step

    def begin(self, features: NDArray[np.float32]) -> State:
        """Features (B, P) → state: photo, h, c."""
        seen = self._begin(tf.constant(features, tf.float32))
        nothing = np.zeros((len(features), self._units), np.float32)
        return tf.cast(seen, tf.float32).numpy(), nothing, nothing

    def step(self, words: NDArray[np.int32], state: State) -> tuple[NDArray[np.float32], State]:
        """One word further: int32 (B,) and state → logits (B, V) and state."""
        seen, hidden, cell = state
        logits, hidden, cell = self._step(*(tf.convert_to_tensor(one) for one in (words, seen, hidden, cell)))
        return logits.numpy(), (seen, hidden.numpy(), cell.numpy())
