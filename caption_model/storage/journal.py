"""The journal: what was done for which photo, one JSON object a line, on disk before anything else is told of it.

    {"image": "a.jpg", "size": …, "mtime_ns": …, "models": …, "settings": …, "description": …, "captions": […]}
    {"image": "a.jpg", "size": …, "mtime_ns": …, "models": …, "settings": …, "sidecar": "a.txt"}
    {"image": "b.jpg", "size": …, "mtime_ns": …, "models": …, "settings": …, "error": …}

The first five fields are the key. Only the end is ever written to; a last line that a crash tore is cut off when the
journal is opened, and a torn line elsewhere counts as never written.
"""

import json
import os
from collections.abc import Iterator, Set
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from caption_model.errors import BatchError
from caption_model.storage.lock import exclusive
from caption_model.storage.regular import open_regular
from caption_model.storage.replace import NO_FOLLOW

LONGEST_LINE = 1 << 20  # bytes; ours have a few thousand
MOST_BYTES = 8_000_000_000  # millions of photos


class PhotoState(Protocol):
    """A photo as it was found (``batch.plan.Photo``)."""

    @property
    def name(self) -> str:
        """Path relative to the folder."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def mtime_ns(self) -> int:
        """Last modification, nanoseconds since 1970."""


@dataclass(frozen=True)
class Key:
    """A photo in one state, captioned in one way."""

    image: str
    size: int
    mtime_ns: int
    models: str
    settings: str

    @classmethod
    def of(cls, photo: PhotoState, models: str, settings: str) -> "Key":
        """The key of a photo as it was found."""
        return cls(photo.name, photo.size, photo.mtime_ns, models, settings)


@dataclass(frozen=True)
class Record:
    """What was written for a photo."""

    description: str
    captions: tuple[str, ...]


@dataclass
class _Entry:
    """An image: the key of its newest captions, where lines with its captions start, whether a sidecar holds them."""

    key: Key
    offsets: tuple[int, ...]
    has_sidecar: bool = False


class Journal:
    """An open, locked journal. Captions stay on disk; memory holds where they are."""

    def __init__(self, path: Path, writer: IO[bytes], reader: IO[bytes]) -> None:
        self.path = path
        self.unreadable = 0  # lines
        self._writer = writer  # unbuffered
        self._reader = reader
        self._entries: dict[str, _Entry] = {}
        self._end = 0
        self._read()

    @property
    def images(self) -> Set[str]:
        """All images that have captions, in whatever state."""
        return self._entries.keys()

    def record(self, key: Key) -> Record | None:
        """The captions of exactly this key, if they were written."""
        return self._at(self._entries[key.image].offsets[-1]) if self.has_captions(key) else None

    def has_captions(self, key: Key) -> bool:
        """Whether there are captions of exactly this key."""
        entry = self._entries.get(key.image)
        return entry is not None and entry.key == key

    def has_sidecar(self, key: Key) -> bool:
        """Whether they stand in a sidecar."""
        return self.has_captions(key) and self._entries[key.image].has_sidecar

    def history(self, image: str) -> list[Record]:
        """All captions of an image, whatever state it was in, the newest last."""
        entry = self._entries.get(image)
        return [self._at(offset) for offset in entry.offsets] if entry else []

    def write_captions(self, key: Key, record: Record) -> None:
        """Add the captions of a photo.

        Raises:
            BatchError: the disk is full or gone; what was written before is safe.
        """
        self._append({**asdict(key), **asdict(record)})

    def write_sidecar(self, key: Key, name: str) -> None:
        """Note that the captions of a photo stand in its sidecar.

        Raises:
            BatchError: as above.
        """
        self._append({**asdict(key), "sidecar": name})

    def write_error(self, key: Key, reason: str) -> None:
        """Note why a photo has no captions or no sidecar; it is tried again in the next run.

        Raises:
            BatchError: as above.
        """
        self._append({**asdict(key), "error": reason})

    def _append(self, content: dict[str, Any]) -> None:
        # Names that are no Unicode are kept as they are; JSON's reader takes them back in the same way.
        line = json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
        try:
            left = memoryview(line)
            while left:
                left = left[self._writer.write(left) :]
            os.fsync(self._writer.fileno())
        except OSError as error:
            with suppress(OSError):
                self._writer.truncate(self._end)
            raise BatchError(
                f"{self.path} cannot be written ({error.strerror or error}): what was done so far is safe; "
                "make room and run the same command again."
            ) from error
        self._note(content, self._end)
        self._end += len(line)

    def _read(self) -> None:
        for line in _lines(self._reader, self.path):
            if not line.endswith(b"\n"):
                self._writer.truncate(self._end)  # torn by a crash
                break
            content = _parsed(line)
            if content is None:
                self.unreadable += 1
            else:
                self._note(content, self._end)
            self._end += len(line)
        self._writer.seek(self._end)

    def _note(self, content: dict[str, Any], offset: int) -> None:
        key = _key_of(content)
        if "captions" in content:
            before = self._entries.get(key.image)
            self._entries[key.image] = _Entry(key, (*(before.offsets if before else ()), offset))
        elif "sidecar" in content and self.has_captions(key):
            self._entries[key.image].has_sidecar = True

    def _at(self, offset: int) -> Record:
        self._reader.seek(offset)
        content = json.loads(self._reader.readline())
        return Record(content["description"], tuple(content["captions"]))


def _lines(file: IO[bytes], path: Path) -> Iterator[bytes]:
    """The lines of a journal, none of which is without end.

    Raises:
        BatchError: it is none of ours.
    """
    size = os.fstat(file.fileno()).st_size
    line = b"" if size > MOST_BYTES else file.readline(LONGEST_LINE)
    while line and len(line) < LONGEST_LINE:
        yield line
        line = file.readline(LONGEST_LINE)
    if line or size > MOST_BYTES:
        raise BatchError(f"{path} is no journal of captions: move it away, or choose another place (--out).")


def _parsed(line: bytes) -> dict[str, Any] | None:
    """A line's object, or ``None`` if it is none of ours."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    types = {"image": str, "size": int, "mtime_ns": int, "models": str, "settings": str}
    if not isinstance(content, dict) or not all(isinstance(content.get(name), kind) for name, kind in types.items()):
        return None
    if "captions" in content:
        texts = [content.get("description"), *content["captions"]] if isinstance(content["captions"], list) else [None]
        return content if all(isinstance(text, str) for text in texts) else None
    return content if isinstance(content.get("sidecar", content.get("error")), str) else None


def newest(path: Path) -> dict[str, tuple[Key, Record | str]]:
    """What a journal told last of each image: its captions, or why it has none. Takes no lock and writes nothing.

    Raises:
        BatchError: it cannot be read.
    """
    told: dict[str, tuple[Key, Record | str]] = {}
    try:
        with open_regular(path) as file:
            for line in _lines(file, path):
                content = _parsed(line) if line.endswith(b"\n") else None
                if content is not None and "sidecar" not in content:
                    told[content["image"]] = (_key_of(content), _told(content))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise BatchError(f"{path} cannot be read ({error.strerror or error}): check your rights.") from error
    return told


def _told(content: dict[str, Any]) -> Record | str:
    return Record(content["description"], tuple(content["captions"])) if "captions" in content else content["error"]


def _key_of(content: dict[str, Any]) -> Key:
    return Key(**{name: content[name] for name in Key.__dataclass_fields__})


@contextmanager
def open_journal(path: Path) -> Iterator[Journal]:
    """Open a journal, or begin one, and keep every other run away from it.

    Raises:
        BatchError: another run holds it, or it cannot be read or written.
    """
    with ExitStack() as open_files:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            open_files.enter_context(exclusive(path))
            writer = open_files.enter_context(
                os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | NO_FOLLOW, 0o666), "r+b", buffering=0)
            )
            journal = Journal(path, writer, open_files.enter_context(path.open("rb")))
        except BlockingIOError as error:
            raise BatchError(
                f"another run is writing to {path}: wait for it, or choose another place (--out)."
            ) from error
        except OSError as error:
            raise BatchError(
                f"{path} cannot be written ({error.strerror or error}): choose another place for the table (--out)."
            ) from error
        yield journal
