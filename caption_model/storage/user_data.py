"""Where this user's own things are kept: voices, history. Never in the project's folder."""

import os
from pathlib import Path


def data_folder() -> Path:
    """``$XDG_DATA_HOME`` or ``~/.local/share``, and in it a folder of ours; it need not exist yet."""
    base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "social-caption-suggester"
