"""The photo that a table or a line names, looked for beside it."""

import os
import unicodedata
from pathlib import Path

from datasets.folders import USUAL_SUFFIXES

SUFFIXES = USUAL_SUFFIXES
MAX_NAME = 4096  # characters of a path; no system opens a longer one


def same_name(name: str) -> str:
    """A file's name for comparing: a Mac writes é as two characters, a table as one."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


class PhotoFinder:
    """Finds photos below a folder by the names that a table gives them; each folder is listed once.

    A name may lack its suffix, have backslashes, and differ from the file's in case or in the form of its accents.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._listings: dict[Path, dict[str, str]] = {}

    def find(self, name: str) -> Path | None:
        """The file that is meant, or ``None`` when there is none."""
        written = name.strip().replace("\\", "/")
        if not written or len(written) > MAX_NAME or "\0" in written:
            return None
        try:
            path = Path(written)
            if path.is_absolute():
                return self._below(path.parent, path.name)
            folder: Path | None = self.folder
            for part in path.parts[:-1]:
                folder = self._step(folder, part) if folder else None
            return self._below(folder, path.name) if folder else None
        except (OSError, ValueError):  # a name too long for the file system
            return None

    def _step(self, folder: Path, part: str) -> Path | None:
        if part in (".", ".."):
            return folder / part
        found = self._named(folder, part)
        return folder / found if found else None

    def _below(self, folder: Path, name: str) -> Path | None:
        if not name or not self._entries(folder):
            return None
        for suffix in ("", *SUFFIXES):
            found = self._named(folder, name + suffix)
            if found and (folder / found).is_file():
                return folder / found
        return None

    def _named(self, folder: Path, name: str) -> str | None:
        """The entry of a folder that a name means: the very one, else the one that reads the same."""
        entries = self._entries(folder)
        return entries.get(name) or entries.get(same_name(name)) or entries.get(same_name(name).casefold())

    def _entries(self, folder: Path) -> dict[str, str]:
        if folder not in self._listings:
            self._listings[folder] = _listing(folder)
        return self._listings[folder]


def _listing(folder: Path) -> dict[str, str]:
    """Entries of a folder by their names in every form they may be written in; exact names win."""
    try:
        with os.scandir(folder) as found:
            names = sorted(entry.name for entry in found)
    except OSError:
        return {}
    entries: dict[str, str] = {}
    for form in (lambda name: name, same_name, lambda name: same_name(name).casefold()):
        for name in names:
            entries.setdefault(form(name), name)
    return entries


def find_photo(folder: Path, name: str) -> Path | None:
    """The file ``name`` in ``folder``, its suffix left out or not, or ``None`` when there is none."""
    return PhotoFinder(folder).find(name)
