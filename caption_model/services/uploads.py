"""Uploaded files on disk, where a process can read them: in a folder nobody else may enter, by names that are safe."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Protocol

from caption_model.errors import CaptionError

LONGEST = 200  # bytes of a name; disks take 255, and a number may be added
UNSAFE = str.maketrans(dict.fromkeys('<>:"|?*', "_") | dict.fromkeys(map(chr, (*range(32), 127)), ""))


class Upload(Protocol):
    """A file as a browser sends it: its name, for files of a folder with the folders above it, and its bytes."""

    @property
    def name(self) -> str:
        """Nothing to be trusted."""

    def getvalue(self) -> bytes:
        """Its content."""


def keep_uploads(uploads: Iterable[Upload], folder: Path) -> None:
    """Write uploads below a folder; of several with one name, the later ones get a number.

    Raises:
        CaptionError: the folder cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for upload in uploads:
            path = _free(folder / safe_name(upload.name))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(upload.getvalue())
    except OSError as error:
        raise CaptionError(f"{folder} cannot be written ({error.strerror or error}): make room there.") from error


def safe_name(name: str) -> PurePosixPath:
    """A relative path that stays below where it is put, whatever the name says."""
    parts = [_shortened(part.translate(UNSAFE).strip().lstrip(".")) for part in name.replace("\\", "/").split("/")]
    return PurePosixPath(*[part for part in parts if part] or ["file"])


def _shortened(part: str) -> str:
    """The beginning and the ending of what is too long."""
    data = part.encode("utf-8", "ignore")
    if len(data) <= LONGEST:
        return data.decode()
    suffix = PurePosixPath(part).suffix.encode("utf-8", "ignore")[:10]
    return (data[: LONGEST - len(suffix)] + suffix).decode("utf-8", "ignore")


def _free(path: Path) -> Path:
    numbered, number = path, 1
    while numbered.exists():
        number += 1
        numbered = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return numbered
