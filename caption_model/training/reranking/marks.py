"""Marks that people gave texts under photos: a table with one text a row."""

import csv
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from caption_model.errors import DumpError

COLUMNS = ("photo", "source", "position", "mark", "text")
WOULD_POST = 2  # the mark of a caption that its reader would post under this photo; 1 is a bit off, 0 wrong
MARKS = (0, 1, WOULD_POST)


class Marked(NamedTuple):
    """A text that was marked.

    Attributes:
        photo: name as in the corpus, such as ``posts/000001.webp``.
        source: what wrote the text.
        position: its rank among the texts of source and photo, from 1.
        mark: 0, 1 or 2.
        text: what was marked.
    """

    photo: str
    source: str
    position: int
    mark: int
    text: str


def read_marks(path: Path) -> list[Marked]:
    """Read a table with the columns photo, source, position, mark and text, in any order; others are left alone.

    Raises:
        DumpError: it cannot be read, a column is missing, or a position or mark is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            found = [
                {
                    (name or "").strip().lower(): value or ""
                    for name, value in row.items()
                    if isinstance(value, str | None)
                }
                for row in csv.DictReader(stream, strict=True)
            ]
    except OSError as error:
        raise DumpError(f"{path} cannot be read ({error.strerror}): check the path.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DumpError(f"{path} is no CSV file in UTF-8 ({error}).") from error
    marks: list[Marked] = []
    for number, row in enumerate(found, start=1):
        if missing := [name for name in COLUMNS if name not in row]:
            raise DumpError(f"{path} has no column {missing[0]}: marks have the columns {', '.join(COLUMNS)}.")
        position, mark = row["position"].strip(), row["mark"].strip()
        if not (position.isascii() and position.isdecimal()) or mark not in map(str, MARKS):
            raise DumpError(
                f"{path}: mark {number} is {mark!r} at position {position!r}; a mark is 0, 1 or 2, a position a number."
            )
        marks.append(Marked(row["photo"], row["source"], int(position), int(mark), row["text"]))
    if not marks:
        raise DumpError(f"{path} holds no marks.")
    return marks


def suggestions(marks: Sequence[Marked]) -> Iterator[list[int]]:
    """Rows of ``marks`` that one source wrote for one photo, best first as it ranked them."""

    def owner(row: int) -> tuple[str, str]:
        return marks[row].photo, marks[row].source

    order = sorted(range(len(marks)), key=lambda row: (*owner(row), marks[row].position))
    for _, several in groupby(order, owner):
        yield list(several)
