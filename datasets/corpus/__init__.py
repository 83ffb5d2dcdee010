"""The caption corpus: captions and plain descriptions of everyday photos, and captions by topic, all written for this
project; ``README.md`` beside this module tells of columns, parts and rules.
"""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from caption_model.errors import DumpError
from datasets.corpus.patterns import sample

FOLDER = Path(__file__).parent
CAPTIONS, DESCRIPTIONS = "captions.csv", "descriptions.csv"
BY_TOPIC = ("topics.csv", "simple.csv")
PATTERNS = "patterns.csv"
FILES = (CAPTIONS, DESCRIPTIONS, *BY_TOPIC, PATTERNS)
OF_A_PATTERN = 2  # of its expansions that count as captions of the corpus


class WrittenCaption(NamedTuple):
    """A caption of the corpus.

    ``photo`` (a name) and ``part`` (train, dev or test) where it was written for a photo, ``topic`` where it was
    written for a topic; the others are empty.
    """

    text: str
    tone: str
    photo: str = ""
    part: str = ""
    topic: str = ""


def read_captions(folder: Path = FOLDER) -> Iterator[WrittenCaption]:
    """All captions, those of photos first and two of each pattern last, in an order that only other files change.

    Raises:
        DumpError: a file is missing or has other columns, or a pattern cannot be read.
    """
    for caption, tone, photo, part in _rows(folder / CAPTIONS, "caption", "tone", "photo", "part"):
        yield WrittenCaption(caption, tone, photo, part)
    for name in BY_TOPIC:
        for caption, tone, topic in _rows(folder / name, "caption", "tone", "topic"):
            yield WrittenCaption(caption, tone, topic=topic)
    for pattern, tone, topic in _rows(folder / PATTERNS, "pattern", "tone", "topic"):
        for caption in sample(pattern, OF_A_PATTERN):
            yield WrittenCaption(caption, tone, topic=topic)


def read_descriptions(folder: Path = FOLDER, part: str | None = None) -> dict[str, str]:
    """Photo → plain description, of one part or of all.

    Raises:
        DumpError: the file is missing or has other columns.
    """
    rows = _rows(folder / DESCRIPTIONS, "photo", "part", "description")
    return {photo: description for photo, of, description in rows if part in (None, of)}


def fingerprint(folder: Path = FOLDER) -> str:
    """SHA-256 of the corpus's files, hexadecimal.

    Raises:
        DumpError: a file is missing.
    """
    digest = hashlib.sha256()
    for name in FILES:
        try:
            # A checkout may have turned the ends of lines.
            content = (folder / name).read_bytes().replace(b"\r\n", b"\n")
        except OSError as error:
            raise _unreadable(folder / name, error.strerror or "unreadable") from error
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _rows(path: Path, *columns: str) -> Iterator[tuple[str, ...]]:
    """The named columns of a table, in the order asked for."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            places = [header.index(column) for column in columns]
            for row in rows:
                yield tuple([row[place] for place in places])
    except OSError as error:
        raise _unreadable(path, error.strerror or "unreadable") from error
    except (ValueError, IndexError, csv.Error) as error:
        raise _unreadable(path, f"it is no table with the columns {', '.join(columns)}") from error


def _unreadable(path: Path, reason: str) -> DumpError:
    return DumpError(f"{path} cannot be read ({reason}): get the caption corpus again.")
