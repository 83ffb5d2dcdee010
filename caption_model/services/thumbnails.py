"""Small pictures for tables."""

import base64
import io
from functools import lru_cache
from pathlib import Path

from PIL import Image

from caption_model.batch.plan import Photo
from caption_model.errors import PhotoError
from caption_model.vision.photos import open_for_display

SIDE = 128  # pixels, the longer one
KEPT = 2048  # of about 4 kB


def thumbnail(photo: Photo) -> str | None:
    """A JPEG without metadata as a data URL, ``None`` for a photo that cannot be opened."""
    return _thumbnail(photo.path, photo.size, photo.mtime_ns)


@lru_cache(maxsize=64)
def smaller(picture: bytes, side: int) -> bytes:
    """A JPEG of at most so many pixels a side."""
    with Image.open(io.BytesIO(picture)) as opened:
        opened.thumbnail((side, side))
        file = io.BytesIO()
        opened.save(file, "JPEG", quality=80)
    return file.getvalue()


@lru_cache(maxsize=KEPT)
def _thumbnail(path: Path, size: int, mtime_ns: int) -> str | None:
    try:
        picture = open_for_display(path, SIDE)
    except PhotoError:
        return None
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
