"""Captions of a folder as files to take away."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath

from caption_model.batch.sidecars import text_of
from caption_model.batch.table import cells, header
from caption_model.services.folder_job import Row
from caption_model.text import tables


def as_csv(rows: Sequence[Row], n: int) -> bytes:
    """``image, caption, description, caption_1 … caption_n``: one row a photo; ``caption`` is the picked one."""
    return tables.as_csv(header(n), cells(((row.photo.name, row.record) for row in _captioned(rows)), n))


def as_jsonl(rows: Sequence[Row]) -> bytes:
    """``{"image", "description", "captions"}``: one object a line and photo that has captions."""
    return tables.as_jsonl(
        {"image": row.photo.name, "description": row.record.description, "captions": row.record.captions}
        for row in _captioned(rows)
    )


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
