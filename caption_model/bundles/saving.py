"""Write bundles: the old one is replaced only when the new one is complete and sealed with its hashes."""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from caption_model.bundles.bundle import FORMAT, MANIFEST, WEIGHTS
from caption_model.bundles.files import file_sha256, write_json
from caption_model.bundles.weights import Weights, save_weights
from caption_model.storage.replace import sync_folder


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

    def fill(new: Path) -> None:
        save_weights(new / WEIGHTS, weights)
        write_json(new / "config.json", config)
        if vocabulary is not None:
            write_json(new / "vocabulary.json", vocabulary)
        if metrics is not None:
            write_json(new / "metrics.json", metrics)
        (new / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        for name, content in (extra or {}).items():
            (new / name).write_bytes(content)

    _replace_bundle(folder, kind, fill)


def change_bundle(source: Path, folder: Path, kind: str, changed: Mapping[str, bytes | dict[str, Any]]) -> None:
    """Write the bundle ``source`` into ``folder``, which may be the same, with some of its files changed.

    Args:
        changed: file name → its new content, bytes or what is to be written as JSON.
    """

    def fill(new: Path) -> None:
        shutil.copytree(source, new, dirs_exist_ok=True)
        for name, content in changed.items():
            if isinstance(content, bytes):
                (new / name).write_bytes(content)
            else:
                write_json(new / name, content)

    _replace_bundle(folder, kind, fill)


def _replace_bundle(folder: Path, kind: str, fill: Callable[[Path], None]) -> None:
    """Have a new folder filled and sealed, and put it in the place of the old one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        new, old = Path(temporary) / "new", Path(temporary) / "old"
        new.mkdir()
        fill(new)
        seal(new, kind)
        sync_folder(new)
        if folder.exists():
            folder.replace(old)
        try:
            new.replace(folder)
        except OSError:
            if old.exists():
                old.replace(folder)
            raise
        sync_folder(folder.parent)


def seal(folder: Path, kind: str) -> None:
    """(Re)write the manifest from the files that stand in ``folder``."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    hashes = {path.name: file_sha256(path) for path in files}
    write_json(folder / MANIFEST, {"format": FORMAT, "kind": kind, "sha256": hashes})
