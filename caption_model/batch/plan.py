"""Which photos of a folder there are, in which state, and what their sidecars are called."""

import hashlib
import json
import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from caption_model import __version__
from caption_model.errors import BatchError
from caption_model.generation.options import GenerationOptions
from datasets.folders import PHOTO_SUFFIXES, files

LONGEST_NAME = 255  # bytes that a disk takes
OTHER = "file that is no photo"
USUAL = GenerationOptions()


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


def find_photos(folder: Path, recursive: bool = False, exclude: Sequence[str] = (), own: Sequence[Path] = ()) -> Plan:
    """Find the photos of a folder by their endings.

    Hidden files, links to folders (they may go in circles), links that lead out of the folder and files with other
    endings are passed over.

    Args:
        folder: where to look.
        recursive: whether to look into subfolders.
        exclude: patterns as in a shell, for names, relative paths or folders ("drafts", "*_old.jpg", "2019/*.png").
        own: files that a run keeps there: they are not counted among those passed over, and nor are sidecars.

    Raises:
        BatchError: the folder cannot be read.
    """
    try:
        with os.scandir(folder):
            pass
    except OSError as error:
        raise BatchError(f"{folder} cannot be read ({error.strerror}): check the path and your rights.") from error
    passed_over: Counter[str] = Counter()
    found: list[Path] = []
    others: list[Path] = []
    for path in files(folder, passed_over, None if recursive else 0):
        (found if path.suffix.lower() in PHOTO_SUFFIXES else others).append(path)
    sidecars = _sidecars(found)
    if other := len(set(others).difference(own, sidecars.values())):
        passed_over[OTHER] = other
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
    pattern = _composed(pattern.removeprefix("./").rstrip("/"))
    path = PurePosixPath(_composed(name))
    places = [path, *path.parents[:-1]]
    return any(fnmatchcase(text, pattern) for place in places for text in (place.as_posix(), place.name))


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)  # a Mac's disk has letters and accents apart


def _sidecars(photos: Iterable[Path]) -> dict[Path, Path]:
    """``a.jpg`` → ``a.txt``; where ``a.png`` stands beside it, ``a.jpg.txt`` and ``a.png.txt``."""
    names = {photo: (photo.with_suffix(".txt"), photo.with_name(_with_txt(photo.name))) for photo in photos}
    wanted = Counter(_folded(short) for short, _ in names.values())
    taken = {_folded(long) for _, long in names.values()}  # "a.jpg.jpg" beside "a.jpg"
    return {
        photo: short if wanted[_folded(short)] == 1 and _folded(short) not in taken else long
        for photo, (short, long) in names.items()
    }


def _with_txt(name: str) -> str:
    """A name with ``.txt`` behind it; of one that would be too long, the beginning and what tells it from others."""
    whole = f"{name}.txt"
    if len(os.fsencode(whole)) <= LONGEST_NAME:
        return whole
    end = f"~{hashlib.sha256(os.fsencode(name)).hexdigest()[:8]}.txt"
    return os.fsencode(name)[: LONGEST_NAME - len(end)].decode("utf-8", "ignore") + end


def _folded(path: Path) -> str:
    return _composed(str(path)).casefold()  # many disks know no case, and accents in one way only


def settings_sha256(options: GenerationOptions) -> str:
    """One hash of what else decides about the captions; the version counts, for it may write differently."""
    told = {name: getattr(options, name) for name in vars(options) if getattr(options, name) != getattr(USUAL, name)}
    content = json.dumps({**told, "n": options.n, "seed": options.seed, "version": __version__}, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
