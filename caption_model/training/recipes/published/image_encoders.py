"""The encoders of the recipes: ours, and networks of Keras whose weights are downloaded, read from a file or random.

A photo becomes one vector: the mean of the network's last grid or, of ``vgg16-fc2``, what VGG16's second fully
connected layer says, for which weights with the classifier's layers are needed.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from caption_model.bundles.weights import load_tensors
from caption_model.errors import BundleError, EncoderError
from caption_model.training.engine.progress import assign
from caption_model.vision.encoders import DEFAULT, Encoder, keras_encoder, load_encoder, load_trained

RANDOM = "random"  # in place of a file of weights: to try a recipe out
IMAGENET = "imagenet"


@dataclass(frozen=True)
class Network:
    """A network of ``keras.applications``: its module and builder, the side of its photos, and two of its layers.

    ``head`` is the first layer behind the last grid; ``vector`` is what is looked at in place of the grid, if anything.
    """

    module: str
    builder: str
    size: int
    head: str
    vector: str | None = None


NETWORKS = {
    "xception": Network("xception", "Xception", 299, "avg_pool"),
    "resnet50": Network("resnet50", "ResNet50", 224, "avg_pool"),
    "inception_v3": Network("inception_v3", "InceptionV3", 299, "avg_pool"),
    "vgg16-imagenet": Network("vgg16", "VGG16", 224, "flatten"),
    "vgg16-fc2": Network("vgg16", "VGG16", 224, "flatten", "fc2"),
}


def recipe_encoder(name: str, weights: str | None = None) -> Encoder:
    """Build the encoder of a recipe.

    Args:
        name: ``vgg16``, which ships with us, or one of ``NETWORKS``.
        weights: of ``vgg16`` the folder of a bundle; of the others a file as Keras writes it (``.h5``) or safetensors
            with the variables' paths; ``random``; by default those that come with the encoder, which Keras downloads.

    Raises:
        EncoderError: unknown name, or weights that cannot be read or downloaded.
        BundleError: a bundle of ``vgg16`` is not whole.
    """
    if name == DEFAULT and weights != RANDOM:
        return load_trained(Path(weights)) if weights else load_encoder(DEFAULT)
    network = NETWORKS.get("vgg16-imagenet" if name == DEFAULT else name)
    if network is None:
        raise EncoderError(f"there is no encoder named {name!r}: choose one of {', '.join([DEFAULT, *NETWORKS])}.")
    import keras

    module = getattr(keras.applications, network.module)
    build = partial(_built, name, network, weights)
    return keras_encoder(name, (network.size, network.size), build, module.preprocess_input)


def _built(name: str, network: Network, weights: str | None) -> Any:
    """The network, its weights in it; its output has rows, columns and channels, of a vector one of each."""
    import keras

    if weights is None:
        return _downloaded(name, network)
    ways: list[Callable[[], Any]] = [partial(_without_head, network), partial(_cut, network)]
    if network.vector:  # weights of the grid's layers alone do as well: then the grid's mean is the vector
        ways.reverse()
    if weights == RANDOM:
        keras.utils.set_random_seed(0)  # the same numbers each time: a photo's features can be asked for again
        looks, _ = ways[0]()
        return looks
    file, reason = Path(weights), ""
    for way in ways:
        looks, whole = way()
        try:
            _read(whole, file)
        except (OSError, ValueError, KeyError, BundleError, UserWarning) as error:
            reason = reason or str(error).strip().partition("\n")[0][:120]
        else:
            return looks
    raise EncoderError(f"{file} holds no weights of {network.builder} ({reason}): check --weights and --encoder.")


def _downloaded(name: str, network: Network) -> Any:
    try:
        looks, _ = (_cut if network.vector else _without_head)(network, IMAGENET)
    except Exception as error:
        if not isinstance(error, OSError | ValueError) and "URL fetch failure" not in str(error):
            raise  # Keras raises a bare Exception when a download fails, and nothing else should pass for that
        raise EncoderError(
            f"Keras cannot download the weights of {name!r} (is there a network?): go online once, name a file of them "
            f"with --weights, or see with ours by --encoder {DEFAULT}."
        ) from error
    return looks


def _without_head(network: Network, weights: str | None = None) -> tuple[Any, Any]:
    """Photos → last grid, without the classifier; and the network that weights are read into, here the same."""
    import keras

    made = getattr(keras.applications, network.builder)
    looks = made(weights=weights, include_top=False, input_shape=(network.size, network.size, 3))
    return looks, looks


def _cut(network: Network, weights: str | None = None) -> tuple[Any, Any]:
    """The whole network, and of it the part up to the last grid, or up to the vector as a grid of one cell."""
    import keras

    whole = getattr(keras.applications, network.builder)(weights=weights, include_top=True)
    if network.vector is None:
        return keras.Model(whole.input, whole.get_layer(network.head).input), whole
    vector = whole.get_layer(network.vector).output
    return keras.Model(whole.input, keras.layers.Reshape((1, 1, vector.shape[-1]))(vector)), whole


def _read(network: Any, file: Path) -> None:
    if not file.is_file():
        raise EncoderError(f"{file} is no file of weights: check --weights.")
    if file.suffix == ".safetensors":
        assign(network.weights, load_tensors(file))
        return
    with warnings.catch_warnings():
        # Keras warns of layers that the file lacks, and leaves them as they are: random.
        warnings.simplefilter("error", UserWarning)
        network.load_weights(file)
