"""Reader for a folder that holds its captions in tables at its top: CSV, Excel or JSON; photos beside or below them."""

from pathlib import Path

from caption_model.errors import DumpError
from datasets import captions_csv, jsonl
from datasets.folders import is_hidden
from datasets.posts import Post, ReadReport, nothing_read

NAME = "folder with captions in tables"
KINDS = (captions_csv, jsonl)


def tables(path: Path) -> list[Path]:
    """Files at the top of a folder that are named like tables of captions."""
    if not path.is_dir():
        return []
    named = (file for file in path.iterdir() if not is_hidden(file.name) and not file.is_symlink())
    return sorted(file for file in named if any(kind.detect(file) for kind in KINDS))


def detect(path: Path) -> bool:
    """Whether ``path`` is a folder with such a file of which a caption can be read."""
    try:
        return bool(tables(path)) and bool(read(path)[0])
    except DumpError:
        return False


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all tables that hold captions; the others are counted.

    Raises DumpError when none does.
    """
    report = ReadReport(NAME)
    posts: list[Post] = []
    for table in tables(path):
        kind = next(kind for kind in KINDS if kind.detect(table))
        try:
            found, told = kind.read(table)
        except DumpError:
            report.skipped["table without captions"] += 1
            continue
        posts += [Post(post.image, post.caption, post.source, f"{table.name}:{post.id}") for post in found]
        report.posts += told.posts
        report.with_photo += told.with_photo
        report.skipped.update(told.skipped)
    if not posts:
        raise nothing_read(path, report, "give the table itself, with a column 'caption'.")
    return posts, report
