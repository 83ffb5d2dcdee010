"""Whose posts a folder holds, where no metadata say it: the folder's name, unless it is a year, a month or a day."""

import re
from pathlib import Path

DATED = re.compile(r"\d{1,4}([-_. ]\d{1,2}){0,2}|\d{8}")
DIVISIONS = {"posts", "photos", "images", "media", "pictures", "reels", "stories", "carousel", "carousels"}
HIGHEST = 4  # folders looked at from the innermost upwards


def account_of_folder(folder: Path) -> str:
    """Name of the innermost folder that is neither a date nor a kind of post, else of the innermost."""
    folder = folder.resolve()
    names = [place.name for place in (folder, *folder.parents)][:HIGHEST]
    return next((name for name in names if name and not _divides(name)), names[0])


def _divides(name: str) -> bool:
    return DATED.fullmatch(name) is not None or name.casefold() in DIVISIONS
