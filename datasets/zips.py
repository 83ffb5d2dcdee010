"""Read a zip of unknown origin in place: its members are looked over first, and none is ever unpacked by its name."""

import io
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from pathlib import Path, PurePosixPath
from types import TracebackType

from caption_model.errors import DumpError
from datasets.folders import is_hidden
from datasets.untrusted import open_regular, within

MAX_RATIO = 200  # photos do not shrink, JSON of captions to a tenth at best
RATIO_FREE = 1_000_000  # bytes; below, a high ratio does no harm
MAX_TOTAL = 200_000_000_000  # bytes all members may unpack to
MAX_DIRECTORY = 100_000_000  # bytes of the list of members, which is held as a whole
MAX_MEMBERS = 500_000
ENTRY = b"PK\x01\x02"  # begins each entry of that list
UTF8_FLAG = 0x800
LARGE = 1_000_000  # bytes; only the list of members is ever asked for in one piece of this size
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # zipfile unpacks the others without a bound
DRIVE = re.compile(r"[A-Za-z]:")
# What zipfile raises on damaged archives and members.
DAMAGE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    ArithmeticError,
    LookupError,
)


def is_zip(path: Path) -> bool:
    """Whether a file is a zip by its name or its content."""
    try:
        return path.is_file() and (path.suffix.lower() == ".zip" or zipfile.is_zipfile(path))
    except OSError:
        return False


class SafeZip:
    """A zip opened for reading; use it as a context manager.

    ``members`` maps each accepted member's name (with forward slashes) to its entry. ``refused`` counts the others by
    reason: paths that lead out, links and devices, encrypted ones, bombs, unusual compression, zips inside the zip.

    Raises DumpError when the file is no readable zip, or unpacks to so much that it must be a bomb.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.members: dict[str, zipfile.ZipInfo] = {}
        self.refused: Counter[str] = Counter()
        try:
            self._file = BoundedFile(open_regular(path))
        except OSError as error:
            raise DumpError(f"{path} cannot be opened ({error.strerror or error}); download it again.") from error
        try:
            size = path.stat().st_size
            self._zip = zipfile.ZipFile(self._file)
        except DAMAGE as error:
            self._file.close()
            raise DumpError(f"{path} is not a complete zip ({error}); download it again.") from error
        total = sum(info.file_size for info in self._zip.infolist())
        if total > MAX_TOTAL or total > RATIO_FREE + MAX_RATIO * size:
            self.close()
            raise DumpError(f"{path} claims to unpack to {total} bytes, as only a bomb does; it is not read.")
        for info in self._zip.infolist():
            name = _name(info).replace("\\", "/")
            parts = name.split("/")
            if info.is_dir() or any(is_hidden(part) for part in parts if part not in ("", ".", "..")):
                continue
            reason = _refusal(info, name)
            if reason:
                self.refused[reason] += 1
            else:
                roundabout = "" in parts or "." in parts
                self.members[PurePosixPath(name).as_posix() if roundabout else name] = info

    def read(self, name: str, limit: int, what: str, problems: Counter[str]) -> bytes | None:
        """A member of at most ``limit`` bytes, or ``None``, counted in ``problems`` as ``what`` and what ails it.

        No more than that is ever unpacked, whatever size the member claims.
        """
        try:
            with self._zip.open(self.members[name]) as member:
                return within(member.read(limit + 1), limit, what, problems)
        except DAMAGE:
            problems[f"{what} damaged"] += 1
            return None

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def __enter__(self) -> "SafeZip":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class BoundedFile(io.BufferedReader):
    """A file of which no more is read at once than an honest zip's list of members takes."""

    def __init__(self, file: io.BufferedReader) -> None:
        super().__init__(file.detach())

    def read(self, size: int | None = -1, /) -> bytes:
        """At most ``size`` bytes. Raises OSError for a list of members that is too long."""
        data = super().read(MAX_DIRECTORY + 1 if size is None or size < 0 else min(size, MAX_DIRECTORY + 1))
        if len(data) > MAX_DIRECTORY:
            raise OSError("its list of members is too long")
        if len(data) > LARGE and data.count(ENTRY) > MAX_MEMBERS:
            raise OSError("it has too many members")
        return data


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name: where it is not marked as UTF-8 but is, as Macs write it, that is what it is."""
    if not info.flag_bits & UTF8_FLAG and not info.filename.isascii():
        try:
            return info.filename.encode("cp437").decode()
        except UnicodeError:
            return info.filename
    return info.filename


def _refusal(info: zipfile.ZipInfo, name: str) -> str | None:
    if "\0" in info.orig_filename or name.startswith("/") or DRIVE.match(name) or ".." in name.split("/"):
        return "zip member with an unsafe path"
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        return "zip member that is a link or a device"
    if info.flag_bits & 0x1:
        return "zip member that is encrypted"
    if info.compress_type not in METHODS:
        return "zip member with unusual compression"
    if info.file_size > RATIO_FREE and info.file_size > MAX_RATIO * info.compress_size:
        return "zip member that unpacks to far more than it holds"
    if name.lower().endswith(".zip"):
        return "zip inside a zip"
    return None
