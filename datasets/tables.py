"""Tables as people save them: CSV, plain or packed, and Excel workbooks, as pandas frames of text.

The records are found here and not by ``pandas.read_csv``, which takes a stray quote for the beginning of all the rest,
fills short rows and drops long ones without a word, and takes captions such as "NA" or "null" for nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from caption_model.errors import DumpError
from datasets import columns, encodings
from datasets.records import MAX_COLUMNS, Cells, Records
from datasets.untrusted import NotRegularError, open_regular, unpack_gzip, unpack_xz

if TYPE_CHECKING:
    import pandas as pd  # where it is used it is imported then: most dumps are no tables, and it takes its time

MAX_BYTES = 256_000_000  # of a table, unpacked; half a million captions take 80 million
MAX_LINES = 2_000_000
PACKED = {".gz": unpack_gzip, ".xz": unpack_xz}
CSV_SUFFIXES = (".csv", ".tsv", ".tab")
EXCEL_SUFFIXES = (".xlsx", ".xlsm")
OLD_WORKBOOKS = {".xls": "an old Excel workbook", ".xlsb": "a binary Excel workbook", ".ods": "an OpenDocument table"}
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also what a workbook with a password looks like
ZIP = b"PK\x03\x04"
SEPARATOR = re.compile(r"\ufeff*\"?sep=(.)\"?[,;\t\"]*", re.IGNORECASE)
DELIMITERS = ",;\t|"
HEADER_WITHIN = 5  # records, the header among them: spreadsheets have titles above it
BATCH = 10_000  # records that become a frame
SAMPLE = 50  # records looked at to find the column of photos


@dataclass(slots=True)
class Table:
    """A table: the names of its columns and its rows as frames of text, whose columns are numbered from 0.

    ``sample`` are its first rows; ``title`` is the name of the sheet in a workbook.
    """

    header: Cells
    frames: Iterator["pd.DataFrame"]
    sample: Sequence[Sequence[str]] = field(default_factory=list)
    title: str = ""


def is_table(path: Path) -> bool:
    """Whether ``path`` is a file named like a table, plain or packed, of a kind that is read or at least known."""
    name = path.name.lower()
    packed = tuple(suffix + ending for suffix in CSV_SUFFIXES for ending in PACKED)
    return path.is_file() and name.endswith((*CSV_SUFFIXES, *packed, *EXCEL_SUFFIXES, *OLD_WORKBOOKS))


def read_data(path: Path, limit: int | None = None) -> bytes:
    """The content of a file, unpacked when its name ends in ``.gz`` or ``.xz``.

    Raises DumpError when it cannot be read, or unpacks to more than ``limit`` bytes (by default ``MAX_BYTES``).
    """
    limit = MAX_BYTES if limit is None else limit
    unpack = PACKED.get(path.suffix.lower())
    try:
        with open_regular(path) as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise DumpError(f"{path} does not exist; give the path of a dump's folder or of a CSV file.") from None
    except NotRegularError:
        raise DumpError(f"{path} is a pipe, a device or a folder; give a file.") from None
    except OSError as error:
        reason = error.strerror or error
        raise DumpError(f"{path} cannot be read ({reason}); download or unpack it again.") from error
    if unpack is not None and len(data) <= limit:
        problems: Counter[str] = Counter()
        unpacked = unpack(data, limit, "", problems)
        if unpacked is None and not problems[" too large"]:
            raise DumpError(f"{path} cannot be read (it is damaged or cut off); download or unpack it again.")
        data = unpacked if unpacked is not None else data + bytes(limit)
    if len(data) > limit:
        raise DumpError(f"{path} {'unpacks to' if unpack else 'has'} more than {limit} bytes; split it.")
    return data


def read_text(path: Path, problems: Counter[str] | None = None, limit: int | None = None) -> str:
    """Read a text file in whichever encoding, with NULs taken out and lines that end in ``\\n``.

    ``problems`` counts what could not be decoded. Raises DumpError when the file cannot be read.
    """
    return encodings.decode(read_data(path, limit), problems)


def text_lines(path: Path, data: bytes, problems: Counter[str] | None = None) -> Iterator[str]:
    """The lines of a file that was read. Raises DumpError when they are too many to be posts."""
    if max(data.count(b"\n"), data.count(b"\r")) > MAX_LINES:
        raise DumpError(f"{path} has more than {MAX_LINES} lines; split it.")
    return encodings.lines(data, problems)


def read_tables(path: Path, problems: Counter[str]) -> Iterator[Table]:
    """The table of a CSV file, or those of all sheets of a workbook, whichever the file is by its content.

    Raises DumpError when the file cannot be read as a table.
    """
    data = read_data(path)
    suffix = path.suffix.lower()
    if data.startswith(OLD_EXCEL) or (suffix in OLD_WORKBOOKS and data.startswith(ZIP)):
        kind = OLD_WORKBOOKS.get(suffix, "an old Excel workbook or one with a password")
        raise DumpError(f"{path} is {kind}, which cannot be read; save it as .xlsx or as CSV UTF-8.")
    if data.startswith(ZIP):
        from datasets.workbooks import sheets

        for title, rows in sheets(path, data):
            yield _read_sheet(title, rows)
    else:
        yield _read_csv(text_lines(path, data, problems), problems)


def rows(path: Path, problems: Counter[str] | None = None) -> Iterator[Cells]:
    """Rows of a table's first sheet as lists of text, the header among them; rows of another width are counted."""
    table = next(read_tables(path, Counter() if problems is None else problems), None)
    if table is not None and table.header:
        yield table.header
        for frame in table.frames:
            yield from map(list, frame.itertuples(index=False, name=None))


def _read_csv(lines: Iterator[str], problems: Counter[str]) -> Table:
    start = list(islice(lines, SAMPLE))
    told = SEPARATOR.fullmatch(start[0]) if start else None
    if told:
        start = start[1:]
    delimiter = told[1] if told else _delimiter(start)
    probe = Records(start, delimiter, Counter())
    candidates: list[tuple[Cells, int]] = []
    while len(candidates) < HEADER_WITHIN and (cells := probe.read()) is not None:
        candidates.append((cells, probe.taken))
    at = _header_at([cells for cells, _ in candidates])
    header, taken = candidates[at] if candidates else ([], 0)
    records = Records(chain(start[taken:], lines), delimiter, problems)
    records.width = len(header)
    return _table(header, iter(records))


def _read_sheet(title: str, rows: Iterator[Cells]) -> Table:
    first = list(islice(rows, HEADER_WITHIN))
    at = _header_at(first)
    header = first[at] if first else []
    while header and not header[-1].strip():
        header.pop()
    width = len(header)
    whole = ([*row[:width], *[""] * (width - len(row))] for row in chain(first[at + 1 :], rows) if any(row))
    return _table(header, whole, title)


def _header_at(records: Sequence[Cells]) -> int:
    """Which of the first records is the header: the first with a column of captions, else the first of all."""
    exact = (at for at, cells in enumerate(records) if columns.has_caption(cells, exactly=True))
    alike = (at for at, cells in enumerate(records) if len(cells) > 1 and columns.has_caption(cells))
    return next(exact, next(alike, 0))


def _table(header: Cells, rows: Iterator[Cells], title: str = "") -> Table:
    if len(header) > MAX_COLUMNS:
        header, rows = [], iter(())
    sample = list(islice(rows, SAMPLE)) if header else []
    return Table([cell.strip() for cell in header], _frames(chain(sample, rows)), sample, title)


def _frames(rows: Iterator[Cells]) -> Iterator["pd.DataFrame"]:
    """Rows of one width as frames of text."""
    import pandas as pd

    while batch := list(islice(rows, BATCH)):
        yield pd.DataFrame(batch, dtype=object)


def _delimiter(lines: Sequence[str]) -> str:
    """The mark that parts the cells: with it the header has a column of captions, else that of the first line."""
    for line in lines[:HEADER_WITHIN]:
        for mark in DELIMITERS:
            if mark in line and columns.has_caption(line.split(mark)):
                return mark
    first = next((line for line in lines if line.strip()), "")
    return next((mark for mark in DELIMITERS if mark in first), ",")
