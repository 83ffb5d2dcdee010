"""Encode many photos once: a cache on disk, keyed by the photo's content and the encoder's weights.

One small float16 file a photo, written by temporary file and rename, so that a run killed at any moment resumes.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_model.encoders import BATCH, Encoder
from caption_model.errors import PhotoError
from caption_model.photos import open_photo

Progress = Callable[[int, int], None]


def default_cache() -> Path:
    """Where features are kept unless told otherwise: ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "social-caption-suggester" / "features"


class FeatureCache:
    """Feature grids of photos, encoded when first asked for."""

    def __init__(self, encoder: Encoder, folder: Path | None = None) -> None:
        self.encoder = encoder
        self.folder = (folder or default_cache()) / f"{encoder.name}-{encoder.sha256[:16]}"

    def grids(
        self, photos: Sequence[Path], progress: Progress | None = None, mirrored: bool = False
    ) -> NDArray[np.float16]:
        """Grids of photos, float16 (len(photos), rows, columns, channels); photos not yet known are encoded.

        With ``mirrored``, each photo is turned left to right before it is encoded.

        Raises:
            PhotoError: a photo cannot be opened.
        """
        files = [self._file(photo, mirrored) for photo in photos]
        missing = [(photo, file) for photo, file in zip(photos, files, strict=True) if not file.exists()]
        done = len(photos) - len(missing)
        for batch in _batches(missing, BATCH):
            pixels = np.stack([open_photo(photo, self.encoder.size) for photo, _ in batch])
            pixels = pixels[:, :, ::-1] if mirrored else pixels
            for (_, file), grid in zip(batch, self.encoder.encode(pixels).grid, strict=True):
                _write(file, grid.astype(np.float16))
            done += len(batch)
            if progress:
                progress(done, len(photos))
        result = np.empty((len(files), *self.encoder.grid_shape), np.float16)
        for row, file in enumerate(files):
            result[row] = np.load(file, allow_pickle=False)
        return result

    def _file(self, photo: Path, mirrored: bool) -> Path:
        try:
            digest = hashlib.sha256(photo.read_bytes()).hexdigest()
        except OSError as error:
            raise PhotoError(f"{photo} cannot be read: check the path.") from error
        return self.folder / digest[:2] / f"{digest}{'-mirrored' if mirrored else ''}.npy"


def _batches(items: Sequence[tuple[Path, Path]], size: int) -> Iterator[Sequence[tuple[Path, Path]]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _write(file: Path, grid: NDArray[np.float16]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(f".{os.getpid()}")
    with temporary.open("wb") as stream:
        np.save(stream, grid, allow_pickle=False)
    temporary.replace(file)
