"""Captions of a folder as a table that a person edits."""

from collections.abc import Mapping, Sequence
from typing import Any

from caption_model.services.folder_job import Row
from caption_model.services.thumbnails import thumbnail
from caption_model.storage.journal import Record
from caption_model.text import graphemes
from caption_model.text.controls import MAX_GRAPHEMES

PHOTO, NAME, STATUS, DESCRIPTION, PICK = "Photo", "Name", "Status", "Description", "Pick"
FIXED = (PHOTO, NAME, STATUS)
STATES = {"left alone": "has a text file of its own"}

Changes = Mapping[int, Mapping[str, Any]]


def caption_columns(n: int) -> list[str]:
    """What the columns of the social captions are called."""
    return [f"Caption {number}" for number in range(1, n + 1)]


def table(rows: Sequence[Row], n: int) -> list[dict[str, str | None]]:
    """One dictionary a row, of the columns' names."""
    return [
        {
            PHOTO: thumbnail(row.photo),
            NAME: row.photo.name,
            PICK: "1" if row.record.captions else None,
            DESCRIPTION: row.record.description,
            **dict(zip(caption_columns(n), [*row.record.captions, *[""] * n], strict=False)),
            STATUS: row.reason or STATES.get(row.state, row.state),
        }
        for row in rows
    ]


def edited(rows: Sequence[Row], n: int, changes: Changes) -> dict[str, Record]:
    """What a person wants to stand there, by the photos' names; captions that were emptied are left out.

    Args:
        rows: as they were when the table was drawn.
        n: captions a row.
        changes: number of a row → column → new text, or ``None`` for none; the picked caption comes first.
    """
    edits = {}
    for number, cells in changes.items():
        record = rows[number].record
        shown = dict(zip(caption_columns(n), [*record.captions, *[""] * n], strict=False))
        texts = {name: _text(cell) for name, cell in cells.items() if name not in (*FIXED, PICK)}
        captions = _picked_first([texts.get(name, shown[name]) for name in shown], cells.get(PICK))
        edits[rows[number].photo.name] = Record(texts.get(DESCRIPTION, record.description), captions)
    return edits


def _picked_first(captions: Sequence[str], pick: Any) -> tuple[str, ...]:
    """The captions that are not empty, the picked one before the others."""
    place = int(pick) - 1 if str(pick or "").isdigit() else 0
    picked = captions[place : place + 1]
    return tuple(text for text in (*picked, *captions[:place], *captions[place + 1 :]) if text)


def too_long(edits: Mapping[str, Record]) -> list[str]:
    """A sentence for each caption that is longer than a social caption may be."""
    return [
        f"{name}: “{caption}” has {graphemes.length(caption)} characters, {MAX_GRAPHEMES} are allowed."
        for name, record in edits.items()
        for caption in record.captions
        if graphemes.length(caption) > MAX_GRAPHEMES
    ]


def _text(cell: Any) -> str:
    """A cell as one line."""
    return " ".join(str(cell or "").split())
