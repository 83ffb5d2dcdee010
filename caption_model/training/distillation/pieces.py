"""Tensors in pieces: files small enough to be moved, written so that a kill leaves the older, whole state in force.

``<name>.json`` names the pieces with their SHA-256 and holds what else belongs to the state; it is written last, and
pieces of an older state are removed after it.
"""

import json
import secrets
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import file_sha256
from caption_model.bundles.weights import Tensors, load_tensors, save_tensors
from caption_model.errors import BundleError, TrainingError
from caption_model.storage.replace import replace_file

PIECE = 15_000_000  # bytes of a piece at most
HEADER = 200  # bytes that a tensor's name, type and shape take at most


def save_pieces(folder: Path, name: str, tensors: Tensors, state: dict[str, Any], piece: int = PIECE) -> list[str]:
    """Write tensors and JSON state as ``<name>-….safetensors`` and ``<name>.json``.

    Returns:
        Names of all files.

    Raises:
        TrainingError: a single tensor is larger than a piece, or the disk is full.
    """
    mark = secrets.token_hex(3)
    groups: list[Tensors] = [{}]
    size = 0
    for key, value in sorted(tensors.items()):
        needs = value.nbytes + HEADER
        if needs > piece:
            raise TrainingError(f"{key} takes {value.nbytes} bytes: pieces of {piece} are too small.")
        if size + needs > piece:
            groups.append({})
            size = 0
        groups[-1][key] = value
        size += needs
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = {}
        for number, group in enumerate(groups):
            path = folder / f"{name}-{mark}-{number:02d}.safetensors"
            save_tensors(path, group)
            written[path.name] = file_sha256(path)
        content = json.dumps({"pieces": written, "state": state}, ensure_ascii=False, indent=1).encode()
        replace_file(folder / f"{name}.json", lambda file: file.write(content))
        for old in folder.glob(f"{name}-*.safetensors"):
            if old.name not in written:
                old.unlink()
    except OSError as error:
        raise TrainingError(
            f"{folder} cannot be written ({error}): make room and run the same command again."
        ) from error
    return [*written, f"{name}.json"]


def load_pieces(folder: Path, name: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]] | None:
    """What ``save_pieces`` wrote; ``None`` if there is nothing.

    Raises:
        TrainingError: a piece is missing or damaged.
    """
    index = folder / f"{name}.json"
    if not index.exists():
        return None
    try:
        stored = json.loads(index.read_bytes())
        tensors: dict[str, NDArray[Any]] = {}
        for file, expected in stored["pieces"].items():
            if Path(file).name != file or file_sha256(folder / file) != expected:
                raise TrainingError(f"{folder / file} is damaged: copy it again, or begin anew in another folder.")
            tensors |= {key: np.asarray(value) for key, value in load_tensors(folder / file).items()}
        return tensors, stored["state"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BundleError) as error:
        raise TrainingError(f"{index} or a piece that it names cannot be read ({error}).") from error
