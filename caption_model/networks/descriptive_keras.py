"""The descriptive decoder: a word-level LSTM that looks at the photo's grid after every word.

Spatial attention as in Lu et al. 2017 ("Knowing When to Look"): the LSTM's new state asks the grid, so that under
teacher forcing all words attend in one matrix product.
"""

from typing import Any

import keras
from keras import layers, ops

from caption_model.networks.config import DescriptiveConfig

State = tuple[Any, ...]


class DescriptiveDecoder(keras.Model):
    """Teacher-forced: (words, grid) → logits. Free-running: ``begin`` once, then ``step``."""

    def __init__(self, config: DescriptiveConfig) -> None:
        super().__init__(name="descriptive_decoder")
        self.config = config
        self.embed = layers.Embedding(config.symbols, config.embedding, name="embedding")
        self.scale = layers.BatchNormalization(center=False, scale=False, name="grid_scale")
        self.gist = layers.Dense(config.embedding, activation="tanh", name="gist")
        self.first_h = layers.Dense(config.units, activation="tanh", name="first_h")
        self.first_c = layers.Dense(config.units, name="first_c")
        self.lstm = layers.LSTM(config.units, return_sequences=True, name="lstm")
        self.key = layers.Dense(config.attention, name="key")
        self.query = layers.Dense(config.attention, use_bias=False, name="query")
        self.value = layers.Dense(config.units, activation="tanh", name="value")
        self.mix = layers.Dense(config.units, activation="tanh", name="mix")
        self.drop = layers.Dropout(config.dropout)
        self.logits = layers.Dense(config.symbols, name="logits")

    def begin(self, grid: Any, training: bool = False) -> State:
        """Grid float (B, rows, columns, channels) → state: keys, values, gist, h, c."""
        rows, columns, channels = self.config.grid
        cells = ops.reshape(self.scale(grid, training=False), (-1, rows * columns, channels))
        cells = self.drop(cells, training=training)
        gist = self.gist(ops.mean(cells, axis=1))
        return self.key(cells), self.value(cells), gist, self.first_h(gist), self.first_c(gist)

    def call(self, inputs: tuple[Any, Any], training: bool = False) -> Any:
        """Teacher forcing: words int32 (B, T) beginning with start and grid → logits (B, T, V).

        With fewer grids than rows of words, each photo has the same number of sentences, one after another.
        """
        logits, _ = self._read(inputs, training)
        return logits

    def attend(self, words: Any, grid: Any) -> Any:
        """Where each word was looked for: words int32 (B, T) beginning with start → shares (B, T, rows · columns)."""
        _, attention = self._read((words, grid), training=False)
        return attention

    def step(self, words: Any, state: State) -> tuple[Any, State]:
        """One word further: int32 (B,) and state → logits (B, V) and state."""
        keys, values, gist, hidden, cell = state
        steps = ops.concatenate([self.embed(words), gist], axis=-1)
        hidden, (_, cell) = self.lstm.cell(steps, [hidden, cell], training=False)
        logits, _ = self._speak(hidden[:, None], keys, values, training=False)
        return logits[:, 0], (keys, values, gist, hidden, cell)

    def _read(self, inputs: tuple[Any, Any], training: bool) -> tuple[Any, Any]:
        """Words that are known and grid → logits (B, T, V) and attention weights (B, T, cells)."""
        words, grid = inputs
        keys, values, gist, first_h, first_c = self.begin(grid, training)
        embedded = self.drop(self.embed(words), training=training)
        sentences = ops.shape(words)[0] // ops.shape(grid)[0]
        gist, first_h, first_c = (ops.repeat(part, sentences, axis=0) for part in (gist, first_h, first_c))
        steps = ops.concatenate([embedded, ops.zeros_like(embedded[:, :, :1]) + gist[:, None]], axis=-1)
        hidden = self.lstm(steps, initial_state=[first_h, first_c], training=training)
        return self._speak(hidden, keys, values, training)

    def _speak(self, hidden: Any, keys: Any, values: Any, training: bool) -> tuple[Any, Any]:
        """States (B, T, H) → logits (B, T, V) and attention weights (B, T, cells)."""
        asking = ops.reshape(self.query(hidden), (ops.shape(keys)[0], -1, self.config.attention))  # by photo
        scores = ops.matmul(asking, ops.transpose(keys, (0, 2, 1))) / self.config.attention**0.5
        # A single cell has all attention; Keras warns of a softmax over one.
        attention = ops.softmax(scores, axis=-1) if keys.shape[1] > 1 else 0 * scores + 1
        seen = ops.reshape(ops.matmul(attention, values), ops.shape(hidden))
        mixed = self.mix(ops.concatenate([hidden, seen], axis=-1))
        attention = ops.reshape(attention, (*ops.shape(hidden)[:2], keys.shape[1]))
        return self.logits(self.drop(mixed, training=training)), attention

    def fit_grid_scale(self, grids: Any) -> None:
        """Set the fixed standardisation of grid features from training photos (N, rows, columns, channels)."""
        flat = grids.reshape(-1, grids.shape[-1])
        self.scale.moving_mean.assign(flat.mean(axis=0, dtype="float64"))
        self.scale.moving_variance.assign(flat.var(axis=0, dtype="float64"))


def build_descriptive(config: DescriptiveConfig) -> DescriptiveDecoder:
    """A network with all its variables made."""
    network = DescriptiveDecoder(config)
    network((ops.zeros((1, 1), "int32"), ops.zeros((1, *config.grid))))
    return network
