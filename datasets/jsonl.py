"""Reader for JSON Lines, one post a line, or a JSON file with a list of them, whichever tool wrote the objects."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from caption_model.errors import DumpError
from caption_model.text.shown import visible
from datasets import encodings, post_objects
from datasets.named_photos import PhotoFinder
from datasets.post_objects import Json
from datasets.posts import Post, ReadReport, nothing_read
from datasets.tables import PACKED, read_data, text_lines
from datasets.untrusted import parse_json

NAME = "captions in JSON Lines or JSON"
EXPORTED = "object of another kind of dump"
UNKNOWN = "object without a known place for a caption"
PLAIN_SUFFIXES = (".jsonl", ".ndjson", ".json")
SUFFIXES = PLAIN_SUFFIXES + tuple(suffix + packed for suffix in PLAIN_SUFFIXES for packed in PACKED)
MOST_KEYS = 12


def detect(path: Path) -> bool:
    """Whether ``path`` is a file named like JSON Lines or JSON, plain or packed."""
    return path.is_file() and path.name.lower().endswith(SUFFIXES)


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all objects with a caption, wherever the tools that are known put it.

    A photo's name is relative to the file's folder; one that is not there stays as the object gives it.

    Raises DumpError when the file cannot be read or holds no caption.
    """
    report = ReadReport(NAME)
    photos = PhotoFinder(path.parent)
    posts = []
    keys: dict[str, None] = {}
    for number, row in _rows(path, report.skipped):
        caption = post_objects.caption_of(row)
        if not caption:
            reason = _why_none(row, caption)
            report.skipped[reason] += 1
            if reason == UNKNOWN and len(keys) < MOST_KEYS:
                keys |= dict.fromkeys(map(str, row))
            continue
        image = next((found for name in post_objects.photo_names(row) if (found := photos.find(name))), None)
        if image is None and post_objects.is_video(row):
            report.skipped["post of videos only"] += 1
            continue
        report.posts += 1
        report.with_photo += image is not None
        given = post_objects.named_photo(row)
        posts.append(
            Post(
                image or (Path(given) if given else None),
                caption,
                post_objects.source_of(row) or path.name,
                post_objects.id_of(row) or str(number),
                post_objects.time_of(row),
            )
        )
    if not posts and report.skipped[EXPORTED]:
        raise DumpError(f"{path} is one file of a larger dump; give the whole folder or zip it came in.")
    if not posts:
        told = ", ".join(visible(key, 30) for key in list(keys)[:MOST_KEYS])
        cure = "give each line an object with 'caption' and, if there is one, 'image'"
        raise nothing_read(path, report, f"{cure}{f'; its keys are: {told}' if told else ''}.")
    return posts, report


def _rows(path: Path, skipped: Counter[str]) -> Iterator[tuple[int, Json]]:
    """Objects with their numbers: of the list that the whole file is or holds, else one a line."""
    data = read_data(path)
    whole = _whole(data)
    if whole is not None:
        for number, row in enumerate(whole, start=1):
            if isinstance(row, dict):
                yield number, row
            else:
                skipped["entry that is no object"] += 1
        return
    for number, line in enumerate(text_lines(path, data, skipped), start=1):
        row = parse_json(line.encode(), "line", skipped) if line.strip() else None
        if isinstance(row, dict):
            yield number, row
        elif row is not None:
            skipped["line that is no object"] += 1


def _whole(data: bytes) -> list[object] | None:
    """The posts that the whole file is, or holds deeper inside, if it is one piece of JSON."""
    unknown: Counter[str] = Counter()  # whether it is one piece is only tried
    while data.startswith(encodings.UTF8_MARK):
        data = data[len(encodings.UTF8_MARK) :]
    content = parse_json(data, "file", unknown)
    if content is None and not encodings.is_valid(data):
        content = parse_json(encodings.decode(data).encode(), "file", unknown)
    return post_objects.posts_in(content)


def _why_none(row: Json, caption: str | None) -> str:
    """Why an object has no caption."""
    if caption is None:
        exported = "media" in row or "label_values" in row or "instaloader" in row or "node" in row
        return EXPORTED if exported else UNKNOWN
    given = {str(key).strip().lower(): value for key, value in row.items()}.get("caption")
    odd = given not in (None, "") and not isinstance(given, str | dict)
    return "caption that is not text" if odd else "empty caption"
