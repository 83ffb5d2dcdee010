"""Encoders: photo pixels → a grid of convolutional features and its mean.

One registry; every entry is a network of ``keras.applications`` without its classifier. ``vgg16`` carries weights that
this project trained, is the default and needs no Keras to run; the others are downloaded by Keras at first use.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import MANIFEST, MODELS, Bundle
from caption_model.errors import EncoderError
from caption_model.networks.precision import dtype_policy, encoder_policy
from caption_model.vision import vgg16
from caption_model.vision.heads import CLASS_HEAD, TOPIC_HEAD, LinearHead, TopicHead, load_head

DEFAULT = "vgg16"
BATCH = 16


@dataclass(frozen=True)
class Features:
    """What an encoder sees in B photos: ``grid`` (B, rows, columns, channels) and ``pooled`` (B, channels), float32."""

    grid: NDArray[np.float32]
    pooled: NDArray[np.float32]


@dataclass(frozen=True)
class Encoder:
    """A loaded encoder. Weights are frozen.

    Attributes:
        name: in the registry.
        size: (height, width) in pixels of the photos that it looks at.
        grid_shape: rows, columns and channels of a photo's features.
        sha256: of the weights, by which every decoder trained on top knows its encoder.
        forward: RGB uint8 (B, height, width, 3) → float32 (B, rows, columns, channels).
        arithmetic: tells apart what the same weights may see: features in a cache are one encoder's and arithmetic's.
        class_head: names ImageNet's classes, where the bundle has it.
        topic_head: gives the probabilities of topics, where the bundle has it.
    """

    name: str
    size: tuple[int, int]
    grid_shape: tuple[int, int, int]
    sha256: str
    forward: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    arithmetic: str = "float"
    class_head: LinearHead | None = None
    topic_head: TopicHead | None = None

    def encode(self, photos: NDArray[np.uint8]) -> Features:
        """Encode photos.

        Args:
            photos: RGB uint8 (B, height, width, 3) of this encoder's ``size``.
        """
        grid = self.forward(photos)
        return Features(grid, pool(grid))


def pool(grid: NDArray[Any]) -> NDArray[np.float32]:
    """Mean over the grid's cells: (B, rows, columns, channels) → (B, channels)."""
    return grid.mean(axis=(1, 2), dtype=np.float32)


def load_encoder(name: str = DEFAULT, threads: int | None = None) -> Encoder:
    """Build an encoder of the registry with its weights.

    Args:
        name: in the registry.
        threads: that it runs on, by default all cores; encoders that Keras runs do not heed it.

    Raises:
        EncoderError: unknown name, or weights that cannot be loaded or downloaded.
    """
    if name not in REGISTRY:
        raise EncoderError(f"there is no encoder named {name!r}: choose one of {', '.join(REGISTRY)}.")
    try:
        return load_trained(MODELS / DEFAULT, threads) if name == DEFAULT else REGISTRY[name]()
    except (OSError, ValueError) as error:  # Keras: no network, a broken download, a wrong shape
        raise EncoderError(
            f"the weights of encoder {name!r} cannot be loaded ({error}): check the network, or use {DEFAULT!r}."
        ) from error


def names() -> list[str]:
    """The registry's names, the default first."""
    return list(REGISTRY)


def trained_beside(decoder: Path) -> Path | None:
    """The bundle of a VGG16 in the folder of models that a decoder's bundle lies in; none if that is the default's."""
    folder = decoder.resolve().parent / DEFAULT
    return folder if (folder / MANIFEST).exists() and folder != (MODELS / DEFAULT).resolve() else None


@lru_cache(maxsize=2)
def load_trained(folder: Path, threads: int | None = None) -> Encoder:
    """A VGG16 that this project trained, from its bundle, on ``threads`` threads, by default on all cores.

    Raises:
        BundleError: it is not whole.
    """
    bundle = Bundle.load(folder, kind="encoder")
    weights, bounds = bundle.checked_weights(vgg16.shapes()), vgg16.read_bounds(bundle)
    return Encoder(
        DEFAULT,
        vgg16.SIZE,
        vgg16.GRID,
        _hash_weights(weights[name] for name in vgg16.shapes()),
        vgg16.PreparedVGG16(weights, bounds, threads),
        f"integers-{hashlib.sha256(repr(bounds).encode()).hexdigest()[:8]}",
        load_head(bundle, CLASS_HEAD, LinearHead),
        load_head(bundle, TOPIC_HEAD, TopicHead),
    )


def keras_vgg16(folder: Path) -> Any:
    """The Keras model of a VGG16 that this project trained; it reads what ``vgg16.scaled`` gives."""
    import keras

    network = keras.applications.VGG16(weights=None, include_top=False, input_shape=(*vgg16.SIZE, 3))
    Bundle.load(folder, kind="encoder").assign(network)
    return network


def keras_encoder(
    name: str, size: tuple[int, int], build: Callable[[], Any], preprocess: Callable[[Any], Any]
) -> Encoder:
    """An encoder that Keras runs, in the arithmetic that this machine is fast at.

    Args:
        name: of the encoder.
        size: (height, width) of its photos in pixels.
        build: makes the network.
        preprocess: photos float32 (B, height, width, 3), 0..255 → what the network reads.
    """
    import tensorflow as tf

    with dtype_policy(encoder_policy()):
        network = build()

    rows, columns, channels = network.output_shape[1:]

    @tf.function(input_signature=[tf.TensorSpec([None, *size, 3], tf.uint8)])
    def look(photos: Any) -> Any:
        return tf.cast(network(preprocess(tf.cast(photos, tf.float32)), training=False), tf.float32)

    def forward(photos: NDArray[np.uint8]) -> NDArray[np.float32]:
        grids = [look(photos[i : i + BATCH]).numpy() for i in range(0, len(photos), BATCH)]
        return np.concatenate(grids) if grids else np.zeros((0, rows, columns, channels), np.float32)

    return Encoder(name, size, (rows, columns, channels), _hash_weights(network.get_weights()), forward)


@lru_cache(maxsize=2)
def _published(name: str, network: str, size: int) -> Encoder:
    """A network of ``keras.applications`` with the weights and the preprocessing that Keras publishes with it."""
    import keras

    def build() -> Any:
        try:
            make = getattr(keras.applications, network)
            return make(weights="imagenet", include_top=False, input_shape=(size, size, 3))
        except Exception as error:
            if "URL fetch failure" in str(error):  # Keras raises a bare Exception when a download fails
                raise OSError(str(error)) from error
            raise

    module = getattr(keras.applications, name.removesuffix("-imagenet"))
    return keras_encoder(name, (size, size), build, module.preprocess_input)


REGISTRY: dict[str, Callable[[], Encoder]] = {
    DEFAULT: partial(load_trained, MODELS / DEFAULT),
    "vgg16-imagenet": partial(_published, "vgg16-imagenet", "VGG16", 224),
    "xception": partial(_published, "xception", "Xception", 299),
    "resnet50": partial(_published, "resnet50", "ResNet50", 224),
    "inception_v3": partial(_published, "inception_v3", "InceptionV3", 299),
}


def _hash_weights(weights: Iterable[NDArray[np.float32]]) -> str:
    digest = hashlib.sha256()
    for value in weights:
        digest.update(np.ascontiguousarray(value, dtype=np.float32).tobytes())
    return digest.hexdigest()
