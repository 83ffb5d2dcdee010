"""Reader for folders written by Instaloader 4: one a profile, or a parent of several.

A post is a group of files of one stem: photos (``STEM.jpg``, or ``STEM_1.jpg``, ``STEM_2.jpg`` … of a carousel),
``STEM.txt`` with the caption, ``STEM.json.xz`` or ``STEM.json`` with everything. The stem is ``DATE_UTC`` unless the
user chose another pattern, so files are put together by their stem whatever it is.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from datasets.accounts import account_of_folder
from datasets.folders import PHOTO_SUFFIXES, VIDEO_SUFFIXES, files
from datasets.named_photos import same_name
from datasets.post_objects import account_of, caption_of, time_of
from datasets.posts import Post, ReadReport, nothing_read
from datasets.sidecars import CAPTION_SUFFIX, read_caption
from datasets.untrusted import open_regular, parse_json, read_bytes, text, unpack_xz

NAME = "Instaloader folder"
DEEPEST = 3  # levels of subfolders looked into to tell the format
STAMP = re.compile(r"(\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)_UTC")
STAMPED_FILE = re.compile(STAMP.pattern + r"(_\d+)?\.(json|json\.xz|txt|jpe?g|png|webp|heic|mp4)", re.IGNORECASE)
NUMBERED = re.compile(r"(?P<stem>.+)_(?P<number>\d+)")
METADATA_SUFFIXES = (".json.xz", ".json")
MAX_BYTES = 16_000_000  # of one post's metadata, packed and unpacked; they take some 10 kB
MOST_COMPARED = 50  # text files of a folder that are held against the metadata
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

    The caption is the metadata's; the text file, which users fill with what they like, counts where there are none.
    The account is the metadata's too, else that of the profile in whose folder the post lies.

    Raises DumpError when there is none.
    """
    report = ReadReport(NAME)
    posts = []
    accounts: dict[Path, str] = {}
    for folder, group in groupby(files(path, report.skipped), key=lambda file: file.parent):
        found = []
        for stem, parts in _groups(group, report.skipped).items():
            metadata = _metadata(parts.metadata, report.skipped) if parts.metadata else {}
            found.append((stem, parts, metadata))
            if name := _profile(metadata):
                accounts[folder] = name
        account = next((accounts[place] for place in (folder, *folder.parents) if place in accounts), "")
        account = account or account_of_folder(folder)
        trusted = _texts_are_captions(found)
        for stem, parts, metadata in found:
            if not trusted and parts.caption:
                if caption_of(_node(metadata)) is None:
                    report.skipped["text that is no caption"] += 1
                parts.caption = None
            post = _post(Found(stem, parts, metadata, folder, account), path, report.skipped)
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
        with open_regular(file) as opened:
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
        stem, suffix = _split(same_name(file.name))
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


@dataclass(frozen=True, slots=True)
class Found:
    """A group of files with what its metadata hold: ``{}`` without any, ``None`` when they cannot be read."""

    stem: str
    group: Group
    metadata: Json | None
    folder: Path
    account: str


def _post(found: Found, root: Path, skipped: Counter[str]) -> Post | None:
    """The post that a group of files makes, or ``None``, counted by its reason."""
    group, stem, metadata = found.group, found.stem, found.metadata
    if group.videos:
        skipped["video"] += group.videos
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
    node = _node(metadata)
    caption = caption_of(node)
    if caption is None:
        caption = (read_caption(group.caption, skipped) or "") if group.caption else ""
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
    place = (found.folder / stem).relative_to(root).as_posix()
    return Post(image, caption, account_of(node) or found.account, place, _time(stamp, node))


def _node(metadata: Json | None) -> Json:
    node = (metadata or {}).get("node")
    return node if isinstance(node, dict) else {}


def _profile(metadata: Json | None) -> str:
    """Name of the account whose profile the metadata describe; ``""`` for those of anything else."""
    maker = (metadata or {}).get("instaloader")
    kind = maker.get("node_type") if isinstance(maker, dict) else None
    return text(_node(metadata).get("username")).strip() if kind == "Profile" else ""


def _texts_are_captions(found: Iterable[tuple[str, Group, Json | None]]) -> bool:
    """Whether a folder's text files hold captions: most of those whose metadata tell the caption agree with it."""
    same = 0
    compared = 0
    for _, group, metadata in found:
        caption = None if _other_kind(metadata or {}) else caption_of(_node(metadata))
        if caption and group.caption and compared < MOST_COMPARED:
            written = " ".join((read_caption(group.caption, Counter()) or "").split())
            if written:
                compared += 1
                same += written == " ".join(caption.split())
    return 2 * same >= compared


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


def _time(stamp: re.Match[str] | None, node: Json) -> datetime | None:
    """When the post was made: from the name of its files, else from the metadata."""
    with suppress(ValueError):  # no such day
        if stamp:
            return datetime.strptime(stamp[1], "%Y-%m-%d_%H-%M-%S").replace(tzinfo=UTC)
    return time_of(node)
