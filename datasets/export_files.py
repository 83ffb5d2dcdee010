"""The files of an export, wherever they lie: in a folder, in one zip, or in several zips in a folder."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from caption_model.errors import DumpError
from datasets.folders import files
from datasets.untrusted import read_bytes
from datasets.zips import SafeZip, is_zip


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file: ``name`` is its path inside the export, ``path`` where it lies.

    Inside a zip, ``path`` is the zip's own followed by the member's name, and ``archive`` is the zip.
    """

    name: str
    path: Path
    archive: Path | None = None

    def read(self, limit: int, what: str, problems: Counter[str]) -> bytes | None:
        """The content, at most ``limit`` bytes; else ``None``, counted in ``problems``."""
        if self.archive is None:
            return read_bytes(self.path, limit, what, problems)
        try:
            with SafeZip(self.archive) as opened:
                return opened.read(self.name, limit, what, problems)
        except (DumpError, KeyError):  # the zip was changed since it was indexed
            problems[f"{what} unreadable"] += 1
            return None


class ExportFiles:
    """Index of all files of an export; opens no file but zips.

    ``deepest`` limits the levels of subfolders looked at. ``skipped`` counts what cannot be used, by reason.

    Raises DumpError when ``path`` is a single file and no readable zip.
    """

    def __init__(self, path: Path, skipped: Counter[str], deepest: int | None = None) -> None:
        self.files: list[ExportFile] = []
        if not path.is_dir():
            self._add_zip(path, skipped)
        else:
            for file in files(path, skipped, deepest):
                if file.suffix.lower() != ".zip":
                    self.files.append(ExportFile(file.relative_to(path).as_posix(), file))
                elif is_zip(file):
                    try:
                        self._add_zip(file, skipped)
                    except DumpError:
                        skipped["zip damaged or refused"] += 1
        self._by_name: defaultdict[str, list[ExportFile]] = defaultdict(list)
        for entry in self.files:
            self._by_name[_key(entry.name)].append(entry)

    def _add_zip(self, path: Path, skipped: Counter[str]) -> None:
        with SafeZip(path) as opened:
            self.files += [ExportFile(name, path / name, path) for name in opened.members]
            skipped.update(opened.refused)

    def find(self, uri: str, near: ExportFile) -> ExportFile | None:
        """The file that ``uri``, relative to the export's root, means; the nearest to ``near`` where several do.

        Parts of an export may have been unpacked into folders of their own, so any folder may be the root. A uri may
        be escaped as links are, and differ from the file in case, as it does not matter on the disk of many a user.
        """
        found: list[ExportFile] = []
        for written in (uri, unquote(uri)):
            ends = "/" + PurePosixPath(written.replace("\\", "/").lstrip("/")).as_posix()
            same = [
                file for file in self._by_name[_key(ends)] if ("/" + file.name).casefold().endswith(ends.casefold())
            ]
            exact = [file for file in same if ("/" + file.name).endswith(ends)]
            found = found or exact or same
        return max(found, key=lambda file: _shared(file.path, near.path), default=None)


def _key(name: str) -> str:
    return PurePosixPath(name).name.casefold()


def _shared(first: Path, second: Path) -> int:
    """How many folders two paths have in common, from the top."""
    count = 0
    for one, other in zip(first.parts, second.parts, strict=False):
        if one != other:
            break
        count += 1
    return count
