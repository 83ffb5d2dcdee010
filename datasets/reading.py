"""One way in for every dump format: the first reader that recognises a path reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from caption_model.errors import DumpError
from datasets import (
    captions_csv,
    html_exports,
    instaloader,
    json_sidecars,
    jsonl,
    kaggle,
    meta_export,
    sidecars,
    table_folders,
)
from datasets.posts import Post, ReadReport, cut_captions


@dataclass(frozen=True, slots=True)
class Reader:
    """A dump format: its name, a cheap look whether a path is one, and the reading itself."""

    name: str
    detect: Callable[[Path], bool]
    read: Callable[[Path], tuple[list[Post], ReadReport]]


# The more a layout tells about itself, the earlier it is asked; photos beside texts may be any of them.
READERS = (
    Reader(kaggle.NAME, kaggle.detect, kaggle.read),
    Reader(captions_csv.NAME, captions_csv.detect, captions_csv.read),
    Reader(jsonl.NAME, jsonl.detect, jsonl.read),
    Reader(instaloader.NAME, instaloader.detect, instaloader.read),
    Reader(meta_export.NAME, meta_export.detect, meta_export.read),
    Reader(json_sidecars.NAME, json_sidecars.detect, json_sidecars.read),
    Reader(sidecars.NAME, sidecars.detect, sidecars.read),
    Reader(table_folders.NAME, table_folders.detect, table_folders.read),
)
# Layouts that cannot be mistaken for each other: where one is read, another in the same folder is told of.
UNMISTAKABLE = {reader.name: reader for reader in READERS if reader.name in (kaggle.NAME, meta_export.NAME)}


def read_posts(path: Path | str) -> tuple[list[Post], ReadReport]:
    """Read a dump, whichever known format it is in. No caption is longer than Instagram's 2,200 characters.

    Raises DumpError when the path does not exist, no reader knows its format, or it holds no posts.
    """
    posts, report = _read(Path(path))
    return cut_captions(posts, report), report


def _read(path: Path) -> tuple[list[Post], ReadReport]:
    try:
        exists = path.exists()
    except OSError as error:  # a name too long, a folder above it that must not be entered
        raise DumpError(f"{path} cannot be opened ({error.strerror or error}); check the path.") from error
    if not exists:
        raise DumpError(f"{path} does not exist; give the path of a dump's folder or file.")
    for reader in READERS:
        if reader.detect(path):
            posts, report = reader.read(path)
            _tell_of_others(path, report)
            return posts, report
    if explained := html_exports.explain(path):
        raise explained
    if not (path.is_file() or path.is_dir()):
        raise DumpError(f"{path} is a pipe or a device; give the path of a dump's folder or file.")
    known = "; ".join(reader.name for reader in READERS)
    raise DumpError(f"{path} is in no known format; give one of: {known}.")


def _tell_of_others(path: Path, report: ReadReport) -> None:
    """Count another dump in the same folder, which must be given by itself to be read."""
    if path.is_dir():
        others = [name for name, reader in UNMISTAKABLE.items() if name != report.format and reader.detect(path)]
        report.skipped.update(f"another dump in this folder, to be given by itself: {name}" for name in others)
