"""One run a journal: a lock that the operating system takes back when its process dies, however it dies."""

import errno
import os
import sys
from pathlib import Path
from typing import IO

from caption_model.errors import BatchError

BUSY = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}

if sys.platform == "win32":
    import msvcrt

    FAR = 2**31 - 2  # Windows shuts others out of the locked bytes: lock one that no journal has

    def _take(file: IO[bytes]) -> None:
        file.seek(FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def lock(file: IO[bytes], path: Path) -> None:
    """Lock an open file until it is closed.

    Raises:
        BatchError: another run holds it, or the disk knows no locks.
    """
    try:
        _take(file)
    except OSError as error:
        if error.errno in BUSY:
            raise BatchError(
                f"another run is writing to {path}: wait for it, or choose another place (--out)."
            ) from error
        raise BatchError(
            f"{path} cannot be locked ({os.strerror(error.errno or 0)}): choose another place (--out)."
        ) from error
