"""The social decoder: a grapheme-level LSTM, conditioned on the photo and on control symbols.

The photo is dropped at times while training, so that one network gives p(caption | photo) and p(caption): both terms
of mutual-information ranking (Li et al. 2016) and of classifier-free guidance (Ho & Salimans 2022).
"""

from typing import Any, TypeVar

import keras
from keras import layers, ops

from caption_model.bundles.bundle import Bundle
from caption_model.networks.config import SocialConfig
from caption_model.networks.layers_keras import keras_network, unroll
from caption_model.text.controls import CHOICES

State = tuple[Any, ...]
Network = TypeVar("Network", bound="SocialDecoder")


class SocialDecoder(keras.Model):
    """Teacher-forced: (symbols, photo, seen, controls) → logits. Free-running: ``begin`` once, then ``step``."""

    def __init__(self, config: SocialConfig) -> None:
        super().__init__(name="social_decoder")
        self.config = config
        self.embed = layers.Embedding(config.symbols, config.embedding, name="embedding")
        self.scale = layers.BatchNormalization(center=False, scale=False, name="photo_scale")
        self.look = layers.Dense(config.condition, activation="tanh", name="photo")
        self.blind = layers.Embedding(1, config.condition, name="no_photo")
        self.wishes = [
            layers.Embedding(1 + len(choices), config.condition, embeddings_initializer="zeros", name=f"control_{name}")
            for name, choices in CHOICES.items()
        ]
        self.about = (
            layers.Embedding(1 + len(config.topics), config.condition, embeddings_initializer="zeros", name="topic")
            if config.topics
            else None
        )
        self.first_h = layers.Dense(config.units, activation="tanh", name="first_h")
        self.first_c = layers.Dense(config.units, name="first_c")
        self.lstm = layers.LSTM(config.units, return_sequences=True, name="lstm")
        self.drop = layers.Dropout(config.dropout)
        self.drop_alike = layers.Dropout(config.dropout, noise_shape=(1, None, None))
        self.drop_weights = layers.Dropout(config.weight_dropout, noise_shape=(None, 1))
        self.logits = layers.Dense(config.symbols, name="logits")

    def condition(self, photo: Any, seen: Any, controls: Any, training: bool = False) -> Any:
        """Sum up what is known before the first grapheme.

        Args:
            photo: float (B, P), pooled features; any value where not seen.
            seen: float (B,), 1 where the photo may be looked at, else 0.
            controls: int32 (B, number of controls), 0 where left open; where it has one column more, the last is the
                topic's number.

        Returns:
            float (B, C).
        """
        looked = self.drop(self.look(self.scale(photo, training=False)), training=training)
        seen = seen[:, None]
        known = seen * looked + (1.0 - seen) * self.blind(ops.zeros_like(controls[:, 0]))
        for number, wish in enumerate(self.wishes):
            known = known + wish(controls[:, number])
        if self.about is not None and controls.shape[1] > len(self.wishes):
            known = known + self.about(controls[:, len(self.wishes)])
        return known

    def call(self, inputs: tuple[Any, Any, Any, Any], training: bool = False) -> Any:
        """Teacher forcing.

        Args:
            inputs: symbols int32 (B, T) beginning with start, then photo, seen and controls as in ``condition``.
            training: whether dropout is on.

        Returns:
            logits float (B, T, V) of the symbol that follows each one.
        """
        symbols, photo, seen, controls = inputs
        known = self.condition(photo, seen, controls, training)
        # (T, B, E); symbols themselves are not transposed: TensorFlow grumbles of integers on some CPUs.
        embedded = self.drop_alike(ops.transpose(self.embed(symbols), (1, 0, 2)), training=training)
        if not self.lstm.built:  # its own call is never made
            self.lstm.build((None, None, self.config.embedding + self.config.condition))
        kernel, recurrent, bias = (ops.cast(part, embedded.dtype) for part in self.recurrence())
        width = self.config.embedding
        sums = ops.matmul(embedded, kernel[:width]) + (ops.matmul(known, kernel[width:]) + bias)
        recurrent = self.drop_weights(recurrent, training=training)
        hidden = self.drop_alike(unroll(sums, self.first_h(known), self.first_c(known), recurrent), training=training)
        return ops.transpose(self.logits(hidden), (1, 0, 2))

    def recurrence(self) -> tuple[Any, Any, Any]:
        """Kernel, recurrent kernel and bias of the LSTM, as teacher forcing uses them."""
        cell = self.lstm.cell
        return cell.kernel, cell.recurrent_kernel, cell.bias

    def begin(self, photo: Any, seen: Any, controls: Any) -> State:
        """State before the first step, each part (B, ·): condition, h, c."""
        known = self.condition(photo, seen, controls)
        return known, self.first_h(known), self.first_c(known)

    def step(self, symbols: Any, state: State) -> tuple[Any, State]:
        """One symbol further: int32 (B,) and state → logits (B, V) and state."""
        known, hidden, cell = state
        hidden, (hidden, cell) = self.lstm.cell(
            ops.concatenate([self.embed(symbols), known], axis=-1), [hidden, cell], training=False
        )
        return self.logits(hidden), (known, hidden, cell)

    def fit_photo_scale(self, photos: Any) -> None:
        """Set the fixed standardisation of pooled features from training photos (N, P)."""
        self.scale.moving_mean.assign(photos.mean(axis=0))
        self.scale.moving_variance.assign(photos.var(axis=0))


def load_social(bundle: Bundle) -> SocialDecoder:
    """The network of a social bundle, as Keras runs it: to train it further, or to measure it exactly.

    Raises:
        BundleError: the weights do not fit the configuration.
    """
    return bundle.load_network(SocialConfig, keras_network(build_social))


def build_social(config: SocialConfig) -> SocialDecoder:
    """A network with all its variables made."""
    return built(SocialDecoder(config))


def built(network: Network) -> Network:
    """The network, all its variables made."""
    config = network.config
    network(
        (
            ops.zeros((1, 1), "int32"),
            ops.zeros((1, config.photo)),
            ops.zeros((1,)),
            ops.zeros((1, len(CHOICES) + bool(config.topics)), "int32"),
        )
    )
    return network
