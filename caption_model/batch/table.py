"""The table: one row a photo, as CSV for people and spreadsheets."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from caption_model.errors import BatchError
from caption_model.storage.journal import Record
from caption_model.storage.replace import replace_file

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def escaped(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before what looks like one (OWASP)."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def fill_table(file: IO[bytes], rows: Iterable[tuple[str, Record]], n: int) -> None:
    """Write ``image, description, caption_1 … caption_n`` into an open file, UTF-8."""
    text = io.TextIOWrapper(file, encoding="utf-8", errors="backslashreplace", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "description", *(f"caption_{number}" for number in range(1, n + 1))])
    for image, record in rows:
        captions = [*record.captions, *[""] * n][:n]
        writer.writerow([escaped(cell) for cell in (image, record.description, *captions)])
    text.detach()


def write_table(path: Path, rows: Iterable[tuple[str, Record]], n: int) -> None:
    """Write a table; whole, or not at all.

    Raises:
        BatchError: it cannot be written.
    """
    try:
        replace_file(path, lambda file: fill_table(file, rows, n))
    except OSError as error:
        raise BatchError(
            f"{path} cannot be written ({error.strerror or error}); the captions are safe in the journal: "
            "run the same command again when there is room."
        ) from error
