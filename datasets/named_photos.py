"""The photo that a table or a line names, looked for beside it."""

from pathlib import Path

SUFFIXES = (".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG")


def find_photo(folder: Path, name: str) -> Path | None:
    """The file ``name`` in ``folder``, its suffix left out or not, or ``None`` when there is none."""
    if not name:
        return None
    beside = folder / name.replace("\\", "/")
    try:
        return next(
            (place for place in (beside, *(_with(beside, suffix) for suffix in SUFFIXES)) if place.is_file()), None
        )
    except (OSError, ValueError):  # a name too long for the file system, or one with a NUL
        return None


def _with(place: Path, suffix: str) -> Path:
    return place.parent / (place.name + suffix)
