"""Which photos of a folder there are, in which state, and what their sidecars are called."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from caption_model import __version__
from caption_model.errors import BatchError
from datasets.folders import PHOTO_SUFFIXES, files


@dataclass(frozen=True)
class Photo:
    """A photo as it was found.

    Attributes:
        name: path relative to the folder, with forward slashes: what journal and table call it.
        path: where it is.
        size: bytes.
        mtime_ns: last modification, nanoseconds since 1970.
        sidecar: the text file beside it that is its own.
    """

    name: str
    path: Path
    size: int
    mtime_ns: int
    sidecar: Path


@dataclass(frozen=True)
class Plan:
    """Photos in the order of their names, and how many files were passed over for which reason."""

    photos: tuple[Photo, ...]
    passed_over: Counter[str] = field(default_factory=Counter)


def find_photos(folder: Path, recursive: bool = False, exclude: Sequence[str] = ()) -> Plan:
    """Find the photos of a folder by their endings.

    Hidden files, links to folders (they may go in circles) and links that lead out of the folder are passed over.

    Args:
        folder: where to look.
        recursive: whether to look into subfolders.
        exclude: patterns as in a shell, for names, relative paths or folders ("drafts", "*_old.jpg", "2019/*.png").

    Raises:
        BatchError: the folder cannot be read.
    """
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        raise BatchError(f"{folder} cannot be read ({error.strerror}): check the path and your rights.") from error
    passed_over: Counter[str] = Counter()
    found = [
        path for path in files(folder, passed_over, None if recursive else 0) if path.suffix.lower() in PHOTO_SUFFIXES
    ]
    sidecars = _sidecars(found)
    photos = []
    for path in found:
        name = path.relative_to(folder).as_posix()
        if any(_matches(name, pattern) for pattern in exclude):
            passed_over["excluded"] += 1
            continue
        try:
            state = path.stat()
        except OSError:  # gone, or its link broken, since it was listed
            passed_over["vanished"] += 1
            continue
        photos.append(Photo(name, path, state.st_size, state.st_mtime_ns, sidecars[path]))
    return Plan(tuple(photos), passed_over)


def _matches(name: str, pattern: str) -> bool:
    pattern = pattern.removeprefix("./").rstrip("/")
    path = PurePosixPath(name)
    places = [path, *path.parents[:-1]]
    return any(fnmatchcase(text, pattern) for place in places for text in (place.as_posix(), place.name))


def _sidecars(photos: Iterable[Path]) -> dict[Path, Path]:
    """``a.jpg`` → ``a.txt``; where ``a.png`` stands beside it, ``a.jpg.txt`` and ``a.png.txt``."""
    names = {photo: (photo.with_suffix(".txt"), photo.with_name(f"{photo.name}.txt")) for photo in photos}
    wanted = Counter(_folded(short) for short, _ in names.values())
    taken = {_folded(long) for _, long in names.values()}  # "a.jpg.jpg" beside "a.jpg"
    return {
        photo: short if wanted[_folded(short)] == 1 and _folded(short) not in taken else long
        for photo, (short, long) in names.items()
    }


def _folded(path: Path) -> str:
    return str(path).casefold()  # many disks know no case


def settings_sha256(n: int, seed: int) -> str:
    """One hash of what else decides about the captions; the version counts, for it may write differently."""
    content = json.dumps({"n": n, "seed": seed, "version": __version__})
    return hashlib.sha256(content.encode()).hexdigest()
