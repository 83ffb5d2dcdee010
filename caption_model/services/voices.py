"""The voices that the user has made: social bundles in one folder, each of them named by its folder."""

import shutil
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from caption_model.bundles.bundle import MANIFEST
from caption_model.bundles.chosen import bundled_encoder
from caption_model.errors import BundleError
from caption_model.generation.social_bundle import read_social
from caption_model.storage.user_data import data_folder
from caption_model.text.shown import shown


@dataclass(frozen=True)
class Voice:
    """A social bundle: what to call it and where it lies; ``fault`` says in a sentence why it cannot be used."""

    name: str
    path: Path
    fault: str = ""


def voices_folder() -> Path:
    """Where voices are kept unless told otherwise."""
    return data_folder() / "voices"


def found(folder: Path | None = None) -> list[Voice]:
    """The voices that can be used, by name; none where there is no such folder."""
    return [voice for voice in everything(folder) if not voice.fault]


def unsound(folder: Path | None = None) -> list[Voice]:
    """What lies among the voices and cannot be used, each with its ``fault``."""
    return [voice for voice in everything(folder) if voice.fault]


def everything(folder: Path | None = None) -> list[Voice]:
    """All that lies among the voices, by name; hidden folders are none."""
    folder = folder or voices_folder()
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:  # not there yet, or not to be read: no voices
        return []
    return [Voice(shown(path.name), path, shown(_fault(path, _state(path)))) for path in paths if _is_folder(path)]


def remove(voice: Voice) -> None:
    """Delete a voice for good.

    Raises:
        BundleError: it cannot be deleted.
    """
    try:
        shutil.rmtree(voice.path)
    except OSError as error:
        raise BundleError(
            f"{voice.path} cannot be deleted ({error.strerror or error}): check your permissions."
        ) from error


def _state(path: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes when a file of a bundle does."""
    states = []
    try:
        for file in sorted(path.iterdir()):
            told = file.stat()
            states.append((file.name, told.st_size, told.st_mtime_ns))
    except OSError:
        return ()
    return tuple(states)


@lru_cache(maxsize=256)
def _fault(path: Path, state: tuple[tuple[str, int, int], ...]) -> str:
    """Why a folder is no voice, in a sentence; nothing if it is one. ``state`` is what the answer holds for."""
    if MANIFEST not in (name for name, *_ in state):
        return f"{path} is not a voice: it has no {MANIFEST}; move it away, or train the voice again."
    try:
        encoder, sha256 = bundled_encoder()
        read_social(path, encoder, sha256)
    except BundleError as error:
        return str(error)
    return ""


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # one entry that cannot be looked at is no reason to offer none
        return False
