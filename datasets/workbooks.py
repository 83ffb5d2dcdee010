"""Sheets of an Excel workbook, read row by row with bounds on all that a small file can claim to hold."""

import io
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from caption_model.errors import DumpError
from datasets.untrusted import text
from datasets.zips import SafeZip

MAX_COLUMNS = 100  # looked at; a cell at the far right of each row would make 16,384 of each
MAX_ROWS = 1_048_576  # of a sheet, Excel's own
MAX_CELLS = 8_000_000  # looked at in all sheets
MAX_MEMBER = 100_000_000  # bytes that one part of the workbook may unpack to
MAX_TEXTS = 60_000_000  # bytes of its table of texts, which is held as a whole
MAX_PARTS = 2000  # files in the workbook
HEAD = 1_000_000  # bytes of a part that are looked through for entities; expat bounds those in larger ones
BATCH = 1000  # rows read at a time
TEXTS = re.compile(r"(.*/)?sharedstrings\.xml", re.IGNORECASE)
FOREIGN_CONTROL = re.compile(r"_x([0-9A-Fa-f]{4})_")  # how a workbook writes what XML cannot hold


def sheets(path: Path, data: bytes) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """Name and rows of each sheet; a row has as many cells as are filled, at most ``MAX_COLUMNS``.

    Raises DumpError when the file is no workbook that can be read; so do the rows.
    """
    import openpyxl  # takes its time; most dumps are no workbooks

    _check(path)
    with _translated(path):
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        found = [(str(sheet.title), sheet) for sheet in book.worksheets]
    budget = [MAX_CELLS]
    for title, sheet in found:
        yield title, _rows(path, sheet, budget)


def _rows(path: Path, sheet: Any, budget: list[int]) -> Iterator[list[str]]:
    """Rows of a sheet that hold anything; ``budget`` is the number of cells that may still be looked at."""
    with _translated(path):
        sheet.reset_dimensions()  # what the file claims its size to be
        rows = sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True)
    while True:
        with _translated(path):
            batch = list(islice(rows, BATCH))
        if not batch:
            return
        for row in batch:
            if not any(row):
                continue  # one filled row far below makes a million of these
            cells = [_written(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            budget[0] -= len(cells)
            if cells:
                yield cells
        if budget[0] < 0:
            raise DumpError(f"{path} has more than {MAX_CELLS} cells; split it or save it as CSV UTF-8.")


def _written(value: object) -> str:
    """A cell as its column would show it in a plain table."""
    if value is None:
        return ""
    if isinstance(value, str):
        return FOREIGN_CONTROL.sub(lambda found: chr(int(found[1], 16)), text(value)).replace("\0", "")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return value.isoformat() if isinstance(value, date | datetime | time) else str(value)


def _check(path: Path) -> None:
    """Refuse a workbook that unpacks to too much, or is no workbook at all. Raises DumpError."""
    problems: Counter[str] = Counter()
    with SafeZip(path) as opened:
        if not any(name.lower() == "[content_types].xml" for name in opened.members):
            raise DumpError(f"{path} is a zip, not a table; unpack it first.")
        if opened.refused or len(opened.members) > MAX_PARTS:
            reason = next(iter(opened.refused), "too many parts")
            raise DumpError(f"{path} is not read as a workbook ({reason}); save it again, or as CSV UTF-8.")
        for name, info in opened.members.items():
            if info.file_size > (MAX_TEXTS if TEXTS.fullmatch(name) else MAX_MEMBER):
                raise DumpError(f"{path} is too large for a workbook; split it or save it as CSV UTF-8.")
            if name.lower().endswith((".xml", ".rels")):
                start = opened.read(name, info.file_size, "part", problems) if info.file_size < HEAD else b""
                if b"<!DOCTYPE" in (start or b"").replace(b"\0", b""):
                    raise DumpError(f"{path} defines entities, which no workbook does; it is not read.")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn whatever a damaged workbook sets off in openpyxl into a DumpError, and keep its warnings quiet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which are of no matter here
            yield
    except Exception as error:  # KeyError, TypeError, ParseError, BadZipFile and what else there is
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise DumpError(f"{path} cannot be read as a workbook ({reason}); save it again, or as CSV UTF-8.") from error
