"""Write a whole file or none: into a temporary one beside it, then in its place."""

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

LONGEST_NAME = 255  # bytes that a disk takes


def check_place(path: Path) -> None:
    """Make sure that what is written to a path, or read from it, goes to that very file.

    Raises:
        OSError: it is a link, which may lead anywhere, a pipe or a device.
    """
    try:
        kind = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(kind):
        raise OSError(errno.ELOOP, "it is a symbolic link", str(path))
    if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
        raise OSError(errno.EINVAL, "it is a pipe or a device", str(path))


def replace_file(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Write a file; until it is whole and on disk, what stood there before stays.

    The temporary file has one name a target, so that a run that was killed leaves at most one, and the next run
    takes it over.

    Raises:
        OSError: it cannot be written.
    """
    temporary = path.with_name(_temporary(path.name))
    try:
        check_place(path)
        temporary.unlink(missing_ok=True)  # never written through, whatever was put there
        with temporary.open("xb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _temporary(name: str) -> str:
    whole = f".{name}.part"
    if len(os.fsencode(whole)) <= LONGEST_NAME:
        return whole
    return f".{hashlib.sha256(os.fsencode(name)).hexdigest()}.part"
