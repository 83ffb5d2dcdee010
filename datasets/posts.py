"""What every reader gives back: posts, and an account of what was read and what was left out."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from caption_model.errors import DumpError


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
    """Account of one reading: the format found, posts given back, how many have a photo, what was left out and why."""

    format: str
    posts: int = 0
    with_photo: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


def nothing_read(path: Path, report: ReadReport, cure: str) -> DumpError:
    """The error to raise when no post could be read: what was left out and why, and the ``cure``."""
    reasons = ", ".join(f"{count} × {reason}" for reason, count in report.skipped.items())
    return DumpError(f"{path} holds no post with a caption{f' (left out: {reasons})' if reasons else ''}; {cure}")
