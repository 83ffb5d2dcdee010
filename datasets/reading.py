"""One way in for every dump format: the first reader that recognises a path reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from caption_model.errors import DumpError
from datasets import captions_csv, kaggle
from datasets.posts import Post, ReadReport


@dataclass(frozen=True, slots=True)
class Reader:
    """A dump format: its name, a cheap look whether a path is one, and the reading itself."""

    name: str
    detect: Callable[[Path], bool]
    read: Callable[[Path], tuple[list[Post], ReadReport]]


READERS = (
    Reader(kaggle.NAME, kaggle.detect, kaggle.read),
    Reader(captions_csv.NAME, captions_csv.detect, captions_csv.read),
)


def read_posts(path: Path | str) -> tuple[list[Post], ReadReport]:
    """Read a dump, whichever known format it is in.

    Raises DumpError when the path does not exist, no reader knows its format, or it holds no posts.
    """
    path = Path(path)
    if not path.exists():
        raise DumpError(f"{path} does not exist; give the path of a dump's folder or of a CSV file.")
    for reader in READERS:
        if reader.detect(path):
            return reader.read(path)
    known = "; ".join(reader.name for reader in READERS)
    raise DumpError(f"{path} is in no known format; give one of: {known}.")
