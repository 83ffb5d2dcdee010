"""A bundle: one folder that holds everything a trained model is.

    weights.safetensors   int8/float32 tensors, named by Keras's variable paths
    config.json           configuration, seed, data hashes, versions, encoder
    vocabulary.json       the decoder's symbols (decoders only)
    metrics.json          what was measured, on which data
    MODEL_CARD.md         data, how it was made, limits, rights
    manifest.json         SHA-256 of every other file

Loading is: verify → build from the configuration → weights. Nothing in a bundle is executed.
"""

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caption_model.bundles.weights import Weights, load_weights, save_weights
from caption_model.errors import BundleError

MODELS = Path(__file__).parent.parent / "models"
FORMAT = 1
MANIFEST = "manifest.json"
WEIGHTS = "weights.safetensors"
Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Bundle:
    """A verified bundle in memory; ``sha256`` is the hash of its weights file."""

    folder: Path
    kind: str
    config: dict[str, Any]
    weights: Weights
    sha256: str
    files: frozenset[str]

    @classmethod
    def load(cls, folder: Path, kind: str) -> "Bundle":
        """Read and verify a bundle.

        Raises:
            BundleError: a file is missing, was altered, or the bundle is of another kind or format.
        """
        manifest = read_json(folder / MANIFEST)
        hashes = manifest.get("sha256") if isinstance(manifest, dict) else None
        if not isinstance(hashes, dict) or manifest.get("format") != FORMAT:
            raise BundleError(f"{folder} is not a model bundle of format {FORMAT}: get it again or retrain it.")
        if manifest.get("kind") != kind:
            raise BundleError(f"{folder} holds a model of kind {manifest.get('kind')!r}, but {kind!r} is needed here.")
        if not {WEIGHTS, "config.json"} <= hashes.keys():
            raise BundleError(f"{folder / MANIFEST} names no weights or no configuration: get the bundle again.")
        for name, expected in hashes.items():
            if Path(name).name != name:
                raise BundleError(f"{folder / MANIFEST} names a file outside the bundle ({name}): do not use it.")
            if file_sha256(folder / name) != expected:
                raise BundleError(f"{folder / name} was altered or damaged (SHA-256 differs): get the bundle again.")
        config = read_json(folder / "config.json")
        return cls(folder, kind, config, load_weights(folder / WEIGHTS), hashes[WEIGHTS], frozenset(hashes))

    def read(self, name: str) -> bytes:
        """One of the verified files.

        Raises:
            BundleError: the manifest does not list it.
        """
        if name not in self.files:
            raise BundleError(f"{self.folder} has no {name} in its manifest: get the bundle again or retrain it.")
        return read_bytes(self.folder / name)

    def vocabulary(self) -> Any:
        """The parsed ``vocabulary.json``.

        Raises:
            BundleError: not listed, or no JSON.
        """
        self.read("vocabulary.json")
        return read_json(self.folder / "vocabulary.json")

    def check_encoder(self, name: str, sha256: str) -> None:
        """A decoder works only with the encoder it was trained on.

        Raises:
            BundleError: it was trained on another one, or on other weights.
        """
        needed = self.config.get("encoder", {})
        if needed.get("name") != name:
            raise BundleError(
                f"{self.folder} was trained on encoder {needed.get('name')!r}, not {name!r}: "
                "load that encoder, or retrain the decoder."
            )
        if needed.get("sha256") != sha256:
            raise BundleError(f"{self.folder} was trained on other weights of {name!r}: retrain the decoder.")

    def checked_weights(self, shapes: Shapes) -> Weights:
        """The weights, which are those of a network with tensors of these names and shapes.

        Raises:
            BundleError: names or shapes differ.
        """
        if shapes.keys() != self.weights.keys():
            wrong = sorted(shapes.keys() ^ self.weights.keys())
            raise BundleError(f"{self.folder} does not fit its configuration: tensors {', '.join(wrong[:4])} differ.")
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


def save_bundle(
    folder: Path,
    kind: str,
    config: dict[str, Any],
    weights: Weights,
    card: str,
    *,
    vocabulary: dict[str, Any] | None = None,
    metrics: dict[str, Any] | None = None,
    extra: dict[str, bytes] | None = None,
) -> None:
    """Write a bundle; the old one in ``folder``, if any, is replaced only when the new one is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        new = Path(temporary) / "new"
        new.mkdir()
        save_weights(new / WEIGHTS, weights)
        write_json(new / "config.json", config)
        if vocabulary is not None:
            write_json(new / "vocabulary.json", vocabulary)
        if metrics is not None:
            write_json(new / "metrics.json", metrics)
        (new / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        for name, content in (extra or {}).items():
            (new / name).write_bytes(content)
        seal(new, kind)
        if folder.exists():
            shutil.move(folder, Path(temporary) / "old")
        new.replace(folder)


def seal(folder: Path, kind: str) -> None:
    """(Re)write the manifest from the files that stand in ``folder``."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    hashes = {path.name: file_sha256(path) for path in files}
    write_json(folder / MANIFEST, {"format": FORMAT, "kind": kind, "sha256": hashes})


def network_weights(network: Any) -> Weights:
    """All weights of a Keras model, named by their paths, float32."""
    import keras

    return {v.path: keras.ops.convert_to_numpy(v).astype("float32") for v in network.weights}


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal.

    Raises:
        BundleError: the file cannot be read.
    """
    return hashlib.sha256(read_bytes(path)).hexdigest()


def read_bytes(path: Path) -> bytes:
    """Read a file of a bundle.

    Raises:
        BundleError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} is missing or unreadable: get the bundle again.") from error


def read_json(path: Path) -> Any:
    """Read a JSON file of a bundle.

    Raises:
        BundleError: it is missing or no JSON.
    """
    try:
        return json.loads(read_bytes(path))
    except ValueError as error:
        raise BundleError(f"{path} is no valid JSON: get the bundle again.") from error


def write_json(path: Path, content: Any) -> None:
    """Write JSON as people read it: indented, emojis as they are."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
