"""Which column of a table holds what: by the usual names of columns, the photo's also by what stands in it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from caption_model.text.shown import visible
from datasets.folders import PHOTO_SUFFIXES

# Names without anything but letters and digits, in lower case; the earlier in a list, the better.
CAPTIONS = ("caption", "captions", "captiontext", "cleancaption")
IMAGES = (
    *("image", "imagefile", "imagepath", "imagename", "imagefilename", "imagefilepath", "imageid", "imageurl"),
    *("photo", "photofile", "photopath", "photoname", "photofilename", "picture", "picturefile", "picturename"),
    *("img", "imgfile", "imgpath", "imgname", "imgid", "pic", "pics", "images", "photos"),
    *("file", "filename", "filepath", "path", "localpath", "relativepath", "media", "mediafile", "mediapath", "uri"),
)
IDS = ("id", "srno", "postid", "shortcode", "code", "pk")
SOURCES = ("source", "account", "username", "user", "owner", "ownerusername", "profile")
NOT_ALPHANUMERIC = re.compile(r"[\W_]+")
WEB = re.compile(r"https?://", re.IGNORECASE)
MOST_LISTED = 12


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the columns that are used; ``None`` for what a table does not have."""

    caption: int
    image: int | None = None
    id: int | None = None
    source: int | None = None


def plain(name: str) -> str:
    """A column's name as it is compared: ``Image File`` and ``image_file`` are ``imagefile``."""
    return NOT_ALPHANUMERIC.sub("", name).casefold()


def has_caption(names: Iterable[str], exactly: bool = False) -> bool:
    """Whether a column of captions is among these names: one of the usual, unless ``exactly`` one that ends in it."""
    plains = [plain(name) for name in names]
    return (_first(plains, CAPTIONS) if exactly else _caption(plains)) is not None


def find_columns(names: Sequence[str], sample: Sequence[Sequence[str]] = ()) -> Columns | None:
    """Columns by their names, the photo's else by the first rows; ``None`` when no column has a caption's name."""
    plains = [plain(name) for name in names]
    caption = _caption(plains)
    if caption is None:
        return None
    image = _first(plains, IMAGES, besides=caption)
    if image is None:
        image = next((at for at in range(len(plains)) if at != caption and _holds_photos(sample, at)), None)
    return Columns(caption, image, _first(plains, IDS), _first(plains, SOURCES))


def listed(names: Iterable[str]) -> str:
    """The columns of a table as an error tells them."""
    shown = [visible(name.strip(), 30) or "(no name)" for name in names]
    return ", ".join(shown[:MOST_LISTED]) + (" …" if len(shown) > MOST_LISTED else "") or "none"


def others(names: Sequence[str], columns: Columns) -> list[str]:
    """Names of the columns that nothing is known of."""
    known = (columns.caption, columns.image, columns.id, columns.source)
    return [name for at, name in enumerate(names) if at not in known and name.strip()]


def photo_name(cell: str) -> str:
    """The file name in a cell: of a web address its last part."""
    if WEB.match(cell):
        try:
            return unquote(PurePosixPath(urlsplit(cell).path).name)
        except ValueError:
            return ""
    return cell


def _caption(plains: Sequence[str]) -> int | None:
    known = _first(plains, CAPTIONS)
    if known is not None:
        return known
    alike = [at for at, name in enumerate(plains) if name.endswith(CAPTIONS[:3])]
    return alike[0] if len(alike) == 1 else None  # post_caption, image caption: but not one of five


def _first(plains: Sequence[str], known: Iterable[str], besides: int = -1) -> int | None:
    found = {name: at for at, name in reversed(list(enumerate(plains))) if at != besides}
    return next((found[name] for name in known if name in found), None)


def _holds_photos(sample: Sequence[Sequence[str]], at: int) -> bool:
    cells = [cell for row in sample if (cell := photo_name(row[at].strip()))]
    return sum(PurePosixPath(cell).suffix.lower() in PHOTO_SUFFIXES for cell in cells) * 2 > len(cells)
