"""Tables and lists for people and programs: CSV that no spreadsheet takes for formulas, and JSON, one object a line."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import IO, Any

from caption_model.text.shown import shown_lines

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MARK = "\ufeff".encode()  # tells spreadsheets that a file is UTF-8


def escaped(cell: str) -> str:
    """A cell that neither a spreadsheet nor a terminal executes.

    An apostrophe goes before what looks like a formula (OWASP's advice); what a terminal would obey is written out, as
    ``\\x1b``.
    """
    cell = shown_lines(cell)
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell


def write_csv(file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[str]], *, escape: bool = True) -> None:
    """Write a header and rows into an open file, UTF-8; a name that is no Unicode is spelt with backslashes.

    Args:
        file: binary, left open.
        header: names of the columns.
        rows: texts, as many as there are columns.
        escape: whether cells are ``escaped``; off for tables that only this project reads again.
    """
    text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([escaped(cell) for cell in row] if escape else row for row in rows)
    text.detach()


def as_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """The same as bytes for a spreadsheet, marked as UTF-8."""
    file = io.BytesIO()
    file.write(MARK)
    write_csv(file, header, rows)
    return file.getvalue()


def as_jsonl(objects: Iterable[Any]) -> bytes:
    """One JSON object a line, UTF-8, emojis as they are."""
    lines = [json.dumps(content, ensure_ascii=False) + "\n" for content in objects]
    return "".join(lines).encode("utf-8", "backslashreplace")
