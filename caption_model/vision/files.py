"""Read a photo's bytes: of regular files only, and no more of them than memory has room for."""

import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from caption_model.errors import PhotoError

Source = str | Path | bytes | BinaryIO

MAX_BYTES = 256_000_000  # a 200-megapixel JPEG of the best quality has some 150 MB
LONGEST_REASON = 160  # characters of a library's message that are passed on


class Budget:
    """Bytes that all threads together may hold; whoever wants more than is left waits."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._left = size
        self._changed = threading.Condition()

    @contextmanager
    def hold(self, wanted: int) -> Iterator[None]:
        """Hold ``wanted`` bytes inside; more than there are at all counts as all."""
        wanted = min(wanted, self.size)
        with self._changed:
            self._changed.wait_for(lambda: self._left >= wanted)
            self._left -= wanted
        try:
            yield
        finally:
            with self._changed:
                self._left += wanted
                self._changed.notify_all()


FILES = Budget(MAX_BYTES)


def name_of(source: Source) -> str:
    """What to call a photo in a message: its path or the upload's name."""
    if isinstance(source, (str, Path)):
        return str(source)
    return str(getattr(source, "name", "the photo"))


def reason_of(error: BaseException) -> str:
    """What a library says of a failure, on one line that is not too long."""
    text = " ".join(str(getattr(error, "strerror", None) or error).split())
    return (text or type(error).__name__)[:LONGEST_REASON].rstrip(".")


@contextmanager
def content_of(source: Source) -> Iterator[bytes]:
    """A photo's bytes; those of files count against what all threads together may hold.

    Raises:
        PhotoError: missing, empty, too large, or neither bytes nor a regular file.
    """
    name = name_of(source)
    if isinstance(source, (str, Path)):
        with _opened(Path(source), name) as file:
            size = os.fstat(file.fileno()).st_size
            _check_size(size, name)
            with FILES.hold(size):
                yield _read(file, name)
    elif isinstance(source, bytes):
        _check_size(len(source), name)
        yield source
    else:
        yield _read(source, name)


def _opened(path: Path, name: str) -> BinaryIO:
    """An open regular file; a pipe is not waited for."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        number = os.open(path, flags)
    except FileNotFoundError as error:
        raise PhotoError(f"{name} does not exist: check the path.") from error
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path, or a name of no encoding
        if isinstance(error, PermissionError) and path.is_dir():  # Windows opens no folders
            raise PhotoError(f"{name} is a folder: name the photos in it.") from error
        raise PhotoError(f"{name} cannot be read ({reason_of(error)}).") from error
    kind = os.fstat(number).st_mode
    if stat.S_ISREG(kind):
        return os.fdopen(number, "rb")
    os.close(number)
    if stat.S_ISDIR(kind):
        raise PhotoError(f"{name} is a folder: name the photos in it.")
    raise PhotoError(f"{name} is a pipe or a device: save the photo as a file.")


def _read(file: BinaryIO, name: str) -> bytes:
    try:
        file.seek(0)
        data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a closed upload
        raise PhotoError(f"{name} cannot be read ({reason_of(error)}).") from error
    _check_size(len(data), name)
    return data


def _check_size(size: int, name: str) -> None:
    if size == 0:
        raise PhotoError(f"{name} is empty: copy it again from its origin.")
    if size > MAX_BYTES:
        raise PhotoError(
            f"{name} has more than the {MAX_BYTES // 1_000_000} MB allowed: save a smaller copy and try again."
        )
