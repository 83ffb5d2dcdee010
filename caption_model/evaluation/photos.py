"""Which photos of a folder are looked at."""

from pathlib import Path

from caption_model.errors import DumpError
from datasets.flickr8k import read_list
from datasets.folders import PHOTO_SUFFIXES


def photos_of(images: Path, listed: Path | None = None, count: int | None = None) -> list[Path]:
    """The listed photos of a folder in the list's order, else all by name; at most ``count``.

    Raises:
        DumpError: the list cannot be read, names a photo that is not there, or there is no photo.
    """
    if listed:
        found = [images / name for name in read_list(listed)][:count]
        missing = [photo for photo in found if not photo.is_file()]
        if missing:
            raise DumpError(f"{missing[0]} is not there ({len(missing)} listed photos in all): check --images.")
        return found
    try:
        found = sorted(path for path in images.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES and path.is_file())
    except OSError as error:
        raise DumpError(f"{images} cannot be read ({error.strerror or error}): check --images.") from error
    if not found:
        raise DumpError(f"{images} holds no photo: check the path.")
    return found[:count]
