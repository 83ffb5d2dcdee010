"""Captions of a folder as files to take away."""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath

from caption_model.batch.sidecars import text_of
from caption_model.batch.table import escaped
from caption_model.services.folder_job import Row

MARK = "\ufeff".encode()  # tells spreadsheets that it is UTF-8


def as_csv(rows: Sequence[Row], n: int) -> bytes:
    """``image, caption, description, caption_1 … caption_n``: one row a photo; ``caption`` is the picked one."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["image", "caption", "description", *(f"caption_{number}" for number in range(1, n + 1))])
    for row in _captioned(rows):
        captions = [*row.record.captions[:n], *[""] * (n - len(row.record.captions))]
        cells = [row.photo.name, captions[0] if captions else "", row.record.description, *captions]
        writer.writerow([escaped(cell) for cell in cells])
    return MARK + table.getvalue().encode()


def as_jsonl(rows: Sequence[Row]) -> bytes:
    """``{"image", "description", "captions"}``: one object a line and photo that has captions."""
    lines = [
        {"image": row.photo.name, "description": row.record.description, "captions": row.record.captions}
        for row in _captioned(rows)
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def as_zip(rows: Sequence[Row]) -> bytes:
    """Text files as ``batch --sidecar txt`` puts them beside the photos, in the photos' folders."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for row in _captioned(rows):
            name = PurePosixPath(row.photo.name).with_name(row.photo.sidecar.name)
            archive.writestr(str(name), text_of(row.record))
    return file.getvalue()


def _captioned(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.state == "captioned"]
