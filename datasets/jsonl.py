"""Reader for JSON Lines, one object a line with a caption and mostly the name of its photo, or a JSON list of such."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from caption_model.errors import DumpError
from datasets.captions_csv import ID_HEADERS, IMAGE_HEADERS
from datasets.named_photos import find_photo
from datasets.posts import Post, ReadReport, nothing_read
from datasets.tables import read_text
from datasets.untrusted import parse_json, text

NAME = "captions in JSON Lines"
EXPORTED = "object of another kind of dump"
SUFFIXES = (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz")


def detect(path: Path) -> bool:
    """Whether ``path`` is a file named like JSON Lines or JSON, plain or gzipped."""
    return path.is_file() and path.name.lower().endswith(SUFFIXES)


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all objects with a caption. Keys are those of a captions CSV's columns, in any case.

    A photo's name is relative to the file's folder; one that is not there stays as the object gives it.

    Raises DumpError when the file cannot be read or holds no caption.
    """
    report = ReadReport(NAME)
    posts = []
    for number, row in _rows(read_text(path, report.skipped), report.skipped):
        values = {str(key).strip().lower(): value for key, value in row.items()}
        caption = text(values.get("caption")).strip()
        if not caption:
            report.skipped[_why_none(values)] += 1
            continue
        name = next((found for header in IMAGE_HEADERS if (found := text(values.get(header)))), "")
        image = find_photo(path.parent, name)
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
    if not posts and report.skipped[EXPORTED]:
        raise DumpError(f"{path} is one file of a larger dump; give the whole folder or zip it came in.")
    if not posts:
        raise nothing_read(path, report, "give each line an object with 'caption' and, if there is one, 'image'.")
    return posts, report


def _rows(content: str, skipped: Counter[str]) -> Iterator[tuple[int, dict[str, object]]]:
    """Objects with their numbers: of the list that the whole file is, else one a line."""
    whole = _whole(content)
    if whole is not None:
        for number, row in enumerate(whole, start=1):
            if isinstance(row, dict):
                yield number, row
            else:
                skipped["entry that is no object"] += 1
        return
    for number, line in enumerate(content.split("\n"), start=1):
        row = parse_json(line.encode(), "line", skipped) if line.strip() else None
        if isinstance(row, dict):
            yield number, row
        elif row is not None:
            skipped["line that is no object"] += 1


def _whole(content: str) -> list[object] | None:
    """The list of objects, or the object over several lines, that the whole file is, if it is one."""
    if not content.lstrip().startswith(("[", "{")):
        return None
    problems: Counter[str] = Counter()
    found = parse_json(content.encode(), "file", problems)
    if isinstance(found, dict):
        return [found]
    return found if isinstance(found, list) and any(isinstance(row, dict) for row in found) else None


def _why_none(values: dict[str, object]) -> str:
    """Why an object has no caption."""
    caption = values.get("caption")
    if caption is None and ("media" in values or "instaloader" in values or "node" in values):
        return EXPORTED
    return "caption that is not text" if caption not in (None, "") and not isinstance(caption, str) else "empty caption"
