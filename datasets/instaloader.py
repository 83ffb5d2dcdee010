"""Reader for folders written by Instaloader 4: one a profile, or a parent of several.

A post is a group of files of one stem: photos (``STEM.jpg``, or ``STEM_1.jpg``, ``STEM_2.jpg`` … of a carousel),
``STEM.txt`` with the caption, ``STEM.json.xz`` or ``STEM.json`` with everything. The stem is ``DATE_UTC`` unless the
user chose another pattern, so files are put together by their stem whatever it is.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from datasets.folders import PHOTO_SUFFIXES, VIDEO_SUFFIXES, files
from datasets.posts import Post, ReadReport, nothing_read
from datasets.sidecars import CAPTION_SUFFIX, read_caption
from datasets.untrusted import parse_json, read_bytes, text, unpack_xz

NAME = "Instaloader folder"
DEEPEST = 3  # levels of subfolders looked into to tell the format
STAMP = re.compile(r"(\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)_UTC")
STAMPED_FILE = re.compile(STAMP.pattern + r"(_\d+)?\.(json|json\.xz|txt|jpe?g|png|webp|heic|mp4)", re.IGNORECASE)
NUMBERED = re.compile(r"(?P<stem>.+)_(?P<number>\d+)")
METADATA_SUFFIXES = (".json.xz", ".json")
MAX_BYTES = 16_000_000  # of one post's metadata, packed and unpacked; they take some 10 kB
OTHER_NODES = {"StoryItem": "story", "Profile": "profile's metadata", "Hashtag": "hashtag's metadata"}
SIDE_FILES = (
    (re.compile(r".*_old_\d+\.txt", re.IGNORECASE), "earlier version of an edited caption"),
    (re.compile(r".*_location\.txt", re.IGNORECASE), "location"),
    (re.compile(r".*_comments\.json(\.xz)?", re.IGNORECASE), "comments"),
    (re.compile(r".*_(profile_pic|cover)\.\w+", re.IGNORECASE), "profile picture or cover"),
    (re.compile(r"(.*_)?(iterator|resume_info)_.*\.json(\.xz)?", re.IGNORECASE), "state of an interrupted download"),
)

Json = dict[str, object]


@dataclass(slots=True)
class Group:
    """Files of one stem; ``photos`` by their number in the carousel, 0 for one without."""

    caption: Path | None = None
    metadata: Path | None = None
    photos: dict[int, Path] = field(default_factory=dict)
    videos: int = 0


def detect(path: Path) -> bool:
    """Whether ``path`` is a folder with, or not far above, a file only Instaloader writes."""
    return path.is_dir() and any(map(_is_own, files(path, deepest=DEEPEST)))


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all posts with a caption, one for a carousel: with its first photo.

    Raises DumpError when there is none.
    """
    report = ReadReport(NAME)
    posts = []
    for folder, group in groupby(files(path, report.skipped), key=lambda file: file.parent):
        for stem, parts in _groups(group, report.skipped).items():
            post = _post(stem, parts, folder, path, report.skipped)
            if post is not None:
                report.posts += 1
                report.with_photo += post.image is not None
                posts.append(post)
    if not posts:
        raise nothing_read(path, report, "give the folder that Instaloader downloaded a profile into.")
    return posts, report


def _is_own(file: Path) -> bool:
    if STAMPED_FILE.fullmatch(file.name) or file.name.lower().endswith(".json.xz"):
        return True
    if file.suffix.lower() != ".json":
        return False
    try:
        with file.open("rb") as opened:
            return b'"instaloader"' in opened.read(1000)  # it writes its keys in order, this one first
    except OSError:
        return False


def _split(name: str) -> tuple[str, str]:
    """Stem and lower-case suffix of a file name; ``.json.xz`` is one suffix."""
    for suffix in METADATA_SUFFIXES:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)], suffix
    return Path(name).stem, Path(name).suffix.lower()


def _groups(folder_files: Iterable[Path], skipped: Counter[str]) -> dict[str, Group]:
    """One folder's files by the stem of their post."""
    groups: defaultdict[str, Group] = defaultdict(Group)
    media = []
    for file in folder_files:
        stem, suffix = _split(file.name)
        side = next((reason for pattern, reason in SIDE_FILES if pattern.fullmatch(file.name)), None)
        if side:
            skipped[side] += 1
        elif suffix == CAPTION_SUFFIX:
            groups[stem].caption = file
        elif suffix in METADATA_SUFFIXES:
            groups[stem].metadata = file
        elif suffix in PHOTO_SUFFIXES or suffix in VIDEO_SUFFIXES:
            media.append((file, stem, suffix))
        else:
            skipped["file of another kind"] += 1
    stems = set(groups)
    for file, stem, suffix in media:
        post, number = _post_of(stem, stems)
        if suffix in VIDEO_SUFFIXES:
            groups[post].videos += 1
        elif number in groups[post].photos:
            skipped["further photo of the same name"] += 1
        else:
            groups[post].photos[number] = file
    return groups


def _post_of(stem: str, stems: set[str]) -> tuple[str, int]:
    """Stem of the post that a photo or video belongs to, and its number there."""
    numbered = NUMBERED.fullmatch(stem)
    if stem in stems or numbered is None:
        return stem, 0
    if numbered["stem"] in stems or STAMP.fullmatch(numbered["stem"]):
        return numbered["stem"], int(numbered["number"])
    return stem, 0


def _post(stem: str, group: Group, folder: Path, root: Path, skipped: Counter[str]) -> Post | None:
    """The post that a group of files makes, or ``None``, counted by its reason."""
    if group.videos:
        skipped["video"] += group.videos
    metadata = _metadata(group.metadata, skipped) if group.metadata else {}
    other = _other_kind(metadata or {})
    if other:
        skipped[other] += 1
        return None
    stamp = STAMP.search(stem)
    if not (group.metadata or group.photos or group.videos or stamp):
        skipped["text without a post"] += 1
        return None
    if not (group.metadata or group.caption or stamp):
        skipped["photo or video without a caption"] += 1
        return None
    node = (metadata or {}).get("node")
    caption = _caption(group, node if isinstance(node, dict) else {}, skipped)
    if not caption:
        if metadata is not None:  # else counted where they were read
            skipped["empty caption"] += 1
        return None
    if not group.photos:
        if group.videos:
            skipped["post of videos only"] += 1
            return None
        skipped["photo missing (caption kept)"] += 1
    if len(group.photos) > 1:
        skipped["further photo of a carousel"] += len(group.photos) - 1
    image = group.photos[min(group.photos)] if group.photos else None
    time = _time(stamp, node if isinstance(node, dict) else {})
    return Post(image, caption, folder.resolve().name, (folder / stem).relative_to(root).as_posix(), time)


def _metadata(file: Path, skipped: Counter[str]) -> Json | None:
    data = read_bytes(file, MAX_BYTES, "metadata file", skipped)
    if data is not None and file.suffix.lower() == ".xz":
        data = unpack_xz(data, MAX_BYTES, "metadata file", skipped)
    content = None if data is None else parse_json(data, "metadata file", skipped)
    if content is None or isinstance(content, dict):
        return content
    skipped["metadata of another kind"] += 1
    return None


def _other_kind(metadata: Json) -> str | None:
    """What metadata that are no post's are of; ``None`` for a post's and for none at all."""
    if not metadata:
        return None
    maker = metadata.get("instaloader")
    kind = maker.get("node_type") if isinstance(maker, dict) else None
    if kind == "Post" or (kind is None and isinstance(metadata.get("node"), dict)):
        return None
    return OTHER_NODES.get(str(kind), "metadata of another kind")


def _caption(group: Group, node: Json, skipped: Counter[str]) -> str:
    """From the text file, else from the metadata."""
    captions: Iterator[str] = _captions(node)
    if group.caption and (caption := read_caption(group.caption, skipped)):
        return caption
    return next((caption.strip() for caption in captions if caption.strip()), "")


def _captions(node: Json) -> Iterator[str]:
    edges = node.get("edge_media_to_caption")
    edges = edges.get("edges") if isinstance(edges, dict) else None
    first = edges[0] if isinstance(edges, list) and edges else None
    inner = first.get("node") if isinstance(first, dict) else None
    yield text(inner.get("text")) if isinstance(inner, dict) else ""
    for holder in (node, node.get("iphone_struct")):
        caption = holder.get("caption") if isinstance(holder, dict) else None
        yield text(caption.get("text") if isinstance(caption, dict) else caption)


def _time(stamp: re.Match[str] | None, node: Json) -> datetime | None:
    """When the post was made: from the name of its files, else from the metadata."""
    try:
        if stamp:
            return datetime.strptime(stamp[1], "%Y-%m-%d_%H-%M-%S").replace(tzinfo=UTC)
        seconds = next((node[key] for key in ("taken_at_timestamp", "date", "taken_at") if key in node), None)
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int | float) else None
    except (ValueError, OverflowError, OSError):
        return None
