"""Read files that others have put there: only regular ones, and no more of them than there may be."""

import errno
import os
import stat
from pathlib import Path
from typing import IO

READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # a pipe's opening waits for nobody


def open_regular(path: Path) -> IO[bytes]:
    """Open a regular file, or a link to one, to read from.

    Raises:
        OSError: it is not there or may not be read, or it is a folder, a pipe or a device, which might never end.
    """
    descriptor = os.open(path, READ)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path, most: int) -> bytes:
    """The content of a regular file of at most so many bytes.

    Raises:
        OSError: as for ``open_regular``; or it is larger (``EFBIG``).
    """
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))
    return content
