"""Reader for JSON Lines: one object a line, with a caption and mostly the name of its photo."""

from pathlib import Path

from datasets.captions_csv import ID_HEADERS, IMAGE_HEADERS
from datasets.posts import Post, ReadReport, nothing_read
from datasets.tables import read_text
from datasets.untrusted import parse_json, text

NAME = "captions in JSON Lines"
SUFFIXES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


def detect(path: Path) -> bool:
    """Whether ``path`` is a file named like JSON Lines, plain or gzipped."""
    return path.is_file() and path.name.lower().endswith(SUFFIXES)


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all lines with a caption. Keys are those of a captions CSV's columns, in any case.

    A photo's name is relative to the file's folder; one that is not there stays as the line gives it.

    Raises DumpError when the file cannot be read or holds no caption.
    """
    report = ReadReport(NAME)
    posts = []
    for number, line in enumerate(read_text(path, report.skipped).split("\n"), start=1):
        if not line.strip():
            continue
        row = parse_json(line.encode(), "line", report.skipped)
        if row is None:
            continue
        if not isinstance(row, dict):
            report.skipped["line that is no object"] += 1
            continue
        values = {str(key).strip().lower(): value for key, value in row.items()}
        caption = text(values.get("caption")).strip()
        if not caption:
            given = values.get("caption") not in (None, "") and not isinstance(values["caption"], str)
            report.skipped["caption that is not text" if given else "empty caption"] += 1
            continue
        name = next((found for header in IMAGE_HEADERS if (found := text(values.get(header)))), "")
        image = _find(path.parent, name)
        report.posts += 1
        report.with_photo += image is not None
        identifier = next((str(values[header]) for header in ID_HEADERS if values.get(header) not in (None, "")), "")
        posts.append(
            Post(
                image or (Path(name) if name else None),
                caption,
                text(values.get("source")) or path.name,
                text(identifier) or str(number),
            )
        )
    if not posts:
        raise nothing_read(path, report, "give each line an object with 'caption' and, if there is one, 'image'.")
    return posts, report


def _find(folder: Path, name: str) -> Path | None:
    try:
        return folder / name if name and (folder / name).is_file() else None
    except OSError:  # a name too long for the file system
        return None
