"""The catalogue: one entry for every photo, with its role and all that is known of it."""

import csv
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from caption_model.errors import DumpError, TrainingError
from caption_model.training.distillation.held_out import DEV, FLICKR8K, POSTS, TRAIN, UNLABELLED, role_of
from datasets.flickr8k import read_captions, read_list


@dataclass(frozen=True)
class Entry:
    """One photo.

    Attributes:
        group: its set, ``flickr8k``, ``posts`` or ``unlabelled``.
        file: its name in the set.
        role: ``train`` or ``dev``; photos of the test have no entry.
        topic: label of its source; empty means unknown, never "none of them".
        descriptions: plain sentences about it.
        captions: what people would post with it.
    """

    group: str
    file: str
    role: str = TRAIN
    topic: str = ""
    descriptions: tuple[str, ...] = ()
    captions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Set and file."""
        return f"{self.group}/{self.file}"


class Known:
    """What the tables of a data folder tell of photos.

    Raises:
        DumpError: a table is missing or lacks a column.
    """

    def __init__(self, data: Path) -> None:
        flickr8k, posts = data / "flickr8k", data / "posts_photos"
        self.flickr8k = read_captions(flickr8k / "captions.csv")
        self.judges = frozenset(read_list(flickr8k / "devImages.txt"))
        self.learnt = frozenset(read_list(flickr8k / "trainImages.txt")) - self.judges
        self.topics = {row["file"]: row["topic"] for row in _table(posts / "index.csv", "file", "topic")}
        self.descriptions = _texts(posts / "written_descriptions.csv", "description")
        self.captions = _texts(posts / "written_captions.csv", "caption")

    def entry(self, group: str, file: str) -> Entry | None:
        """The entry of a photo; ``None`` if it is kept for the test."""
        key = (group, file)
        written = key in self.descriptions or key in self.captions
        role = role_of(group, file, written=written, judges=self.judges)
        if role not in (TRAIN, DEV):
            return None
        if group == FLICKR8K:
            said = tuple(self.flickr8k.get(file, ())) if file in self.learnt | self.judges else ()
            return Entry(group, file, role, descriptions=said)
        topic = self.topics.get(file, "") if group == POSTS else ""
        told, posted = self.descriptions.get(key, ()), self.captions.get(key, ())
        return Entry(group, file, role, topic, tuple(told), tuple(posted))


def photo_sources(data: Path) -> dict[str, list[Path]]:
    """Set → its folder or tars of photos, in a data folder laid out as docs/data-formats.md says.

    Raises:
        TrainingError: one is missing.
    """
    found = {
        POSTS: [data / "posts_photos" / "photos.tar"],
        UNLABELLED: sorted((data / "vision" / "unlabelled").glob("photos-*.tar")),
        FLICKR8K: [data / "flickr8k" / "images"],
    }
    for group, paths in found.items():
        if not paths or not all(path.exists() for path in paths):
            raise TrainingError(f"{data} lacks the photos of {group}: lay the data out as docs/data-formats.md says.")
    return found


def dump(entries: Iterable[Entry]) -> bytes:
    """Entries as JSON lines."""
    return "".join(json.dumps(asdict(entry), ensure_ascii=False) + "\n" for entry in entries).encode()


def parse(content: bytes) -> list[Entry]:
    """What ``dump`` wrote.

    Raises:
        TrainingError: it is something else.
    """
    try:
        rows = [json.loads(line) for line in content.decode().splitlines()]
        return [
            Entry(**{**row, "descriptions": tuple(row["descriptions"]), "captions": tuple(row["captions"])})
            for row in rows
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise TrainingError(f"the pack's catalogue cannot be read ({error}): pack the photos again.") from error


def _texts(path: Path, column: str) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = {}
    for row in _table(path, "set", "file", column):
        found.setdefault((row["set"], row["file"]), []).append(row[column])
    return found


def _table(path: Path, *columns: str) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DumpError(f"{path} cannot be read ({error}): lay the data out as docs/data-formats.md says.") from error
    if not rows or not set(columns) <= rows[0].keys():
        raise DumpError(f"{path} needs the columns {', '.join(columns)} and at least one row.")
    return rows
