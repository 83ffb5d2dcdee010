"""What every reader gives back: posts, and an account of what was read and what was left out."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Post:
    """One caption and, where the dump has it, its photo.

    ``image`` is the photo's path as far as the dump tells it (it need not exist), ``None`` when unknown;
    ``source`` names the file or collection the post was read from; ``id`` is unique within one dump.
    """

    image: Path | None
    caption: str
    source: str
    id: str
    time: datetime | None = None


@dataclass(slots=True)
class ReadReport:
    """Account of one reading: the format found, posts given back, how many have a photo, and rows left out by reason."""

    format: str
    posts: int = 0
    with_photo: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
