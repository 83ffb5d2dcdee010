"""The photo that a table or a line names, looked for beside it."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path

from datasets.folders import USUAL_SUFFIXES

SUFFIXES = (*USUAL_SUFFIXES, *map(str.upper, USUAL_SUFFIXES))


def find_photo(folder: Path, name: str) -> Path | None:
    """The file ``name`` in ``folder``, its suffix left out or not, or ``None`` when there is none.

    Letters with accents may be written as one character or as two: tables have them in one way, Macs' disks in the
    other.
    """
    if not name:
        return None
    try:
        return next((place for place in _places(folder, name.replace("\\", "/")) if place.is_file()), None)
    except (OSError, ValueError):  # a name too long for the file system, or one with a NUL
        return None


def _places(folder: Path, name: str) -> Iterator[Path]:
    for form in dict.fromkeys([name, *(unicodedata.normalize(form, name) for form in ("NFC", "NFD"))]):
        place = folder / form
        yield place
        yield from (place.parent / (place.name + suffix) for suffix in SUFFIXES)
