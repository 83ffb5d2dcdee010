"""Write a whole file or none: into a temporary one beside it, then in its place."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO


def replace_file(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Write a file; until it is whole and on disk, what stood there before stays.

    The temporary file has one name a target, so that a run that was killed leaves at most one, and the next run
    takes it over.

    Raises:
        OSError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
