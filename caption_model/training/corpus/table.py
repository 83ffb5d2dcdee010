"""Read the corpus: captions and descriptions of photos by part, and captions by topic."""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from caption_model.bundles.provenance import file_hashes
from caption_model.errors import TrainingError
from caption_model.generation.grounding import ANYTHING
from caption_model.text.controls import Tone
from caption_model.text.topics import topics
from caption_model.training.corpus.names import TOPICS_OF

PARTS = frozenset({"train", "dev", "test"})
TONES: dict[str, Tone] = {"gram": "gram", "simple": "gram", "playful": "playful", "warm": "warm", "mini": "minimal"}
TONES |= {"minimal": "minimal"}
COLUMNS = {
    "captions.csv": ("photo", "part", "tone", "caption"),
    "descriptions.csv": ("photo", "part", "description"),
    "topics.csv": ("topic", "tone", "caption"),
    "simple.csv": ("topic", "tone", "caption"),
    "patterns.csv": ("topic", "tone", "pattern"),
}


class Written(NamedTuple):
    """A caption of the corpus and what it was written for: a photo's name, or topics of the table."""

    caption: str
    tone: Tone
    photo: str = ""
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Corpus:
    """The whole corpus.

    Attributes:
        captions: of photos.
        descriptions: of each photo, by its name, in the order of the file.
        parts: the part of each photo: train, dev or test.
        by_topic: captions written for topics.
        simple: plain captions that fit under nearly any photo of their topic, each once.
        patterns: captions with alternatives, for nearly any photo of their topic, each once (``patterns.sample``).
    """

    captions: Sequence[Written]
    descriptions: Mapping[str, Sequence[str]]
    parts: Mapping[str, str]
    by_topic: Sequence[Written]
    simple: Sequence[Written]
    patterns: Sequence[Written] = ()

    def described(self, part: str) -> list[str]:
        """Names of the described photos of a part."""
        return [photo for photo in self.descriptions if self.parts[photo] == part]


def read_corpus(folder: Path) -> Corpus:
    """Read the corpus's five files.

    Raises:
        TrainingError: a file is missing, cannot be read, or holds what the corpus cannot hold.
    """
    captions, described, by_topic, simple, patterns = (_rows(folder / name) for name in COLUMNS)
    parts = {row["photo"]: row["part"] for row in [*captions, *described]}
    strange = next((row for row in [*captions, *described] if row["part"] not in PARTS), None)
    if strange:
        raise TrainingError(
            f"{folder}: {strange['photo']} is of part {strange['part']!r}: train, dev or test is meant."
        )
    descriptions: defaultdict[str, list[str]] = defaultdict(list)
    for row in described:
        descriptions[row["photo"]].append(row["description"])
    return Corpus(
        [Written(row["caption"], _tone(row, folder), row["photo"]) for row in captions],
        dict(descriptions),
        parts,
        [Written(r["caption"], _tone(r, folder), topics=TOPICS_OF.get(r["topic"], ())) for r in by_topic],
        _by_topic(simple, "caption", folder),
        _by_topic(patterns, "pattern", folder),
    )


def part_of(photo: str) -> str:
    """The part that a photo is of, by its name alone."""
    number = int.from_bytes(hashlib.sha256(photo.encode()).digest()[:4]) % 100
    return "test" if number < 10 else "dev" if number < 15 else "train"


def corpus_hashes(folder: Path) -> dict[str, str]:
    """``corpus/FILE`` → SHA-256 of each of its files, for bundles to tell."""
    return {f"corpus/{name}": digest for name, digest in file_hashes(folder / name for name in COLUMNS).items()}


def _by_topic(rows: Sequence[Mapping[str, str]], column: str, folder: Path) -> list[Written]:
    """Texts of the table's topics, or of any photo, each once."""
    found: dict[str, Written] = {}
    for row in rows:
        if row["topic"] in topics() or row["topic"] == ANYTHING:
            found.setdefault(row[column], Written(row[column], _tone(row, folder), topics=(row["topic"],)))
    return list(found.values())


def _tone(row: Mapping[str, str], folder: Path) -> Tone:
    if row["tone"] not in TONES:
        raise TrainingError(f"{folder}: the tone {row['tone']!r} is none of {', '.join(TONES)}.")
    return TONES[row["tone"]]


def _rows(file: Path) -> list[dict[str, str]]:
    wanted = COLUMNS[file.name]
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{file} cannot be read ({error}): name the folder of the corpus as --corpus.") from error
    for number, row in enumerate(rows, start=2):
        if any(row.get(column) is None for column in wanted):
            raise TrainingError(f"{file}, row {number}: the columns {', '.join(wanted)} are needed.")
    return rows
