"""What every reader gives back: posts, and an account of what was read and what was left out."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import regex

from caption_model.errors import DumpError

MAX_GRAPHEMES = 2200  # Instagram's own limit, in characters
MAX_CODE_POINTS = 16 * MAX_GRAPHEMES  # looked at; the longest emojis have ten or so
CUT = "caption cut at 2,200 characters"
START = regex.compile(rf"\X{{0,{MAX_GRAPHEMES}}}+")


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


def cut_captions(posts: list[Post], report: ReadReport) -> list[Post]:
    """The same posts, no caption longer than Instagram allows; those that were are counted."""
    cut = []
    for post in posts:
        if len(post.caption) > MAX_GRAPHEMES:
            found = START.match(post.caption[:MAX_CODE_POINTS])
            kept = found[0].strip() if found else ""
            if len(kept) < len(post.caption):
                report.skipped[CUT] += 1
                post = replace(post, caption=kept)
        cut.append(post)
    return cut


def nothing_read(path: Path, report: ReadReport, cure: str) -> DumpError:
    """The error to raise when no post could be read: what was left out and why, and the ``cure``."""
    reasons = ", ".join(f"{count} × {reason}" for reason, count in report.skipped.items())
    return DumpError(f"{path} holds no post with a caption{f' (left out: {reasons})' if reasons else ''}; {cure}")
