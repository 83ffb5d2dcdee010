"""Photos to learn from, decoded once: folders and tars of photos → one array of pixels on disk."""

import logging
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import read_json, write_json
from caption_model.errors import PhotoError, TrainingError
from caption_model.vision.photos import open_photo

log = logging.getLogger(__name__)

SIZE = 224  # pixels; the whole frame is squashed to this square
MAX_MEMBER = 64_000_000  # bytes of one photo in a tar


@dataclass(frozen=True)
class Frames:
    """Decoded photos: ``pixels`` uint8 (N, 224, 224, 3) and the file name of each."""

    pixels: NDArray[np.uint8]
    names: list[str]


def load_frames(sources: Sequence[Path], run: Path, keep: Callable[[str], bool]) -> Frames:
    """Decode every photo of folders and tars into ``run/frames.npy``; a finished array there is used again.

    Args:
        sources: folders of photos (not searched deeper) and uncompressed tars of photos.
        keep: whether a photo of this file name is wanted.

    Raises:
        TrainingError: a source cannot be read, or there is no photo.
    """
    index = run / "frames.json"
    if not index.exists():
        run.mkdir(parents=True, exist_ok=True)
        names = _decode(sources, run / "frames.npy", keep)
        write_json(index, {"names": names, "sources": [source.name for source in sources]})
    stored = read_json(index)
    if stored["sources"] != [source.name for source in sources] or not all(map(keep, stored["names"])):
        raise TrainingError(f"{run} holds other photos: name another --run folder.")
    return Frames(np.load(run / "frames.npy", mmap_mode="r", allow_pickle=False), stored["names"])


def _decode(sources: Sequence[Path], path: Path, keep: Callable[[str], bool]) -> list[str]:
    candidates = sum(1 for source in sources for name, _ in _contents(source) if keep(name))
    if not candidates:
        raise TrainingError(f"{', '.join(map(str, sources))} hold no photo: check the folders.")
    whole = np.lib.format.open_memmap(path.with_suffix(".all"), "w+", np.uint8, (candidates, SIZE, SIZE, 3))
    names: list[str] = []
    for source in sources:
        for name, content in _contents(source):
            if not keep(name):
                continue
            try:
                whole[len(names)] = open_photo(content, (SIZE, SIZE))
            except PhotoError as error:
                log.warning("%s is left out: %s", name, error)
                continue
            names.append(name)
    pixels = np.lib.format.open_memmap(path, "w+", np.uint8, (len(names), SIZE, SIZE, 3))
    for start in range(0, len(names), 1024):
        pixels[start : start + 1024] = whole[start : min(start + 1024, len(names))]
    pixels.flush()
    path.with_suffix(".all").unlink()
    log.info("decoded %d photos", len(names))
    return names


def _contents(source: Path) -> Iterator[tuple[str, Path | bytes]]:
    if source.is_dir():
        for photo in sorted(source.iterdir()):
            if photo.is_file():
                yield photo.name, photo
        return
    try:
        with tarfile.open(source, "r:") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isreg() and member.size <= MAX_MEMBER else None
                if file is not None:
                    yield Path(member.name).name, file.read()
    except (OSError, tarfile.TarError) as error:
        raise TrainingError(f"{source} is no folder and no tar of photos ({error}): check the path.") from error
