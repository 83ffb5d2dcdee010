"""The album: a pack's photos, decoded once into one array, with their entries."""

import io
import logging
import os
import shutil
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import file_sha256, read_json, write_json
from caption_model.errors import PhotoError, TrainingError
from caption_model.training.distillation.catalogue import Entry, dump, parse
from caption_model.training.distillation.packing import CATALOGUE, INDEX
from caption_model.vision.photos import open_photo

log = logging.getLogger(__name__)

READY, PIXELS = "album.json", "pixels.npy"
SIZE = 160  # pixels a side; most sources are 144
AT_ONCE = 512  # photos that are decoded together
LARGEST = 64_000_000  # bytes of a member


@dataclass(frozen=True)
class Album:
    """Decoded photos.

    Attributes:
        pixels: RGB uint8 (N, size, size, 3), the whole frames squashed; a memory map.
        entries: of the N photos.
        teachers: folder of the teachers' weights.
        start: file or bundle files to start from.
    """

    pixels: NDArray[np.uint8]
    entries: list[Entry]
    teachers: Path
    start: Path

    def rows(self, role: str) -> NDArray[np.int64]:
        """Rows of the photos of a role."""
        return np.array([row for row, entry in enumerate(self.entries) if entry.role == role], np.int64)


def open_album(pack: Path, run: Path, size: int = SIZE) -> Album:
    """Unpack into ``run/album`` and decode; what stands finished there is used again, without the pack.

    Raises:
        TrainingError: a piece is missing or damaged, or the album there is of another pack or size.
    """
    folder = run / "album"
    if not (folder / READY).exists():
        _unpack(pack, folder, size)
    made = read_json(folder / READY)
    if made["size"] != size or ((pack / INDEX).exists() and made["pack"] != file_sha256(pack / INDEX)):
        raise TrainingError(f"{folder} holds another pack's photos: name another --run folder.")
    pixels = np.load(folder / PIXELS, mmap_mode="r", allow_pickle=False)
    entries = parse((folder / CATALOGUE).read_bytes())
    return Album(pixels[: len(entries)], entries, folder / "teachers", folder / "start")


def _unpack(pack: Path, folder: Path, size: int) -> None:
    if not (pack / INDEX).exists():
        raise TrainingError(f"{pack / INDEX} is missing: give the folder of a whole pack.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pieces = read_json(pack / INDEX)["pieces"]
    for piece in pieces:
        path = pack / piece["name"]
        if not path.exists() or path.stat().st_size != piece["bytes"] or file_sha256(path) != piece["sha256"]:
            raise TrainingError(f"{path} is missing or damaged: copy this piece of the pack again.")
    known: dict[str, Entry] = {}
    kept: list[Entry] = []
    pixels: Any = None
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for chunk in _chunks(_members(_Joined([pack / piece["name"] for piece in pieces]))):
            photos = [(known[name], content) for name, content in chunk if name in known]
            for name, content in chunk:
                if name == CATALOGUE:
                    known = {f"photos/{entry.name}": entry for entry in parse(content)}
                    shape = (len(known), size, size, 3)
                    pixels = np.lib.format.open_memmap(folder / PIXELS, "w+", np.uint8, shape)
                elif name not in known:
                    (folder / name).parent.mkdir(exist_ok=True)
                    (folder / name).write_bytes(content)
            frames = pool.map(lambda photo: _decode(photo[0], photo[1], size), photos)
            for entry, frame in zip(photos, frames, strict=True):
                if frame is not None:
                    pixels[len(kept)] = frame
                    kept.append(entry[0])
    if not kept:
        raise TrainingError(f"{pack} holds no photo that can be opened: pack the photos again.")
    pixels.flush()
    (folder / CATALOGUE).write_bytes(dump(kept))
    write_json(folder / READY, {"size": size, "photos": len(kept), "pack": file_sha256(pack / INDEX)})


def _decode(entry: Entry, content: bytes, size: int) -> NDArray[np.uint8] | None:
    try:
        return open_photo(content, (size, size))
    except PhotoError as error:
        log.warning("%s is left out: %s", entry.name, error)
        return None


def _chunks(members: Iterator[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Members in groups; the first alone, for it tells of the others."""
    group = [next(members)]
    for member in members:
        if len(group) == AT_ONCE or group[0][0] == CATALOGUE:
            yield group
            group = []
        group.append(member)
    yield group


def _members(stream: Any) -> Iterator[tuple[str, bytes]]:
    try:
        with stream, tarfile.open(mode="r|", fileobj=stream) as tar:
            for member in tar:
                parts = PurePosixPath(member.name).parts
                if not member.isfile() or member.size > LARGEST or ".." in parts or parts[0] == "/":
                    raise TrainingError(f"the pack holds a strange member ({member.name}): do not use it.")
                content = tar.extractfile(member)
                yield member.name, content.read() if content else b""
    except tarfile.TarError as error:
        raise TrainingError(f"the pack cannot be read ({error}): pack the photos again.") from error


class _Joined(io.RawIOBase):
    """Files read as one."""

    def __init__(self, paths: list[Path]) -> None:
        self._rest = list(paths)
        self._file: IO[bytes] | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        content = b""
        while size < 0 or len(content) < size:
            if self._file is None:
                if not self._rest:
                    break
                self._file = self._rest.pop(0).open("rb")
            part = self._file.read(size - len(content) if size >= 0 else -1)
            if part:
                content += part
            else:
                self._file.close()
                self._file = None
        return content

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        super().close()
