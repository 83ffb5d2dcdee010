"""Photos of posts that were read from a zip: copied out one by one when they are needed, not before.

Readers name such a photo by the zip's path followed by the member's name. The copies are named by a hash, never by the
zip, in a folder of the user's cache, so that nothing in an archive decides where a file is written.
"""

import hashlib
import logging
import os
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from caption_model.errors import DumpError
from caption_model.storage.replace import replace_file
from datasets.folders import PHOTO_SUFFIXES
from datasets.posts import Post
from datasets.zips import SafeZip

log = logging.getLogger(__name__)

MAX_BYTES = 64_000_000  # of one photo


def default_cache() -> Path:
    """Where photos from zips are kept unless told otherwise: in ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "social-caption-suggester" / "photos"


def extract_photos(posts: Iterable[Post], cache: Path | None = None) -> list[Post]:
    """The same posts, those whose photo lies in a zip with a copy of it; ``None`` when it cannot be copied.

    Photos copied earlier are not copied again. Raises DumpError when the cache cannot be written.
    """
    cache = cache or default_cache()
    problems: Counter[str] = Counter()
    with ExitStack() as stack:
        opened: dict[Path, SafeZip | None] = {}
        result = []
        for post in posts:
            archive = _archive(post.image)
            if post.image is None or archive is None:
                result.append(post)
                continue
            if archive not in opened:
                opened[archive] = _open(archive, stack, problems)
            result.append(replace(post, image=_copy(opened[archive], post.image, cache, problems)))
    for reason, count in problems.items():
        log.warning("%d × %s: these captions are used without it", count, reason)
    return result


def _archive(image: Path | None) -> Path | None:
    """The zip that a photo lies in, ``None`` for one that is a file of its own."""
    return next((folder for folder in image.parents if folder.is_file()), None) if image is not None else None


def _open(archive: Path, stack: ExitStack, problems: Counter[str]) -> SafeZip | None:
    try:
        return stack.enter_context(SafeZip(archive))
    except DumpError:
        problems["zip damaged or refused"] += 1
        return None


def _copy(archive: SafeZip | None, image: Path, cache: Path, problems: Counter[str]) -> Path | None:
    name = image.relative_to(archive.path).as_posix() if archive else ""
    if archive is None or name not in archive.members:
        problems["photo missing in its zip"] += 1
        return None
    info = archive.members[name]
    digest = hashlib.sha256(f"{archive.path.resolve()}\0{name}\0{info.CRC}\0{info.file_size}".encode()).hexdigest()
    suffix = image.suffix.lower()
    copy = cache / digest[:2] / f"{digest}{suffix if suffix in PHOTO_SUFFIXES else ''}"
    if copy.exists():
        return copy
    data = archive.read(name, MAX_BYTES, "photo", problems)
    if data is None:
        return None
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy.parent.mkdir(exist_ok=True)
        replace_file(copy, lambda file: file.write(data), cached=True)
    except OSError as error:
        raise DumpError(f"{copy} cannot be written ({error.strerror or error}); make room in the cache.") from error
    return copy
