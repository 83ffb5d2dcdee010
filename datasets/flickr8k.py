"""Reader for Flickr8k (Hodosh, Young & Hockenmaier, 2013): five descriptions a photo and lists of its split."""

from collections import Counter
from pathlib import Path

from caption_model.errors import DumpError
from datasets.records import BROKEN, STRAY
from datasets.tables import read_text, rows


def read_captions(csv: Path) -> dict[str, list[str]]:
    """Raw reference captions by image name, in the order of the file; nothing in them is changed.

    Raises DumpError when the file cannot be read or lacks the columns ``image`` and ``caption``.
    """
    problems: Counter[str] = Counter()
    table = rows(csv, problems)
    header = [cell.strip().lower() for cell in next(table, [])]
    if "image" not in header or "caption" not in header:
        raise DumpError(f"{csv} needs the columns 'image' and 'caption'; give Flickr8k's captions as such a CSV.")
    image_at, caption_at = header.index("image"), header.index("caption")
    captions: dict[str, list[str]] = {}
    for row in table:
        captions.setdefault(row[image_at], []).append(row[caption_at])
    amiss = problems[BROKEN] + problems[STRAY]
    if amiss:
        raise DumpError(f"{csv} has {amiss} rows with too many cells, too few or stray quotes; export it again.")
    if not captions:
        raise DumpError(f"{csv} holds no captions; check that it is the right file.")
    return captions


def read_list(txt: Path) -> list[str]:
    """Image names of one part of the split, one a line. Raises DumpError when unreadable or empty."""
    names = [line.strip() for line in read_text(txt).splitlines() if line.strip()]
    if not names:
        raise DumpError(f"{txt} lists no images; give one of Flickr8k's lists such as trainImages.txt.")
    return names


def read_described(csv: Path, listed: Path | None = None) -> dict[str, list[str]]:
    """Raw reference captions of the listed images in the list's order; of all images without a list.

    Raises DumpError when a file cannot be read or a listed image has no caption.
    """
    captions = read_captions(csv)
    names = read_list(listed) if listed else list(captions)
    missing = [name for name in names if name not in captions]
    if missing:
        raise DumpError(f"{csv} has no caption of {missing[0]} ({len(missing)} listed images in all).")
    return {name: captions[name] for name in names}
