"""Reader for the layout of the Kaggle set "Instagram Images with Captions".

Two folders, each with a table and its photos: ``instagram_data/captions_csv.csv`` with a header,
``instagram_data2/captions_csv2.csv`` without. Image names are relative to the table and lack their suffix.
"""

from collections import Counter
from pathlib import Path

from caption_model.errors import DumpError
from datasets.named_photos import PhotoFinder
from datasets.posts import Post, ReadReport
from datasets.tables import rows

NAME = "Kaggle Instagram Images with Captions"
TABLES = {"captions_csv.csv": "instagram_data", "captions_csv2.csv": "instagram_data2"}
COLUMNS = 3


def tables(path: Path) -> list[Path]:
    """The captions tables of a dump: ``path`` may hold both folders or be one of them."""
    if not path.is_dir():
        return []
    places = [path / folder / table for table, folder in TABLES.items()] + [path / table for table in TABLES]
    return [place for place in places if place.is_file()]


def detect(path: Path) -> bool:
    """Whether ``path`` is a folder in this layout."""
    return bool(tables(path))


def find_photo(photos: PhotoFinder, name: str) -> Path | None:
    """The photo of an ``Image File`` entry, or ``None`` when it is missing or would lie outside the table's folder."""
    relative = Path(name.replace("\\", "/"))
    return None if relative.is_absolute() or ".." in relative.parts else photos.find(name)


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all posts with a caption; a post whose photo is missing keeps the name that the table gives.

    Raises DumpError when ``path`` holds no captions table or none of its rows can be used.
    """
    found = tables(path)
    if not found:
        raise DumpError(f"{path} holds neither {' nor '.join(TABLES)}; give the folder the Kaggle archive unpacks to.")
    report = ReadReport(NAME)
    posts = [post for table in found for post in _read_table(table, report)]
    if not posts:
        raise DumpError(f"{path} holds no post with a caption; check that its captions tables are complete.")
    return posts, report


def _read_table(table: Path, report: ReadReport) -> list[Post]:
    posts: list[Post] = []
    skipped: Counter[str] = report.skipped
    photos = PhotoFinder(table.parent)
    for number, row in enumerate(rows(table, skipped)):
        if number == 0 and [cell.strip().lower() for cell in row[:COLUMNS]] == ["sr no", "image file", "caption"]:
            continue
        if len(row) != COLUMNS:
            skipped["broken row"] += 1
            continue
        identifier, name, caption = (cell.strip() for cell in row)
        if not caption:
            skipped["empty caption"] += 1
            continue
        photo = find_photo(photos, name)
        if photo is None:
            skipped["photo missing (caption kept)"] += 1
        image = photo or (table.parent / name if name else None)
        post = Post(image, caption, table.parent.name, f"{table.stem}:{identifier or number}")
        report.posts += 1
        report.with_photo += photo is not None
        posts.append(post)
    return posts
