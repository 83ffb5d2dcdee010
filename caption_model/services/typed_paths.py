"""Paths as people type or paste them."""

import os
from pathlib import Path

from caption_model.errors import CaptionError

SHARED = "CAPTIONS_SHARED"  # in the environment: the app listens to more than this computer
FOLDER = "CAPTIONS_FOLDER"  # in the environment: paths must then lie in there


def typed_path(text: str, what: str) -> Path:
    """An absolute path: blanks and quotes around it are dropped, ``~`` is the user's home.

    Where the app is open to a network, only paths below the folder that was named at its start are taken, whatever
    links lead out of it.

    Raises:
        CaptionError: there is none, it does not say where it begins, or it leads to where visitors may not go;
            ``what`` is what it should lead to.
    """
    text = text.strip().strip("\"'").strip()
    if not text or "\0" in text:
        raise CaptionError(f"Type where {what} is.")
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:  # the home of nobody we know
        raise CaptionError(f"{text} cannot be found: type the whole path.") from error
    if not path.is_absolute():
        raise CaptionError(f"{text} is not a whole path: type it from its beginning, such as {Path.home() / text}.")
    return _within(path) if os.environ.get(SHARED) else path


def _within(path: Path) -> Path:
    """The path, if it lies below the folder that visitors may use; with its links followed."""
    folder = os.environ.get(FOLDER)
    if not folder:
        raise CaptionError("Paths are closed to visitors of the network: upload the files instead.")
    try:
        root, path = Path(folder).resolve(), path.resolve()
    except (OSError, RuntimeError) as error:
        raise CaptionError(f"{path} cannot be found: type another path.") from error
    if not path.is_relative_to(root):
        raise CaptionError(f"{path} is not in {root}: only what is in there can be used from the network.")
    return path
