"""Write a whole file or none: into a temporary one in the same folder, then in its place."""

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def replace_file(path: Path, fill: Callable[[IO[bytes]], object], *, cached: bool = False) -> None:
    """Write a file; until it is whole and on disk, what stood there before stays.

    File and folder are synchronised with the disk, so that a power cut leaves the old content or the new one. The
    temporary file has one name per target: a run that was killed leaves at most one, and the next run replaces it.

    Args:
        path: the file; an existing one keeps its permissions.
        fill: writes the content into an open binary file.
        cached: for files of a cache, which several processes may write at once and which can be made again: nothing is
            synchronised, and each process has a temporary file of its own.

    Raises:
        OSError: it cannot be written, or ``path`` is a symbolic link, a pipe, a device or a folder.
        Exception: whatever ``fill`` raises; the old file stays.
    """
    with _replacing(path, cached) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            fill(file)


def replace_by(path: Path, write: Callable[[Path], object]) -> None:
    """``replace_file`` for libraries that want a path: ``write`` is called with the temporary file's.

    Raises:
        OSError, Exception: as for ``replace_file``.
    """
    with _replacing(path, cached=False) as temporary:
        write(temporary)
        temporary.chmod(0o644)  # some write for the owner alone


@contextmanager
def _replacing(path: Path, cached: bool) -> Iterator[Path]:
    """Gives the path of a temporary file to write, and puts it in its place at the end if nothing was raised."""
    before = check_target(path)
    temporary = _temporary(path, f"{os.getpid()}-{threading.get_ident()}" if cached else "")
    try:
        temporary.unlink(missing_ok=True)
        yield temporary
        if not cached:
            _sync(temporary, os.O_RDWR)
        if before is not None:
            with suppress(OSError):  # not ours
                temporary.chmod(stat.S_IMODE(before.st_mode))
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if not cached:
        sync_folder(path.parent)


def replace_bytes(path: Path, content: bytes) -> None:
    """``replace_file`` with the content given."""
    replace_file(path, lambda file: file.write(content))


def check_target(path: Path) -> os.stat_result | None:
    """The state of a regular file, or ``None`` where there is nothing yet.

    Raises:
        OSError: something else stands there: writing would reach a place that nobody named, or wait for ever.
    """
    try:
        state = path.lstat()
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(state.st_mode):
        raise OSError(errno.ELOOP, "it is a symbolic link", str(path))
    if not stat.S_ISREG(state.st_mode):
        kind = "a folder" if stat.S_ISDIR(state.st_mode) else "a pipe or device"
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", str(path))
    return state


def sync_folder(folder: Path) -> None:
    """Have the disk remember which files a folder holds; systems that cannot do so are left alone."""
    with suppress(OSError):
        _sync(folder, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _temporary(path: Path, owner: str) -> Path:
    """A hidden name that is never too long for the disk: names of 255 bytes have room for no ending."""
    if not owner and len(os.fsencode(path.name)) <= 200:
        return path.with_name(f".{path.name}.part")
    digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:32]
    return path.with_name(f".{digest}{owner and '-'}{owner}.part")
