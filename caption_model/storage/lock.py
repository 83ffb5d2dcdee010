"""Files that one process holds at a time; the system takes a lock back when its process dies, however it dies.

``portalocker`` knows how to lock on every system. On Windows a lock shuts other handles out of the locked bytes, so
that a file of its own is locked there; elsewhere the file itself.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import portalocker

from caption_model.storage.replace import NO_FOLLOW, check_target


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a file, which is made where there is none, against every other process and every other ``exclusive``.

    Raises:
        BlockingIOError: somebody else holds it.
        OSError: it cannot be opened, is no regular file, or the disk knows no locks.
    """
    held = path.with_name(f".{path.name}.lock") if sys.platform == "win32" else path
    check_target(held)
    with os.fdopen(os.open(held, os.O_RDWR | os.O_CREAT | NO_FOLLOW, 0o666), "r+b") as file:
        try:
            portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.AlreadyLocked as error:
            raise BlockingIOError(f"{path} is held by another process") from error
        except portalocker.LockException as error:
            cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
            raise OSError(getattr(cause, "errno", None) or 0, f"it cannot be locked ({cause})", str(path)) from error
        yield
