"""A bundle: one folder that holds everything a trained model is.

    weights.safetensors   int8/float32 tensors, named by Keras's variable paths
    config.json           configuration, seed, data hashes, versions, encoder
    vocabulary.json       the decoder's symbols (decoders only)
    metrics.json          what was measured, on which data
    MODEL_CARD.md         data, how it was made, limits, rights
    manifest.json         SHA-256 of every other file

Loading is: check the manifest → hashes → configuration against its dataclass → weights against the shapes that follow
from it. Nothing in a bundle is executed, and nothing larger than a network of sensible size is ever made of it.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar

from caption_model.bundles.files import MOST_BYTES, file_sha256, parse_json, read_bytes, read_json, write_json
from caption_model.bundles.schema import checked, is_text, quoted
from caption_model.bundles.weights import Weights, parse_weights
from caption_model.errors import BundleError

__all__ = [
    "FORMAT",
    "MANIFEST",
    "MODELS",
    "WEIGHTS",
    "Bundle",
    "EncoderNamed",
    "Shapes",
    "file_sha256",
    "network_weights",
    "read_bytes",
    "read_json",
    "write_json",
]

MODELS = Path(__file__).parent.parent / "models"
FORMAT = 1
MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"
SHA256 = re.compile("[0-9a-f]{64}")
MOST_FILES = 64
Shapes = dict[str, tuple[int, ...]]


class NetworkConfig(Protocol):
    """Sizes of a network: a dataclass that knows the shapes of all weights."""

    def shapes(self) -> Shapes:
        """By their names in a bundle."""


Config = TypeVar("Config", bound=NetworkConfig)
Network = TypeVar("Network")


@dataclass(frozen=True)
class EncoderNamed:
    """What a decoder's configuration says of its encoder."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Bundle:
    """A verified bundle: ``files`` gives the SHA-256 of each file in it, ``sha256`` is that of its weights."""

    folder: Path
    kind: str
    config: dict[str, Any]
    files: Mapping[str, str]

    @classmethod
    def load(cls, folder: Path, kind: str) -> "Bundle":
        """Read and verify a bundle.

        Raises:
            BundleError: a file is missing, was altered, is a pipe or a device or too large, or the bundle is of another
                kind or format.
        """
        hashes = _hashes(folder, kind)
        for name, expected in hashes.items():
            if file_sha256(folder / name, MOST_BYTES) != expected:
                raise BundleError(f"{folder / name} was altered or damaged (SHA-256 differs): get the bundle again.")
        config = read_json(folder / "config.json")
        if not isinstance(config, dict):
            raise BundleError(f"{folder / 'config.json'} is no JSON object: get the bundle again.")
        return cls(folder, kind, config, hashes)

    @property
    def sha256(self) -> str:
        """Of the weights file."""
        return self.files[WEIGHTS]

    @cached_property
    def weights(self) -> Weights:
        """The weights as float32, read when first asked for.

        Raises:
            BundleError: see ``load_weights``.
        """
        return parse_weights(self.read(WEIGHTS), self.folder / WEIGHTS)

    def read(self, name: str) -> bytes:
        """One of the verified files.

        Raises:
            BundleError: the manifest does not list it, or it was altered since.
        """
        if name not in self.files:
            raise BundleError(f"{self.folder} has no {name} in its manifest: get the bundle again or retrain it.")
        content = read_bytes(self.folder / name)
        if hashlib.sha256(content).hexdigest() != self.files[name]:
            raise BundleError(f"{self.folder / name} was altered or damaged (SHA-256 differs): get the bundle again.")
        return content

    def json(self, name: str) -> Any:
        """One of the verified files, parsed.

        Raises:
            BundleError: not listed, or no JSON.
        """
        return parse_json(self.read(name), self.folder / name)

    def vocabulary(self) -> Any:
        """The parsed ``vocabulary.json``.

        Raises:
            BundleError: not listed, or no JSON.
        """
        return self.json("vocabulary.json")

    def metrics(self) -> dict[str, Any]:
        """What ``metrics.json`` tells; nothing where there is none.

        Raises:
            BundleError: it is no JSON object.
        """
        found = self.json("metrics.json") if "metrics.json" in self.files else {}
        if not isinstance(found, dict):
            raise BundleError(f"{self.folder / 'metrics.json'} is no JSON object: get the bundle again.")
        return found

    @property
    def encoder_sha256(self) -> str:
        """Hash of the encoder that a decoder was trained on.

        Raises:
            BundleError: the configuration names none.
        """
        return self._encoder().sha256

    def check_encoder(self, name: str, sha256: str) -> None:
        """A decoder works only with the encoder it was trained on.

        Raises:
            BundleError: it was trained on another one, or on other weights.
        """
        needed = self._encoder()
        if needed.name != name:
            raise BundleError(
                f"{self.folder} was trained on encoder {needed.name!r}, not {name!r}: "
                "load that encoder, or retrain the decoder."
            )
        if needed.sha256 != sha256:
            raise BundleError(f"{self.folder} was trained on other weights of {name!r}: retrain the decoder.")

    def network_config(self, kind: type[Config]) -> Config:
        """The sizes of its network, checked.

        Raises:
            BundleError: the configuration has none, or others than ``kind`` allows.
        """
        return checked(kind, self.config.get("network"), f"the network in {self.folder / 'config.json'}")

    def load_network(self, kind: type[Config], make: Callable[[Config, Weights], Network]) -> Network:
        """The network of this bundle: ``make`` is given its configuration and weights, which fit one another.

        Args:
            kind: class of the configuration.
            make: for captioning a class such as ``PreparedSocial``, for training ``keras_network``'s.

        Raises:
            BundleError: configuration or weights are broken, or do not fit.
        """
        config = self.network_config(kind)
        return make(config, self.checked_weights(config.shapes()))

    def checked_weights(self, shapes: Shapes) -> Weights:
        """The weights, which are those of a network with tensors of these names and shapes.

        Raises:
            BundleError: names or shapes differ.
        """
        if shapes.keys() != self.weights.keys():
            wrong = sorted(shapes.keys() ^ self.weights.keys())
            names = ", ".join(name if is_text(name) else quoted(name) for name in wrong[:4])
            raise BundleError(f"{self.folder} does not fit its configuration: tensors {names} differ.")
        for name, shape in shapes.items():
            if shape != self.weights[name].shape:
                raise BundleError(
                    f"{self.folder} does not fit its configuration: {name} is {self.weights[name].shape}, not {shape}."
                )
        return self.weights

    def assign(self, network: Any) -> None:
        """Put the weights into a Keras model built from this bundle's configuration.

        Raises:
            BundleError: names or shapes differ.
        """
        weights = self.checked_weights({v.path: tuple(v.shape) for v in network.weights})
        for variable in network.weights:
            variable.assign(weights[variable.path])

    def _encoder(self) -> EncoderNamed:
        named = checked(EncoderNamed, self.config.get("encoder"), f"the encoder in {self.folder / 'config.json'}")
        return named


def _hashes(folder: Path, kind: str) -> dict[str, str]:
    """File name → SHA-256, as a manifest says.

    Raises:
        BundleError: there is none, it is broken, or of another kind or format.
    """
    manifest = read_json(folder / MANIFEST)
    hashes = manifest.get("sha256") if isinstance(manifest, dict) else None
    if not isinstance(hashes, dict) or (type(manifest.get("format")), manifest.get("format")) != (int, FORMAT):
        raise BundleError(f"{folder} is not a model bundle of format {FORMAT}: get it again or retrain it.")
    if unknown := sorted(manifest.keys() - {"format", "kind", "sha256"}):
        raise BundleError(f"{folder / MANIFEST} has {quoted(unknown[0])}, which this version does not know.")
    if manifest.get("kind") != kind:
        raise BundleError(
            f"{folder} holds a model of kind {quoted(manifest.get('kind'))}, but {kind!r} is needed here."
        )
    if not {WEIGHTS, "config.json"} <= hashes.keys() or len(hashes) > MOST_FILES:
        raise BundleError(f"{folder / MANIFEST} names no weights or no configuration: get the bundle again.")
    for name, expected in hashes.items():
        if not is_text(name) or Path(name).name != name:
            raise BundleError(f"{folder / MANIFEST} names a file outside the bundle ({quoted(name)}): do not use it.")
        if not isinstance(expected, str) or not SHA256.fullmatch(expected):
            raise BundleError(f"{folder / MANIFEST} gives {name} no SHA-256: get the bundle again.")
    return hashes


def network_weights(network: Any) -> Weights:
    """All weights of a Keras model, named by their paths, float32."""
    import keras

    return {v.path: keras.ops.convert_to_numpy(v).astype("float32") for v in network.weights}
