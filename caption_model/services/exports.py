"""Captions of a folder as files to take away."""

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath

from caption_model.batch.sidecars import text_of
from caption_model.batch.table import fill_table
from caption_model.services.folder_job import Row

MARK = "\ufeff".encode()  # tells spreadsheets that it is UTF-8


def as_csv(rows: Sequence[Row], n: int) -> bytes:
    """``image, description, caption_1 … caption_n``: one row a photo that has captions."""
    file = io.BytesIO()
    fill_table(file, ((row.photo.name, row.record) for row in _captioned(rows)), n)
    return MARK + file.getvalue()


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
