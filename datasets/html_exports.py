"""Tell an export that was asked for in HTML, whatever its files are called, from a folder of something else.

The files' names are in the account's language at times, so what counts is what stands in them.
"""

import re
from collections import Counter
from pathlib import Path, PurePosixPath

from caption_model.errors import DumpError
from datasets.export_files import ExportFile, ExportFiles
from datasets.untrusted import open_regular

SUFFIXES = (".html", ".htm")
OWN_NAMES = re.compile(r"((archived_)?posts(_\d+)?|reels|stories|igtv_videos|start_here)\.html?", re.IGNORECASE)
OWN_FOLDERS = {"your_instagram_activity", "your_activity_across_facebook"}
SIGNS = (b"instagram", b"media/posts/")
MOST_LOOKED_INTO = 20  # files
HEAD = 200_000  # bytes of a file that are looked through
ASK_AGAIN = (
    "ask Instagram for a new one: Accounts Centre, Your information and permissions, Download your information, "
    "format JSON."
)


def is_page(path: Path) -> bool:
    """Whether a path is a file named like a web page."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def explain(path: Path, files: ExportFiles | None = None) -> DumpError | None:
    """The error to raise when ``path``, or any of ``files``, is of an export in HTML; else ``None``."""
    if files is None:
        try:
            found = _page_tells(path) if is_page(path) else _any_tells(ExportFiles(path, Counter(), deepest=6))
        except DumpError:
            return None
    else:
        found = _any_tells(files)
    return DumpError(f"{path} is an export in HTML, which cannot be read; {ASK_AGAIN}") if found else None


def _any_tells(files: ExportFiles) -> bool:
    with files:
        pages = [file for file in files.files if PurePosixPath(file.name).suffix.lower() in SUFFIXES]
        if any(OWN_NAMES.fullmatch(PurePosixPath(file.name).name) or _is_own_folder(file) for file in pages):
            return True
        heads = (files.read(file, HEAD * 100, "page", Counter()) for file in pages[:MOST_LOOKED_INTO])
        return any(_is_told(head[:HEAD]) for head in heads if head)


def _is_own_folder(file: ExportFile) -> bool:
    return any(part.lower() in OWN_FOLDERS for part in PurePosixPath(file.name).parts[:-1])


def _page_tells(path: Path) -> bool:
    if OWN_NAMES.fullmatch(path.name):
        return True
    try:
        with open_regular(path) as page:
            return _is_told(page.read(HEAD))
    except OSError:
        return False


def _is_told(head: bytes) -> bool:
    return any(sign in head.lower() for sign in SIGNS)
