"""The table: one row a photo, as CSV for people and spreadsheets."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from caption_model.errors import BatchError
from caption_model.storage.journal import Record
from caption_model.storage.replace import replace_file
from caption_model.text.tables import write_csv


def header(n: int) -> list[str]:
    """``image, caption, description, caption_1 … caption_n``; ``caption`` is the first, the one to use."""
    return ["image", "caption", "description", *(f"caption_{number}" for number in range(1, n + 1))]


def cells(rows: Iterable[tuple[str, Record]], n: int) -> Iterator[list[str]]:
    """The cells below ``header`` of images and their captions."""
    for image, record in rows:
        yield [image, *[*record.captions, ""][:1], record.description, *[*record.captions, *[""] * n][:n]]


def write_table(path: Path, rows: Iterable[tuple[str, Record]], n: int) -> None:
    """Write a table; whole, or not at all.

    Raises:
        BatchError: it cannot be written.
    """
    try:
        replace_file(path, lambda file: write_csv(file, header(n), cells(rows, n)))
    except OSError as error:
        raise BatchError(
            f"{path} cannot be written ({error.strerror or error}); the captions are safe in the journal: "
            "run the same command again when there is room."
        ) from error
