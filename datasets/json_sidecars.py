"""Reader for a folder of photos, each with a JSON file about its post beside it, as gallery-dl and others write them.

The file is called after the photo, with or without the photo's own suffix (``1.jpg.json``, ``1.json``), or after the
post. gallery-dl writes one for each photo of a carousel; they make one post.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path

from datasets import post_objects
from datasets.accounts import account_of_folder
from datasets.folders import PHOTO_SUFFIXES, VIDEO_SUFFIXES, files
from datasets.named_photos import PhotoFinder, same_name
from datasets.post_objects import Json
from datasets.posts import Post, ReadReport, nothing_read
from datasets.untrusted import parse_json, read_bytes

NAME = "folder of photos with .json metadata (gallery-dl and others)"
SUFFIX = ".json"
DEEPEST = 4  # levels of subfolders looked into to tell the format: gallery-dl/instagram/account/
MOST_TRIED = 20  # files read to tell the format
MAX_BYTES = 16_000_000  # of one post's metadata
POST_KEYS = ("post_shortcode", "post_id", "shortcode", "code", "pk")
UNKNOWN = "JSON file without a known place for a caption"


@dataclass(slots=True)
class Media:
    """Photos and videos of one folder by their names in NFC, with their suffix and without."""

    named: dict[str, Path] = field(default_factory=dict)

    def of(self, metadata: Path) -> Path | None:
        """The photo or video that a JSON file is called after."""
        return self.named.get(same_name(metadata.stem))


def detect(path: Path) -> bool:
    """Whether ``path`` is a folder in which, or not far below, a photo's JSON file tells of its post."""
    if not path.is_dir():
        return False
    tried = 0
    for _, group in groupby(files(path, deepest=DEEPEST), key=lambda file: file.parent):
        metadata, media = _parted(group)
        for file in metadata:
            if media.of(file) is None:
                continue
            tried += 1
            if _load(file, Counter())[1]:
                return True
            if tried == MOST_TRIED:
                return False
    return False


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all posts with a caption, in subfolders too; of the photos of a carousel the first that is there.

    Raises DumpError when there is none.
    """
    report = ReadReport(NAME)
    posts: list[Post] = []
    for folder, group in groupby(files(path, report.skipped), key=lambda file: file.parent):
        metadata, media = _parted(group, report.skipped)
        posts += _posts(folder, path, metadata, media, report)
    if not posts:
        raise nothing_read(path, report, "give the folder that the posts were downloaded into.")
    return posts, report


@dataclass(frozen=True, slots=True)
class Part:
    """What one JSON file tells of a post, or of one photo of it."""

    number: int
    file: Path
    photo: Path | None
    is_video: bool
    account: str
    time: datetime | None


def _posts(folder: Path, root: Path, metadata: list[Path], media: Media, report: ReadReport) -> list[Post]:
    """Posts of one folder."""
    photos = PhotoFinder(folder)
    found: dict[tuple[str, ...], list[Part]] = {}
    for file in metadata:
        raw, caption = _load(file, report.skipped)
        if raw is None:
            continue
        if not caption:
            report.skipped[UNKNOWN if caption is None else "empty caption"] += 1
            continue
        given = next((name for key in POST_KEYS if (name := raw.get(key)) and isinstance(name, str | int)), None)
        number = raw.get("num")
        part = Part(
            number if isinstance(number, int) else 0,
            file,
            media.of(file) or _named(raw, photos),
            post_objects.is_video(raw),
            post_objects.account_of(raw) or account_of_folder(folder),
            post_objects.time_of(raw),
        )
        found.setdefault((caption, str(given)) if given else (caption, "", file.name), []).append(part)
    posts = []
    for (caption, *_), parts in found.items():
        parts.sort(key=lambda part: (part.number, part.file))
        images = [part.photo for part in parts if part.photo and part.photo.suffix.lower() in PHOTO_SUFFIXES]
        videos = sum(part.photo is not None for part in parts) - len(images)
        if videos:
            report.skipped["video"] += videos
        first = parts[0]
        if not images and (videos or first.is_video):
            report.skipped["post of videos only"] += 1
            continue
        if not images:
            report.skipped["photo missing (caption kept)"] += 1
        elif len(images) > 1:
            report.skipped["further photo of a carousel"] += len(images) - 1
        report.posts += 1
        report.with_photo += bool(images)
        place = first.file.relative_to(root).as_posix()
        posts.append(Post(images[0] if images else None, caption, first.account, place[: -len(SUFFIX)], first.time))
    return posts


def _named(raw: Json, photos: PhotoFinder) -> Path | None:
    return next((found for name in post_objects.photo_names(raw) if (found := photos.find(name))), None)


def _parted(group: Iterable[Path], skipped: Counter[str] | None = None) -> tuple[list[Path], Media]:
    """One folder's JSON files, and its photos and videos."""
    metadata = []
    media = Media()
    for file in group:
        suffix = file.suffix.lower()
        if suffix == SUFFIX:
            metadata.append(file)
        elif suffix in PHOTO_SUFFIXES or suffix in VIDEO_SUFFIXES:
            media.named[same_name(file.name)] = file
            media.named.setdefault(same_name(file.stem), file)
        elif skipped is not None:
            skipped["file of another kind"] += 1
    return metadata, media


def _load(file: Path, skipped: Counter[str]) -> tuple[Json | None, str | None]:
    """The post that a file tells of, and its caption; ``None``, counted, for a file that cannot be used."""
    data = read_bytes(file, MAX_BYTES, "metadata file", skipped)
    content = None if data is None else parse_json(data, "metadata file", skipped)
    posts = post_objects.posts_in(content)
    if posts and len(posts) == 1 and isinstance(posts[0], dict):
        return posts[0], post_objects.caption_of(posts[0])
    if content is not None:
        skipped["metadata of another kind"] += 1
    return None, None
