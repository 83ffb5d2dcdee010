"""The teachers: Inception v3 up to mixed_8 and GoogLeNet, weights read from ``.npz`` files.

Inception v3: Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision" (TensorFlow's 2015
weights). GoogLeNet: Szegedy et al. 2015, "Going Deeper with Convolutions" (BVLC's weights). Batch
norm is folded in both.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from caption_model.errors import TrainingError
from caption_model.networks.precision import encoder_policy
from caption_model.vision.encoders import Encoder, keras_encoder

INCEPTION = "inception_v3_to_mixed8_fp16.npz"
GOOGLENET = "googlenet_fp16.npz"
SYNSETS = "synset_words.txt"
CELLS = 7  # rows and columns of the student's grid
INCEPTION_CHANNELS, GOOGLENET_CHANNELS = 1280, 1024
GOOGLENET_MEAN = (104.0, 117.0, 123.0)  # BGR
INCEPTION_SIZE = 299


class Views(NamedTuple):
    """What the teachers see in B photos, float32: ``inception`` (B, 7, 7, 1280), ``googlenet`` (B, 7, 7, 1024) and
    GoogLeNet's ImageNet ``logits`` (B, 1000)."""

    inception: NDArray[np.float32]
    googlenet: NDArray[np.float32]
    logits: NDArray[np.float32]


class Teachers:
    """Both teachers, loaded from a folder.

    Raises:
        TrainingError: a file of weights is missing or holds another network.
    """

    def __init__(self, folder: Path) -> None:
        previous = keras.config.dtype_policy()
        keras.config.set_dtype_policy(encoder_policy())
        try:
            inception = _inception(_read(folder / INCEPTION))
            googlenet = _googlenet(_read(folder / GOOGLENET))
        except (KeyError, ValueError) as error:
            raise TrainingError(f"the weights in {folder} are of other networks ({error}).") from error
        finally:
            keras.config.set_dtype_policy(previous)

        @tf.function(input_signature=[tf.TensorSpec([None, 224, 224, 3], tf.uint8)])
        def see(pixels: Any) -> Any:
            photos = tf.cast(pixels, tf.float32)
            larger = tf.image.resize(photos, (INCEPTION_SIZE, INCEPTION_SIZE), method="bilinear")
            grid = tf.image.resize(tf.cast(inception(larger / 127.5 - 1.0, training=False), tf.float32), (CELLS, CELLS))
            second, logits = googlenet(photos[..., ::-1] - tf.constant(GOOGLENET_MEAN), training=False)
            return grid, tf.cast(second, tf.float32), tf.cast(logits, tf.float32)

        self._see = see

    def see(self, pixels: NDArray[np.uint8]) -> Views:
        """What both see in RGB photos, uint8 (B, 224, 224, 3)."""
        return Views(*(view.numpy() for view in self._see(np.asarray(pixels))))


def teacher_encoder(folder: Path) -> Encoder:
    """The Inception teacher as an encoder with the student's grid of cells, to measure decoders with: never shipped.

    Raises:
        TrainingError: its weights are missing or are another network's.
    """

    def build() -> Any:
        network = _inception(_read(folder / INCEPTION))
        return keras.Model(network.input, keras.layers.Resizing(CELLS, CELLS)(network.output))

    def preprocess(photos: Any) -> Any:
        return tf.image.resize(photos, (INCEPTION_SIZE, INCEPTION_SIZE), method="bilinear") / 127.5 - 1.0

    try:
        return keras_encoder("inception_teacher", (224, 224), build, preprocess)
    except (KeyError, ValueError) as error:
        raise TrainingError(f"the weights in {folder} are of another network ({error}).") from error


def class_names(folder: Path) -> list[str]:
    """The 1000 ImageNet classes in the order of ``Views.logits``, the first name of each synset."""
    lines = (folder / SYNSETS).read_text(encoding="utf-8").splitlines()
    return [line.split(" ", 1)[1].split(",")[0] for line in lines if line.strip()]


def _read(path: Path) -> dict[str, NDArray[np.float32]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name].astype(np.float32) for name in arrays.files}
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} cannot be read as weights ({error}): check --teachers.") from error


def _inception(weights: dict[str, NDArray[np.float32]]) -> Any:
    """Keras's Inception v3 up to ``mixed8``; its batch norms only add the folded bias."""
    whole = keras.applications.InceptionV3(
        weights=None, include_top=False, input_shape=(INCEPTION_SIZE, INCEPTION_SIZE, 3)
    )
    stored = [name.removesuffix("/kernel") for name in weights if name.endswith("/kernel")]
    convolutions = _in_order(whole, keras.layers.Conv2D)[: len(stored)]
    norms = _in_order(whole, keras.layers.BatchNormalization)[: len(stored)]
    for name, convolution, norm in zip(stored, convolutions, norms, strict=True):
        bias = weights[f"{name}/bias"]
        convolution.set_weights([weights[f"{name}/kernel"]])
        norm.set_weights([bias, np.zeros_like(bias), np.full_like(bias, 1.0 - norm.epsilon)])
    return keras.Model(whole.input, whole.get_layer("mixed8").output)


def _in_order(network: Any, kind: type) -> list[Any]:
    """Layers of one kind in the order of their creation, which Keras writes into their names."""

    def number(layer: Any) -> int:
        suffix = re.search(r"_(\d+)$", layer.name)
        return int(suffix.group(1)) if suffix else 0

    return sorted((layer for layer in network.layers if type(layer) is kind), key=number)


def _googlenet(weights: dict[str, NDArray[np.float32]]) -> Any:
    layers = keras.layers

    def convolve(x: Any, name: str, stride: int = 1) -> Any:
        kernel, bias = weights[f"{name}/kernel"], weights[f"{name}/bias"]
        x = layers.ZeroPadding2D(kernel.shape[0] // 2)(x)
        layer = layers.Conv2D(kernel.shape[3], kernel.shape[0], stride, activation="relu")
        y = layer(x)
        layer.set_weights([kernel, bias])
        return y

    def shrink(x: Any) -> Any:
        return layers.MaxPooling2D(3, 2, padding="same")(x)

    def inception(x: Any, module: str) -> Any:
        def branch(value: Any, name: str) -> Any:
            return convolve(value, f"inception_{module}/{name}")

        pooled = layers.MaxPooling2D(3, 1, padding="same")(x)
        return layers.Concatenate()(
            [
                branch(x, "1x1"),
                branch(branch(x, "3x3_reduce"), "3x3"),
                branch(branch(x, "5x5_reduce"), "5x5"),
                branch(pooled, "pool_proj"),
            ]
        )

    photo = keras.Input((None, None, 3))
    x = AcrossChannels()(shrink(convolve(photo, "conv1/7x7_s2", stride=2)))
    x = convolve(convolve(x, "conv2/3x3_reduce"), "conv2/3x3")
    x = shrink(AcrossChannels()(x))
    for module in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"):
        x = inception(x, module)
        if module in ("3b", "4e"):
            x = shrink(x)
    classifier = layers.Dense(1000, dtype="float32")
    logits = classifier(layers.GlobalAveragePooling2D(dtype="float32")(x))
    classifier.set_weights([weights["loss3/classifier/kernel"], weights["loss3/classifier/bias"]])
    return keras.Model(photo, [x, logits])


class AcrossChannels(keras.layers.Layer):
    """Local response normalisation over five channels (Krizhevsky et al. 2012), alpha 1e-4, beta .75."""

    def call(self, x: Any) -> Any:
        """Normalise (B, rows, columns, channels)."""
        y = tf.nn.local_response_normalization(tf.cast(x, tf.float32), 2, bias=1.0, alpha=1e-4 / 5, beta=0.75)
        return tf.cast(y, x.dtype)
