"""A pack: everything that a training needs, in pieces small enough to be moved to the machine that trains.

One tar, cut into pieces without regard to its members; ``pack.json`` names the pieces with their SHA-256. In the tar:

    catalogue.jsonl             one entry a photo, in the order of the photos
    teachers/ start/            weights
    photos/<set>/<file>         the photos as they are, or smaller

Photos that are kept for the test never enter.
"""

import hashlib
import io
import logging
import tarfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from caption_model.bundles.bundle import WEIGHTS, write_json
from caption_model.errors import PhotoError, TrainingError
from caption_model.training.distillation.catalogue import Known, dump, photo_sources
from caption_model.training.distillation.teacher_networks import GOOGLENET, INCEPTION, SYNSETS
from caption_model.vision.heads import CLASS_HEAD
from caption_model.vision.photos import open_photo
from caption_model.vision.vgg16 import BOUNDS

log = logging.getLogger(__name__)

INDEX = "pack.json"
CATALOGUE = "catalogue.jsonl"
MEGABYTE = 1_000_000
QUALITY = 90  # of WebP, where photos are made smaller


@dataclass(frozen=True)
class Packing:
    """How to pack.

    Attributes:
        piece: bytes of a piece at most.
        shrink: photos that are larger than so many pixels a side are stored at this size; 0: as they are.
        every: every how many-th photo is taken; 1: all.
    """

    piece: int = 28 * MEGABYTE
    shrink: int = 0
    every: int = 1


def pack(data: Path, start: Path, out: Path, packing: Packing) -> dict[str, Any]:
    """Write a pack into the folder ``out``; pieces of an older one there are removed.

    Args:
        data: folder of all data, laid out as docs/data-formats.md says.
        start: weights to start from: an encoder's bundle, or a file that ``student.read_start`` reads.

    Returns:
        The index: pieces, and the number of photos by set and role.

    Raises:
        CaptionError: a source is missing or cannot be read, or the disk is full.
    """
    known = Known(data)
    chosen = [
        (entry, group, source)
        for group, sources in photo_sources(data).items()
        for source in sources
        for number, file in enumerate(_names(source))
        if number % packing.every == 0 and (entry := known.entry(group, file)) is not None
    ]
    counted = Counter(f"{entry.group} {entry.role}" for entry, *_ in chosen)
    entries = {entry.name: entry for entry, *_ in chosen}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for old in [*out.glob("pack-*"), out / INDEX]:
            old.unlink(missing_ok=True)
        with _Pieces(out, packing.piece) as pieces, tarfile.open(mode="w|", fileobj=pieces) as tar:
            _add(tar, CATALOGUE, dump(entries.values()))
            for name in (GOOGLENET, INCEPTION, SYNSETS):
                _add(tar, f"teachers/{name}", (data / "vision" / "teachers" / name).read_bytes())
            for weights in [start / name for name in (WEIGHTS, BOUNDS, CLASS_HEAD)] if start.is_dir() else [start]:
                _add(tar, f"start/{weights.name}", weights.read_bytes())
            for group, sources in photo_sources(data).items():
                for source in sources:
                    for file, content in _contents(source):
                        if (name := f"{group}/{file}") in entries:
                            _add(tar, f"photos/{name}", _smaller(name, content, packing.shrink))
        index = {"pieces": pieces.written, "photos": dict(sorted(counted.items())), "packing": vars(packing)}
        write_json(out / INDEX, index)
    except OSError as error:
        raise TrainingError(f"{out} cannot be packed ({error}).") from error
    return index


def _smaller(name: str, content: bytes, shrink: int) -> bytes:
    """A photo at no more than ``shrink`` pixels a side; one that is small enough or cannot be opened stays."""
    if not shrink:
        return content
    try:
        with Image.open(io.BytesIO(content)) as picture:
            if max(picture.size) <= shrink:
                return content
        stored = io.BytesIO()
        Image.fromarray(open_photo(content, (shrink, shrink))).save(stored, "WEBP", quality=QUALITY)
    except (PhotoError, OSError) as error:
        log.warning("%s: %s", name, error)
        return content
    return stored.getvalue()


def _names(source: Path) -> list[str]:
    try:
        if source.is_dir():
            return sorted(path.name for path in source.iterdir() if path.is_file())
        with tarfile.open(source, "r:") as tar:
            return [Path(member.name).name for member in tar if member.isfile()]
    except (OSError, tarfile.TarError) as error:
        raise TrainingError(f"{source} cannot be read ({error}): check the data folder.") from error


def _contents(source: Path) -> Iterator[tuple[str, bytes]]:
    if source.is_dir():
        yield from ((path.name, path.read_bytes()) for path in sorted(source.iterdir()) if path.is_file())
        return
    with tarfile.open(source, "r:") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                yield Path(member.name).name, content.read()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


class _Pieces(io.RawIOBase):
    """A stream that goes into files of at most ``size`` bytes; ``written`` names them."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self.written: list[dict[str, Any]] = []
        self._open: Any = None
        self._left = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        rest = memoryview(content)
        total = len(rest)
        while rest:
            if not self._left:
                self._close_piece()
                self._open = (self.folder / f"pack-{len(self.written):03d}").open("wb")
                self._hash, self._left = hashlib.sha256(), self.size
            part = rest[: self._left]
            self._open.write(part)
            self._hash.update(part)
            self._left -= len(part)
            rest = rest[len(part) :]
        return total

    def close(self) -> None:
        self._close_piece()
        super().close()

    def _close_piece(self) -> None:
        if self._open is not None:
            self._open.close()
            name, size = Path(self._open.name).name, self.size - self._left
            self.written.append({"name": name, "bytes": size, "sha256": self._hash.hexdigest()})
            self._open = None
