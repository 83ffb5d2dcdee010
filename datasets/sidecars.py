"""Reader for a folder of photos, each with its caption in a ``.txt`` of the same name beside it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from caption_model.errors import DumpError
from datasets.folders import PHOTO_SUFFIXES, files
from datasets.named_photos import same_name
from datasets.posts import Post, ReadReport, nothing_read
from datasets.tables import read_text

NAME = "folder of photos with .txt captions"
CAPTION_SUFFIX = ".txt"
DEEPEST = 3  # levels of subfolders looked into to tell the format
NUMBERED = re.compile(r"(?P<stem>.+)_(?P<number>\d{1,3})")
MAX_BYTES = 100_000  # of one caption; Instagram's longest is 2,200 characters


def detect(path: Path) -> bool:
    """Whether ``path`` is a folder in which, or not far below, a photo has its ``.txt``."""
    if not path.is_dir():
        return False
    for _, group in groupby(files(path, deepest=DEEPEST), key=lambda file: file.parent):
        texts, photos = _parted(group)
        if any(_stem_of(photo, texts) in texts for photo in photos):
            return True
    return False


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all photos with a caption, in subfolders too; of several photos with one caption the first.

    Raises DumpError when there is none.
    """
    report = ReadReport(NAME)
    posts = []
    for _, group in groupby(files(path, report.skipped), key=lambda file: file.parent):
        texts, photos = _parted(group, report.skipped)
        shown: defaultdict[str, list[Path]] = defaultdict(list)
        for photo in photos:
            shown[_stem_of(photo, texts)].append(photo)
        for stem in sorted(texts.keys() | shown.keys()):
            post = _post(texts.get(stem), sorted(shown[stem], key=_place), stem, path, report.skipped)
            if post:
                posts.append(post)
    report.posts = report.with_photo = len(posts)
    if not posts:
        raise nothing_read(path, report, "put each photo's caption beside it, in a .txt of the same name.")
    return posts, report


def _parted(group: Iterable[Path], skipped: Counter[str] | None = None) -> tuple[dict[str, Path], list[Path]]:
    """One folder's captions by the stem of their photo (``a.txt`` and ``a.jpg.txt`` are of ``a.jpg``), and photos."""
    texts: dict[str, Path] = {}
    photos = []
    for file in group:
        suffix = file.suffix.lower()
        if suffix == CAPTION_SUFFIX:
            inner = Path(same_name(file.stem))
            texts.setdefault(inner.stem if inner.suffix.lower() in PHOTO_SUFFIXES else inner.name, file)
        elif suffix in PHOTO_SUFFIXES:
            photos.append(file)
        elif skipped is not None:
            skipped["file of another kind"] += 1
    return texts, photos


def _stem_of(photo: Path, texts: dict[str, Path]) -> str:
    """Stem of the caption that a photo belongs to: its own, or that of the carousel whose number it bears."""
    stem = same_name(photo.stem)
    numbered = NUMBERED.fullmatch(stem)
    if stem not in texts and numbered and numbered["stem"] in texts:
        return numbered["stem"]
    return stem


def _place(photo: Path) -> tuple[int, str]:
    numbered = NUMBERED.fullmatch(photo.stem)
    return int(numbered["number"]) if numbered else 0, photo.name


def _post(caption: Path | None, photos: list[Path], stem: str, root: Path, skipped: Counter[str]) -> Post | None:
    """The post that a caption and its photos make, or ``None``, counted by its reason."""
    if caption is None or not photos:
        skipped["photo without a caption" if photos else "text without a photo"] += len(photos) or 1
        return None
    further = len(photos) - 1
    if further:
        same = all(photo.stem == photos[0].stem for photo in photos)
        skipped["further photo of the same name" if same else "further photo of a carousel"] += further
    text = read_caption(caption, skipped)
    if not text:
        if text is not None:
            skipped["empty caption"] += 1
        return None
    place = (photos[0].parent / stem).relative_to(root).as_posix()
    return Post(photos[0], text, root.resolve().name, place)


def read_caption(path: Path, skipped: Counter[str]) -> str | None:
    """The caption in a text file, without the white space around it; ``None``, counted, when it cannot be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            skipped["text too long for a caption"] += 1
            return None
        return read_text(path, skipped, MAX_BYTES).strip()
    except (DumpError, OSError):
        skipped["text unreadable"] += 1
        return None
