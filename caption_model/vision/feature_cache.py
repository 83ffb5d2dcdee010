"""Encode many photos once: a cache on disk, keyed by the photo's content, the encoder's weights and its
arithmetic.

One small file a photo, written by temporary file and rename, so that a run killed at any moment resumes: its grid in
float16 (50 kB), or, where nobody asked for the grid, the grid's mean alone (2 kB).
"""

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from caption_model.errors import PhotoError
from caption_model.storage.regular import open_regular
from caption_model.storage.replace import replace_file
from caption_model.vision.encoders import BATCH, Encoder, pool
from caption_model.vision.files import content_of
from caption_model.vision.photos import open_photo

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
Item = TypeVar("Item")


def default_cache() -> Path:
    """Where features are kept unless told otherwise: ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "social-caption-suggester" / "features"


class FeatureCache:
    """Feature grids of photos, encoded when first asked for."""

    def __init__(self, encoder: Encoder, folder: Path | None = None) -> None:
        self.encoder = encoder
        self.folder = (folder or default_cache()) / f"{encoder.name}-{encoder.sha256[:16]}-{encoder.arithmetic}"

    def grids(
        self, photos: Sequence[Path], progress: Progress | None = None, mirrored: bool = False
    ) -> NDArray[np.float16]:
        """Grids of photos, float16 (len(photos), rows, columns, channels); photos not yet known are encoded.

        With ``mirrored``, each photo is turned left to right before it is encoded.

        Raises:
            PhotoError: a photo cannot be opened.
        """
        result = np.empty((len(photos), *self.encoder.grid_shape), np.float16)
        missing: list[tuple[int, Path, Path]] = []
        for row, photo in enumerate(photos):
            file = self._file(photo, mirrored)
            known = _known(file, self.encoder.grid_shape)
            if known is None:
                missing.append((row, photo, file))
            else:
                result[row] = known
        done = len(photos) - len(missing)
        for batch in _batches(missing, BATCH):
            pixels = np.stack([open_photo(photo, self.encoder.size) for _, photo, _ in batch])
            pixels = pixels[:, :, ::-1] if mirrored else pixels
            for (row, _, file), grid in zip(batch, self.encoder.encode(pixels).grid, strict=True):
                result[row] = grid.astype(np.float16)
                _write(file, result[row])
            done += len(batch)
            if progress:
                progress(done, len(photos))
        return result

    def pooled(
        self, photos: Sequence[Path], progress: Progress | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Mean features of any number of photos; those not yet known are encoded.

        Returns:
            float32 (len(photos), channels), on disk rather than in memory, and bool (len(photos),): which photos could
            be opened. The rows of the others are zeros.
        """
        features = _on_disk(self.folder, (len(photos), self.encoder.grid_shape[-1]))
        usable = np.ones(len(photos), np.bool_)
        waiting: list[tuple[int, Path, NDArray[np.uint8]]] = []
        for row, photo in enumerate(photos):
            try:
                file = self._file(photo)
                known = _known_mean(file, self.encoder.grid_shape)
                if known is None:
                    waiting.append((row, file, open_photo(photo, self.encoder.size)))
                else:
                    features[row] = known
            except PhotoError:
                usable[row] = False
            if len(waiting) == BATCH or (waiting and row == len(photos) - 1):
                self._encode_means(waiting, features)
                waiting = []
                if progress:
                    progress(row + 1, len(photos))
        return features, usable

    def _encode_means(
        self, waiting: Sequence[tuple[int, Path, NDArray[np.uint8]]], features: NDArray[np.float32]
    ) -> None:
        pooled = self.encoder.encode(np.stack([pixels for *_, pixels in waiting])).pooled
        for (row, file, _), mean in zip(waiting, pooled, strict=True):
            _write(_mean_file(file), mean)
            features[row] = mean

    def _file(self, photo: Path, mirrored: bool = False) -> Path:
        with content_of(photo) as content:  # never of a pipe, which would be waited for, nor of a device
            digest = hashlib.sha256(content).hexdigest()
        return self.folder / digest[:2] / f"{digest}{'-mirrored' if mirrored else ''}.npy"


def _batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _mean_file(file: Path) -> Path:
    return file.with_suffix(".mean.npy")


def _known(file: Path, shape: tuple[int, ...]) -> NDArray[Any] | None:
    """What a file of the cache holds; nothing if it is not there, or not whole, as after a power cut."""
    try:
        with open_regular(file) as stream:
            kept: NDArray[Any] = np.load(stream, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return kept if kept.shape == shape and kept.dtype.kind == "f" and np.isfinite(kept).all() else None


def _known_mean(file: Path, shape: tuple[int, ...]) -> NDArray[Any] | None:
    """The mean of the grid of ``shape`` that ``file`` is for, if either is there."""
    mean = _known(_mean_file(file), shape[-1:])
    if mean is None and (grid := _known(file, shape)) is not None:
        mean = pool(grid[None])[0]
    return mean


def _on_disk(folder: Path, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Zeros in a file without a name, which is gone when nobody uses it any more."""
    if not shape[0]:
        return np.zeros(shape, np.float32)
    place: Path | None = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        place = None  # where the system puts such files
    with tempfile.TemporaryFile(dir=place) as file:
        return np.memmap(file, np.float32, "w+", shape=shape)


def _write(file: Path, grid: NDArray[Any]) -> None:
    """Keep features for another time; a disk that takes none costs only that time."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_file(file, lambda stream: np.save(stream, grid, allow_pickle=False), cached=True)
    except OSError as error:
        log.warning("%s cannot be written (%s): its photo will be encoded again", file, error.strerror or error)
