"""Reader for a single CSV of captions, plain or gzipped, with a header."""

from pathlib import Path

from caption_model.errors import DumpError
from datasets.named_photos import find_photo
from datasets.posts import Post, ReadReport
from datasets.tables import rows

NAME = "captions CSV"
IMAGE_HEADERS = ("image", "image file", "image_file", "image_path", "photo", "file", "filename", "file_name")
ID_HEADERS = ("id", "sr no", "sr_no")


def detect(path: Path) -> bool:
    """Whether ``path`` is a file named like a CSV, plain or gzipped."""
    return path.is_file() and path.name.lower().endswith((".csv", ".csv.gz"))


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all rows with a caption. An image is looked for beside the file; where it is not, its name stays as given.

    Raises DumpError when the file cannot be read, has no caption column or no caption.
    """
    report = ReadReport(NAME)
    table = rows(path, report.skipped)
    header = [cell.strip().lower() for cell in next(table, [])]
    if "caption" not in header:
        raise DumpError(f"{path} has no column named 'caption'; rename the column that holds the captions.")
    caption_at = header.index("caption")
    image_at = next((header.index(name) for name in IMAGE_HEADERS if name in header), None)
    id_at = next((header.index(name) for name in ID_HEADERS if name in header), None)
    source_at = header.index("source") if "source" in header else None
    posts = []
    for number, row in enumerate(table, start=1):
        if len(row) != len(header):
            report.skipped["broken row"] += 1
            continue
        cells = [cell.strip() for cell in row]
        if not cells[caption_at]:
            report.skipped["empty caption"] += 1
            continue
        name = cells[image_at] if image_at is not None else ""
        beside = find_photo(path.parent, name)
        source = cells[source_at] if source_at is not None else ""
        identifier = cells[id_at] if id_at is not None else ""
        image = beside or (Path(name) if name else None)
        posts.append(Post(image, cells[caption_at], source or path.name, identifier or str(number)))
        report.posts += 1
        report.with_photo += beside is not None
    if not posts:
        raise DumpError(f"{path} holds no caption; check that it is the right file.")
    return posts, report
