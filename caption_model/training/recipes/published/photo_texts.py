"""Photos and what people say of them, whatever the layout: Flickr8k's, in three spellings, or any dump of posts."""

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from caption_model.errors import DumpError, TrainingError
from caption_model.text.controls import MAX_GRAPHEMES
from datasets.cleaning import CleaningConfig, clean_posts
from datasets.flickr8k import read_captions, read_list
from datasets.posts import Post
from datasets.reading import read_posts
from datasets.tables import read_text
from datasets.zipped_photos import extract_photos

log = logging.getLogger(__name__)

TABLES = ("captions.csv", "captions.txt")  # image,caption; the second is Kaggle's copy of Flickr8k
TOKENS = ("Flickr8k.token.txt", "Flickr8k_text/Flickr8k.token.txt")  # image#number, a tab, the description
TRAIN = ("trainImages.txt", "Flickr_8k.trainImages.txt", "Flickr8k_text/Flickr_8k.trainImages.txt", "train.txt")
JUDGES = ("devImages.txt", "Flickr_8k.devImages.txt", "Flickr8k_text/Flickr_8k.devImages.txt", "validation.txt")
IMAGES = ("images", "Images", "Flicker8k_Dataset", "Flickr8k_Dataset")
HELD_OUT = 0.1  # of the photos, where no list says which


@dataclass(frozen=True)
class PhotoTexts:
    """Described photos by name, in the order of their lists.

    Attributes:
        photos: where each lies; nothing says that it can be opened.
        train: texts of the photos to learn from, as people wrote them.
        judging: texts of the photos to judge by.
    """

    photos: Mapping[str, Path]
    train: dict[str, list[str]]
    judging: dict[str, list[str]]

    @property
    def names(self) -> list[str]:
        """Of all photos, those that judge last."""
        return [*self.train, *self.judging]

    def without(self, names: Iterable[str]) -> "PhotoTexts":
        """The same without some photos.

        Raises:
            TrainingError: none is left to learn from or to judge by.
        """
        gone = set(names)
        train, judging = (
            {name: texts for name, texts in part.items() if name not in gone} for part in (self.train, self.judging)
        )
        if not train or not judging:
            raise TrainingError("no photo is left to learn from or to judge by: check --data and --images.")
        return PhotoTexts(self.photos, train, judging)


def read_photo_texts(folder: Path, images: Path | None = None) -> PhotoTexts:
    """Read a folder in Flickr8k's layout, or a dump of posts, whose captions are cleaned.

    Without lists, a tenth of the photos judges: which, their names decide.

    Args:
        folder: of the data.
        images: folder of the photos, where it is not one of the usual ones in ``folder``.

    Raises:
        DumpError: what is there cannot be read.
        TrainingError: a listed photo has no description, or too few photos have any.
    """
    described = _described(folder)
    if described is None:
        photos, described = _posted(folder)
        train, judging = _halves(described)
    else:
        place = images or next((folder / name for name in IMAGES if (folder / name).is_dir()), folder)
        photos = {name: place / name for name in described}
        lists = [_first(folder, names) for names in (TRAIN, JUDGES)]
        train, judging = (_listed(one, described) for one in lists if one) if all(lists) else _halves(described)
    return PhotoTexts(photos, train, judging).without(())


def cleaned_posts(folder: Path) -> list[Post]:
    """Posts of a dump with a caption that cleaning leaves, as training sees them.

    Raises:
        DumpError: it cannot be read.
    """
    posts, _ = read_posts(folder)
    return list(extract_photos(clean_posts(posts, CleaningConfig(max_graphemes=MAX_GRAPHEMES)).posts))


def _described(folder: Path) -> dict[str, list[str]] | None:
    """Texts by photo in one of Flickr8k's spellings; ``None`` where there is none."""
    if not folder.is_dir():
        raise DumpError(f"{folder} is no folder: give the folder of the data.")
    table = _first(folder, TABLES)
    if table:
        return read_captions(table)
    tokens = _first(folder, TOKENS)
    return _tokens(tokens) if tokens else None


def _tokens(file: Path) -> dict[str, list[str]]:
    described: dict[str, list[str]] = {}
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        if not line.strip():
            continue
        name, tab, text = line.partition("\t")
        if not tab:
            raise DumpError(f"{file} has no tab in line {number}: give Flickr8k.token.txt as it came.")
        described.setdefault(name.partition("#")[0].strip(), []).append(text.strip())
    if not described:
        raise DumpError(f"{file} holds no descriptions: check that it is the right file.")
    return described


def _posted(folder: Path) -> tuple[dict[str, Path], dict[str, list[str]]]:
    """Photos of posts and their cleaned captions."""
    photos: dict[str, Path] = {}
    texts: dict[str, list[str]] = {}
    for post in cleaned_posts(folder):
        if post.image is not None and post.image.is_file():
            inside = post.image.is_relative_to(folder)
            name = (post.image.relative_to(folder) if inside else post.image).as_posix()
            photos[name] = post.image
            texts.setdefault(name, []).append(post.caption)
    if not texts:
        raise TrainingError(f"{folder} has no captions with photos after cleaning: check that its photos are there.")
    return photos, texts


def _listed(file: Path, described: Mapping[str, list[str]]) -> dict[str, list[str]]:
    names = read_list(file)
    missing = [name for name in names if name not in described]
    if missing:
        raise TrainingError(f"{file} lists {missing[0]}, which nobody describes ({len(missing)} such photos in all).")
    return {name: described[name] for name in names}


def _halves(described: Mapping[str, list[str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Photos to learn from and to judge by: the order of their names' hashes decides."""
    shuffled = sorted(described, key=lambda name: hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest())
    held = set(shuffled[: max(1, round(HELD_OUT * len(shuffled)))])
    return (
        {name: texts for name, texts in described.items() if name not in held},
        {name: texts for name, texts in described.items() if name in held},
    )


def _first(folder: Path, names: Iterable[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)
