"""The files of an export, wherever they lie: in a folder, in one zip, or in several zips in a folder."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import TracebackType
from urllib.parse import unquote

from caption_model.errors import DumpError
from datasets.folders import files
from datasets.named_photos import same_name
from datasets.untrusted import read_bytes
from datasets.zips import SafeZip, is_zip

MOST_ENDS = 12  # parts of a path by which a file is known; Meta's own have five


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file: ``name`` is its path inside the export, ``folder`` that or the zip (``packed``) it lies in."""

    name: str
    folder: Path
    packed: bool = False

    @property
    def path(self) -> Path:
        """Where it lies; inside a zip the zip's own path followed by the member's name."""
        return self.folder / self.name


MOST_ALIKE = 1000  # files that are compared one by one, where so many parts do not tell them apart

Form = Callable[[str], str]
Index = dict[tuple[Form, str], list[ExportFile]]


class ExportFiles:
    """Index of all files of an export; opens no file but zips. Use it as a context manager.

    ``deepest`` limits the levels of subfolders looked at. ``skipped`` counts what cannot be used, by reason.

    Raises DumpError when ``path`` is a single file and no readable zip.
    """

    def __init__(self, path: Path, skipped: Counter[str], deepest: int | None = None) -> None:
        self.files: list[ExportFile] = []
        self._opened: SafeZip | None = None  # the archive that was read from last
        if not path.is_dir():
            self._add_zip(path, skipped)
        else:
            for file in files(path, skipped, deepest):
                if file.suffix.lower() != ".zip":
                    self.files.append(ExportFile(file.relative_to(path).as_posix(), path))
                elif is_zip(file):
                    try:
                        self._add_zip(file, skipped)
                    except DumpError:
                        skipped["zip damaged or refused"] += 1
        self._by_name: defaultdict[str, list[ExportFile]] = defaultdict(list)
        for entry in self.files:
            self._by_name[_folded(entry.name.rpartition("/")[2])].append(entry)
        self._by_end: dict[str, Index] = {}

    def read(self, file: ExportFile, limit: int, what: str, problems: Counter[str]) -> bytes | None:
        """The content of a file, at most ``limit`` bytes; else ``None``, counted in ``problems``."""
        if not file.packed:
            return read_bytes(file.path, limit, what, problems)
        try:
            return self._archive(file.folder).read(file.name, limit, what, problems)
        except DumpError:  # the zip was changed since it was indexed
            problems[f"{what} unreadable"] += 1
            return None

    def find(self, uri: str, near: ExportFile) -> ExportFile | None:
        """The file that ``uri``, relative to the export's root, means; the nearest to ``near`` where several do.

        Parts of an export may have been unpacked into folders of their own, so any folder may be the root. A uri may
        be escaped as links are, and differ from the file in case and in the form of accents, as neither matters on the
        disk of many a user.
        """
        for written in (uri, unquote(uri)):
            end = PurePosixPath(written.replace("\\", "/").lstrip("/")).as_posix()
            found = self._ending(end)
            if found:
                return _nearest(found, near)
        return None

    def close(self) -> None:
        """Close what is open."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def __enter__(self) -> "ExportFiles":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _add_zip(self, path: Path, skipped: Counter[str]) -> None:
        opened = self._archive(path)
        self.files += [ExportFile(name, path, packed=True) for name in opened.members]
        skipped.update(opened.refused)

    def _archive(self, path: Path) -> SafeZip:
        """An archive opened for reading: files that follow each other mostly lie in the same one."""
        if self._opened is None or self._opened.path != path:
            self.close()
            self._opened = SafeZip(path)
        return self._opened

    def _ending(self, end: str) -> list[ExportFile]:
        """Files whose path ends in ``end``, sorted by their paths; those of other case only if there are no others."""
        name = _folded(end.rpartition("/")[2])
        if name not in self._by_name:
            return []
        if name not in self._by_end:
            self._by_end[name] = _indexed(self._by_name[name])
        for form in (same_name, _folded):
            wanted = form(end)
            found = self._by_end[name].get((form, "/".join(wanted.split("/")[-MOST_ENDS:])), [])
            if wanted.count("/") >= MOST_ENDS:
                found = [file for file in found[:MOST_ALIKE] if ("/" + form(file.name)).endswith("/" + wanted)]
            if found:
                return found
        return []


def _indexed(same_names: list[ExportFile]) -> Index:
    """Files of one name by the ends of their paths, in both forms, each sorted by its path."""
    index: defaultdict[tuple[Form, str], list[ExportFile]] = defaultdict(list)
    for file in sorted(same_names, key=_parts):
        for form in (same_name, _folded):
            parts = form(file.name).split("/")
            for count in range(1, min(len(parts), MOST_ENDS) + 1):
                index[form, "/".join(parts[-count:])].append(file)
    return index


def _nearest(found: list[ExportFile], near: ExportFile) -> ExportFile:
    """Of files sorted by their paths the one that shares most folders with ``near``."""
    if len(found) == 1:
        return found[0]
    wanted = _parts(near)
    at = bisect_left(found, wanted, key=_parts)
    neighbours = found[max(at - 1, 0) : at + 1]
    best = max(neighbours, key=lambda file: _shared(_parts(file), wanted))
    # Those that share as much lie before it; the first of them is taken.
    shared = wanted[: _shared(_parts(best), wanted)]
    return found[bisect_left(found, shared, key=_parts)]


def _parts(file: ExportFile) -> tuple[str, ...]:
    return (*file.folder.parts, *file.name.split("/"))


def _folded(name: str) -> str:
    return same_name(name).casefold()


def _shared(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    """How many folders two paths have in common, from the top."""
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count
