"""The history as files to take away."""

import csv
import io
import json
from collections.abc import Sequence

from caption_model.batch.table import escaped
from caption_model.services.cards import called_a_guess
from caption_model.services.history import Entry

MARK = "\ufeff"  # tells spreadsheets that it is UTF-8


def as_csv(entries: Sequence[Entry]) -> bytes:
    """``time, photo, voice, description, caption, favourite``: one row a caption."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["time", "photo", "voice", "description", "caption", "favourite"])
    for entry in entries:
        told = [escaped(cell) for cell in (entry.photo, entry.voice, called_a_guess(entry.description, entry.unsure))]
        for caption in entry.captions:
            row = [entry.created.isoformat(), *told, escaped(caption.text), "yes" if caption.favourite else "no"]
            writer.writerow(row)
    return (MARK + table.getvalue()).encode("utf-8")


def as_jsonl(entries: Sequence[Entry]) -> bytes:
    """One object an entry: ``time``, ``photo``, ``voice``, ``description``, ``a guess`` and ``captions``."""
    lines = []
    for entry in entries:
        told = {
            "time": entry.created.isoformat(),
            "photo": entry.photo,
            "voice": entry.voice,
            "description": entry.description,
            "a guess": entry.unsure,
            "captions": [{"text": caption.text, "favourite": caption.favourite} for caption in entry.captions],
        }
        lines.append(json.dumps(told, ensure_ascii=False) + "\n")
    return "".join(lines).encode("utf-8")
