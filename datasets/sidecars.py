"""Reader for a folder of photos, each with its caption in a ``.txt`` of the same name beside it."""

from collections import Counter, defaultdict
from itertools import groupby
from pathlib import Path

from caption_model.errors import DumpError
from datasets.folders import PHOTO_SUFFIXES, files
from datasets.posts import Post, ReadReport, nothing_read
from datasets.tables import read_text

NAME = "folder of photos with .txt captions"
CAPTION_SUFFIX = ".txt"
DEEPEST = 3  # levels of subfolders looked into to tell the format
MAX_BYTES = 100_000  # of one caption; Instagram's longest is 2,200 characters


def detect(path: Path) -> bool:
    """Whether ``path`` is a folder in which, or not far below, a photo has its ``.txt``."""
    if not path.is_dir():
        return False
    for _, group in groupby(files(path, deepest=DEEPEST), key=lambda file: file.parent):
        suffixes: defaultdict[str, set[str]] = defaultdict(set)
        for file in group:
            suffixes[file.stem].add(file.suffix.lower())
        if any(CAPTION_SUFFIX in found and not PHOTO_SUFFIXES.isdisjoint(found) for found in suffixes.values()):
            return True
    return False


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all photos with a caption, in subfolders too.

    Raises DumpError when there is none.
    """
    report = ReadReport(NAME)
    groups: defaultdict[Path, list[Path]] = defaultdict(list)
    for file in files(path, report.skipped):
        if file.suffix.lower() == CAPTION_SUFFIX or file.suffix.lower() in PHOTO_SUFFIXES:
            groups[file.with_suffix("")].append(file)
        else:
            report.skipped["file of another kind"] += 1
    posts = []
    for key, group in groups.items():
        captions = [file for file in group if file.suffix.lower() == CAPTION_SUFFIX]
        photos = [file for file in group if file.suffix.lower() in PHOTO_SUFFIXES]
        if not captions or not photos:
            report.skipped["photo without a caption" if photos else "text without a photo"] += len(group)
            continue
        if len(photos) > 1:
            report.skipped["further photo of the same name"] += len(photos) - 1
        caption = read_caption(captions[0], report.skipped)
        if not caption:
            if caption is not None:
                report.skipped["empty caption"] += 1
            continue
        posts.append(Post(photos[0], caption, path.resolve().name, key.relative_to(path).as_posix()))
    report.posts = report.with_photo = len(posts)
    if not posts:
        raise nothing_read(path, report, "put each photo's caption beside it, in a .txt of the same name.")
    return posts, report


def read_caption(path: Path, skipped: Counter[str]) -> str | None:
    """The caption in a text file, without the white space around it; ``None``, counted, when it cannot be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            skipped["text too long for a caption"] += 1
            return None
        return read_text(path, skipped).strip()
    except (DumpError, OSError):
        skipped["text unreadable"] += 1
        return None
