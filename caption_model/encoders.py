"""Encoders: photo pixels → a grid of convolutional features and its mean.

One registry; every entry is a network of ``keras.applications`` without its classifier. ``vgg16`` carries weights that
this project trained and is the default; the others are downloaded by Keras at first use.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundle import MANIFEST, MODELS, Bundle
from caption_model.errors import EncoderError
from caption_model.precision import dtype_policy, encoder_policy
from caption_model.readout import THINGS, read_readout

DEFAULT = "vgg16"
BATCH = 16
IMAGENET_MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # RGB in [0, 1]
IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


@dataclass(frozen=True)
class Features:
    """What an encoder sees in B photos: ``grid`` (B, rows, columns, channels) and ``pooled`` (B, channels), float32."""

    grid: NDArray[np.float32]
    pooled: NDArray[np.float32]


@dataclass(frozen=True)
class EncoderSpec:
    """One entry of the registry: a network, its input size in pixels and its preprocessing.

    ``bundle`` is the folder of weights that this project trained.
    """

    name: str
    size: tuple[int, int]
    build: Callable[[], Any]
    preprocess: Callable[[Any], Any]
    bundle: Path | None = None


class Encoder:
    """A loaded encoder. Weights are frozen; ``sha256`` identifies them in every decoder trained on top.

    ``readout`` names what a photo shows, ``things`` gives the chances of what captions name, where the bundle has them.
    """

    def __init__(self, spec: EncoderSpec) -> None:
        import tensorflow as tf

        self.name = spec.name
        self.size = spec.size
        self.readout = read_readout(spec.bundle) if spec.bundle else None
        self.things = read_readout(spec.bundle, THINGS) if spec.bundle else None
        with dtype_policy(encoder_policy()):
            network = spec.build()
        self.grid_shape: tuple[int, int, int] = tuple(network.output_shape[1:])
        self.sha256 = _hash_weights(network.get_weights())
        height, width = spec.size

        @tf.function(input_signature=[tf.TensorSpec([None, height, width, 3], tf.uint8)])
        def forward(photos: Any) -> Any:
            return tf.cast(network(spec.preprocess(tf.cast(photos, tf.float32)), training=False), tf.float32)

        self.network = network
        self._forward = forward

    def encode(self, photos: NDArray[np.uint8]) -> Features:
        """Encode photos.

        Args:
            photos: RGB uint8 (B, height, width, 3) of this encoder's ``size``.
        """
        grids = [self._forward(photos[i : i + BATCH]).numpy() for i in range(0, len(photos), BATCH)]
        grid = np.concatenate(grids) if grids else np.zeros((0, *self.grid_shape), np.float32)
        return Features(grid, pool(grid))


def pool(grid: NDArray[Any]) -> NDArray[np.float32]:
    """Mean over the grid's cells: (B, rows, columns, channels) → (B, channels)."""
    return grid.mean(axis=(1, 2), dtype=np.float32)


def load_encoder(name: str = DEFAULT) -> Encoder:
    """Build an encoder of the registry with its weights.

    Raises:
        EncoderError: unknown name, or weights that cannot be loaded or downloaded.
    """
    registry = _registry()
    if name not in registry:
        raise EncoderError(f"there is no encoder named {name!r}: choose one of {', '.join(registry)}.")
    return _load(name)


def trained_beside(decoder: Path) -> Path | None:
    """The bundle of a VGG16 in the folder of models that a decoder's bundle lies in; none if that is the default's."""
    folder = decoder.resolve().parent / DEFAULT
    return folder if (folder / MANIFEST).exists() and folder != (MODELS / DEFAULT).resolve() else None


@lru_cache(maxsize=2)
def load_trained(folder: Path) -> Encoder:
    """A VGG16 that this project trained, from its bundle.

    Raises:
        BundleError: it is not whole.
    """
    return Encoder(trained_vgg16(folder))


@lru_cache(maxsize=2)
def _load(name: str) -> Encoder:
    try:
        return Encoder(_registry()[name])
    except (OSError, ValueError) as error:  # Keras: no network, a broken download, a wrong shape
        raise EncoderError(
            f"the weights of encoder {name!r} cannot be loaded ({error}): check the network, or use {DEFAULT!r}."
        ) from error


def names() -> list[str]:
    """The registry's names, the default first."""
    return list(_registry())


@lru_cache(maxsize=1)
def _registry() -> dict[str, EncoderSpec]:
    specs = [
        trained_vgg16(MODELS / "vgg16"),
        EncoderSpec("vgg16-imagenet", (224, 224), lambda: _application("VGG16", 224), _published("vgg16")),
        EncoderSpec("xception", (299, 299), lambda: _application("Xception", 299), _published("xception")),
        EncoderSpec("resnet50", (224, 224), lambda: _application("ResNet50", 224), _published("resnet50")),
        EncoderSpec("inception_v3", (299, 299), lambda: _application("InceptionV3", 299), _published("inception_v3")),
    ]
    return {spec.name: spec for spec in specs}


def trained_vgg16(folder: Path) -> EncoderSpec:
    """The entry of a VGG16 that this project trained."""
    return EncoderSpec(DEFAULT, (224, 224), lambda: bundled_vgg16(folder), _unit_scale, folder)


def bundled_vgg16(folder: Path) -> Any:
    """``keras.applications.VGG16`` without its top, with this project's weights: grid (7, 7, 512)."""
    import keras

    bundle = Bundle.load(folder, kind="encoder")
    network = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    bundle.assign(network)
    return network


def _application(name: str, size: int) -> Any:
    import keras

    try:
        return getattr(keras.applications, name)(weights="imagenet", include_top=False, input_shape=(size, size, 3))
    except Exception as error:
        if "URL fetch failure" in str(error):  # Keras raises a bare Exception when a download fails
            raise OSError(str(error)) from error
        raise


def _published(module: str) -> Callable[[Any], Any]:
    """The preprocessing that Keras publishes with a network."""

    def preprocess(photos: Any) -> Any:
        import keras

        return getattr(keras.applications, module).preprocess_input(photos)

    return preprocess


def _unit_scale(photos: Any) -> Any:
    """RGB 0..255 → zero mean and unit variance per channel over ImageNet; ours was trained so."""
    return (photos / 255.0 - IMAGENET_MEAN) / IMAGENET_DEVIATION


def _hash_weights(weights: list[NDArray[np.float32]]) -> str:
    digest = hashlib.sha256()
    for value in weights:
        digest.update(np.ascontiguousarray(value, dtype=np.float32).tobytes())
    return digest.hexdigest()
