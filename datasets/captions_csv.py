"""Reader for a table of captions with a header: a CSV, plain or packed, or an Excel workbook."""

from collections.abc import Iterator
from pathlib import Path

from caption_model.errors import DumpError
from datasets import columns
from datasets.columns import Columns
from datasets.named_photos import PhotoFinder
from datasets.posts import Post, ReadReport, nothing_read
from datasets.tables import Table, is_table, read_tables

NAME = "captions CSV or Excel workbook"


def detect(path: Path) -> bool:
    """Whether ``path`` is a file named like a table, plain or packed."""
    return is_table(path)


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all rows with a caption. An image is looked for beside the file; where it is not, its name stays as given.

    Raises DumpError when the file cannot be read, has no caption column or no caption.
    """
    report = ReadReport(NAME)
    photos = PhotoFinder(path.parent)
    posts: list[Post] = []
    headers = []
    for table in read_tables(path, report.skipped):
        found = columns.find_columns(table.header, table.sample)
        if found is None:
            headers.append(table.header)
            continue
        before = len(posts)
        posts += _posts(table, found, path, photos, report)
        unknown = columns.others(table.header, found)
        if found.image is None and unknown:
            report.skipped[f"no photo known (none of the columns names it: {columns.listed(unknown)})"] += (
                len(posts) - before
            )
    if not posts and headers:
        raise DumpError(
            f"{path} has no column named 'caption' (its columns: {columns.listed(headers[0])}); "
            "rename the column that holds the captions."
        )
    if headers:
        report.skipped["sheet without captions"] += len(headers)
    if not posts:
        raise nothing_read(path, report, "check that it is the right file.")
    return posts, report


def _posts(table: Table, found: Columns, path: Path, photos: PhotoFinder, report: ReadReport) -> Iterator[Post]:
    """Posts of one table; ids that it does not give are the numbers of its rows."""
    number = 0
    for frame in table.frames:
        for row in frame.itertuples(index=False, name=None):
            number += 1
            caption = row[found.caption].strip()
            if not caption:
                report.skipped["empty caption"] += 1
                continue
            name, source, identifier = (
                row[at].strip() if at is not None else "" for at in (found.image, found.source, found.id)
            )
            photo = photos.find(columns.photo_name(name)) if name else None
            given = identifier or str(number)
            report.posts += 1
            report.with_photo += photo is not None
            yield Post(
                photo or (Path(name) if name else None),
                caption,
                source or path.name,
                f"{table.title}:{given}" if table.title and table.title != FIRST_SHEET else given,
            )


FIRST_SHEET = "Sheet1"
