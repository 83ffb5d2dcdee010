"""The files that every recipe leaves in its folder, and the claim on that folder.

    recipe.json          configuration, encoder, data and versions: what a photo's test and a later start need
    descriptions.txt     what is learnt from and judged by: a photo's name, a tab, its words, a line a description
    features.npz         ``names`` (text) and ``features`` (float32, a row a photo); no objects
    tokenizer.json       the vocabulary: a symbol's place in the list is its number
    scores.json          what was measured
    test-command.txt     the command that captions one photo

All of it is JSON, text, safetensors or plain arrays: nothing that could run when it is read.
"""

import hashlib
import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import read_json, write_json
from caption_model.bundles.provenance import versions
from caption_model.errors import BundleError, TrainingError
from caption_model.storage.replace import replace_bytes, replace_file
from caption_model.vision.encoders import Encoder

RECIPE, DESCRIPTIONS, FEATURES, TOKENIZER = "recipe.json", "descriptions.txt", "features.npz", "tokenizer.json"
SCORES, TEST = "scores.json", "test-command.txt"
LASTING = ("kind", "configuration", "network", "encoder", "seed", "data")  # must be the same when a training goes on
MAY_GROW = ("epochs", "patience", "beam")  # of a configuration of kind words, whose training can be prolonged


def claim(out: Path, facts: Mapping[str, Any]) -> None:
    """Write ``recipe.json``, unless the folder holds a training of another kind.

    Raises:
        TrainingError: it does, or cannot be written.
    """
    if (out / RECIPE).exists():
        before = read_facts(out)
        changed = [name for name in LASTING if _lasting(before, name) != _lasting(facts, name)]
        if changed:
            raise TrainingError(f"{out} holds a training with another {changed[0]}: name another --out.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / RECIPE, {**facts, "versions": versions()})
    except OSError as error:
        raise TrainingError(f"{out} cannot be written ({error.strerror or error}): name another --out.") from error


def read_facts(out: Path) -> dict[str, Any]:
    """What ``claim`` wrote.

    Raises:
        TrainingError: there is none.
    """
    try:
        facts = read_json(out / RECIPE)
    except BundleError as error:
        raise TrainingError(f"{out} holds no trained recipe: train it first, with --data.") from error
    if not isinstance(facts, dict) or not isinstance(facts.get("configuration"), dict):
        raise TrainingError(f"{out / RECIPE} is damaged: train the recipe again.")
    return facts


def seen_by(encoder: Encoder, weights: str | None) -> dict[str, Any]:
    """What a recipe notes of its encoder; ``weights`` as they were asked for."""
    return {"name": encoder.name, "sha256": encoder.sha256, "weights": weights}


def digest(texts: Mapping[str, Sequence[str]]) -> str:
    """SHA-256 of names and texts, in hexadecimal: tells one set of data from another."""
    return hashlib.sha256(json.dumps(dict(texts), sort_keys=True).encode()).hexdigest()


def write_descriptions(out: Path, lines: Iterable[tuple[str, str]]) -> None:
    """Write names and texts; breaks within a text become blanks."""
    content = "".join(f"{name}\t{' '.join(text.split())}\n" for name, text in lines)
    replace_bytes(out / DESCRIPTIONS, content.encode("utf-8", "backslashreplace"))


def write_features(out: Path, names: Sequence[str], features: NDArray[np.float32]) -> None:
    """Write names and features, float32 (N, P), as arrays without objects."""
    known = np.array([name.encode("utf-8", "backslashreplace").decode() for name in names], dtype=np.str_)
    replace_file(out / FEATURES, lambda file: np.savez(file, names=known, features=features))


def write_scores(out: Path, scores: Mapping[str, Any]) -> None:
    """Write what was measured."""
    write_json(out / SCORES, dict(scores))


def write_test_command(out: Path, name: str, photo: Path, *options: str) -> str:
    """Write, and give back, the command that captions ``photo``."""
    words = ["python", "-m", "caption_model", "recipe", name, "--out", str(out), "--photo", str(photo), *options]
    command = shlex.join(words)
    replace_bytes(out / TEST, f"{command}\n".encode("utf-8", "surrogateescape"))
    return command


def _lasting(facts: Mapping[str, Any], name: str) -> Any:
    value = json.loads(json.dumps(facts.get(name)))
    if name == "configuration" and isinstance(value, dict) and facts.get("kind") == "words":
        return {key: one for key, one in value.items() if key not in MAY_GROW}
    if name == "encoder" and isinstance(value, dict):
        return value.get("sha256")
    return value
