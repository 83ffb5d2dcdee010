"""The critic: tells captions that people wrote from sampled ones, and a photo's captions from other photos'.

The discriminator of the GAN captioners (Dai et al. 2017, "Towards Diverse and Natural Image Descriptions via a
Conditional GAN") put to use as a judge of samples. Fit is learnt by contrast, as in CLIP (Radford et al. 2021).
It reads graphemes and words by their hashes, and so needs no vocabulary and goes with every voice.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops
from numpy.typing import NDArray

from caption_model.bundles.bundle import Bundle
from caption_model.networks.critic_onnx import (
    DILATIONS,
    GRAPHEME_RUN,
    STRONGEST,
    TOKEN_RUN,
    TOKENS,
    CriticConfig,
    read_texts,
)
from caption_model.networks.layers_keras import keras_network
from caption_model.text.controls import MAX_GRAPHEMES

MANY = 512  # texts or photos weighed at once while training


class Critic(keras.Model):
    """(graphemes, tokens, photos) → who wrote each text, and where texts and photos lie in their shared space."""

    def __init__(self, config: CriticConfig) -> None:
        super().__init__(name="critic")
        self.config = config
        width = config.channels

        def filters(name: str, length: int) -> Any:
            return layers.Conv1D(
                width, length, padding="same", activation="relu", dilation_rate=DILATIONS[name], name=name
            )

        self.letters = layers.Embedding(1 + config.graphemes, config.grapheme_width, name="graphemes")
        self.letter_runs = [filters(name, GRAPHEME_RUN) for name in ("grapheme_runs", "grapheme_spans")]
        self.words = layers.Embedding(1 + config.tokens, config.token_width, name="tokens")
        self.word_runs = [filters(name, TOKEN_RUN) for name in ("token_runs", "token_spans")]
        self.drop = layers.Dropout(config.dropout)
        self.sum_up = layers.Dense(2 * width, activation="relu", name="text")
        self.real = layers.Dense(1, name="real")
        self.to_space = layers.Dense(config.space, name="text_in_space")
        self.scale = layers.BatchNormalization(center=False, scale=False, name="photo_scale")
        self.look = layers.Dense(2 * config.space, activation="relu", name="photo")
        self.photo_to_space = layers.Dense(config.space, name="photo_in_space")
        self.contrast = layers.Dense(
            1, use_bias=False, kernel_initializer=keras.initializers.Constant(2.5), name="contrast"
        )

    def call(self, inputs: tuple[Any, Any, Any], training: bool = False) -> tuple[Any, Any, Any]:
        """Judge texts, and put them and photos into one space, where a cosine tells what goes with what.

        Args:
            inputs: graphemes int32 (N, T) and tokens int32 (N, W), 0 where there are no more; pooled features (B, P).
            training: whether dropout is on.

        Returns:
            logits (N,) that people wrote the texts; text vectors (N, space) of the length of the contrast; photo
            vectors (B, space) of length 1.
        """
        letters, words, photos = inputs
        read = self.drop(
            ops.concatenate(
                [
                    *self._runs(letters, self.letters, self.letter_runs, training),
                    *self._runs(words, self.words, self.word_runs, training),
                ],
                axis=-1,
            ),
            training=training,
        )
        read = self.sum_up(read)
        contrast = ops.minimum(ops.exp(self.contrast(ops.ones((1, 1)))), STRONGEST)
        seen = self.drop(self.look(self.scale(photos, training=False)), training=training)
        texts = contrast * ops.normalize(self.to_space(read), axis=-1)
        return self.real(read)[:, 0], texts, ops.normalize(self.photo_to_space(seen), axis=-1)

    def _runs(self, symbols: Any, embed: Any, runs: list[Any], training: bool) -> list[Any]:
        """The strongest and the mean answer of each filter, of each layer: float (N, channels) each."""
        there = ops.cast(symbols != 0, "float32")[:, :, None]
        hidden = self.drop(embed(symbols), training=training) * there
        parts = []
        for run in runs:
            hidden = run(hidden) * there
            parts += [ops.max(hidden, axis=1), ops.sum(hidden, axis=1) / ops.maximum(ops.sum(there, axis=1), 1.0)]
        return parts


def build_critic(config: CriticConfig) -> Critic:
    """A network with all its variables made."""
    critic = Critic(config)
    critic((ops.zeros((1, MAX_GRAPHEMES), "int32"), ops.zeros((1, TOKENS), "int32"), ops.zeros((1, config.photo))))
    return critic


def load_critic(folder: Path, encoder: str, sha256: str) -> Critic:
    """Verify, build, weights; ``encoder`` and ``sha256`` are those of the encoder in use.

    Raises:
        BundleError: not a whole critic bundle, or trained on another encoder.
    """
    bundle = Bundle.load(folder, "critic")
    bundle.check_encoder(encoder, sha256)
    return bundle.load_network(CriticConfig, keras_network(build_critic))


def weigh_texts(critic: Critic, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits (N,) that people wrote texts, and their vectors (N, space)."""
    nothing = np.zeros((1, critic.config.photo), np.float32)
    letters, words = read_texts(critic.config, texts)
    parts = [critic((letters[i : i + MANY], words[i : i + MANY], nothing))[:2] for i in range(0, len(texts), MANY)]
    if not parts:
        return np.zeros(0, np.float32), np.zeros((0, critic.config.space), np.float32)
    logits, vectors = (np.concatenate([np.asarray(part) for part in column]) for column in zip(*parts, strict=True))
    return logits, vectors


def weigh_photos(critic: Critic, photos: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors (B, space) of photos with pooled features (B, P)."""
    nothing = read_texts(critic.config, [""])
    parts = [np.asarray(critic((*nothing, photos[i : i + MANY]))[2]) for i in range(0, len(photos), MANY)]
    return np.concatenate(parts) if parts else np.zeros((0, critic.config.space), np.float32)
