"""Where this user's own things are kept: voices, history. Never in the project's folder."""

import os
from pathlib import Path

import platformdirs

NAME = "social-caption-suggester"


def data_folder() -> Path:
    """A folder of ours in the place that the system has for a user's data; it need not exist yet.

    ``$XDG_DATA_HOME`` or ``~/.local/share`` on Linux, ``~/Library/Application Support`` on a Mac and ``%LOCALAPPDATA%``
    on Windows. Earlier versions used the first two on every system: a folder that stands there goes on being used.
    """
    usual = platformdirs.user_data_path(NAME, appauthor=False)
    base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    earlier = base / NAME
    return earlier if earlier.is_dir() and not usual.is_dir() else usual
