"""Reader for Instagram's own export (Meta's "Download your information") in JSON: a folder, a zip, or several zips.

The file of posts has moved over the years: ``media.json`` at the root (2018), then ``posts_1.json`` in ``content/``,
``your_instagram_activity/content/`` and ``your_instagram_activity/media/``; so it is searched for by its name.
"""

import html
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from caption_model.errors import DumpError
from datasets.export_files import ExportFile, ExportFiles
from datasets.folders import VIDEO_SUFFIXES
from datasets.posts import Post, ReadReport, nothing_read
from datasets.untrusted import parse_json, text
from datasets.zips import is_zip

NAME = "Instagram export (JSON; folder or zip)"
POSTS = re.compile(r"posts_.*\.json", re.IGNORECASE)
HTML_POSTS = re.compile(r"posts_\d+\.html", re.IGNORECASE)
OLD_POSTS = "media.json"
BESIDES = {  # files of the same export that hold no posts
    "stories": "file of stories",
    "reels": "file of reels (videos)",
    "igtv_videos": "file of IGTV (videos)",
    "archived_posts": "file of archived posts",
    "recently_deleted_content": "file of deleted posts",
    "profile_photos": "file of profile photos",
    "other_content": "file of other content",
}
OLD_KEYS = {"photos", "videos"}
DEEPEST = 5  # levels of folders the files of posts may lie below the dump: three of Meta's own, two of the user's
MAX_BYTES = 100_000_000  # of one file of posts
ASK_AGAIN = (
    "ask Instagram for a new one: Accounts Centre, Your information and permissions, Download your information, "
    "format JSON."
)

Json = dict[str, object]


def detect(path: Path) -> bool:
    """Whether ``path`` is a zip, or a folder with an export or the zips of one."""
    if not path.is_dir():
        return is_zip(path)
    try:
        found = ExportFiles(path, Counter(), DEEPEST)
    except DumpError:
        return False
    if any(_named(file, POSTS) or _named(file, HTML_POSTS) for file in found.files):
        return True
    return any(_is_old(file) and _old_lists(_load(file, Counter())) for file in found.files)


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all posts with a caption, one for a post of several photos: with the first of them that is there.

    The photo of a post in a zip is the zip's path followed by the member's name; ``zipped_photos.extract_photos``
    makes a file of it. Nothing but captions, times and photo names is taken over, no place and no EXIF.

    Raises DumpError when ``path`` is no export in JSON or none of its posts can be used.
    """
    report = ReadReport(NAME)
    files = ExportFiles(path, report.skipped)
    sources = [file for file in files.files if _named(file, POSTS) or _is_old(file)]
    if not sources and any(_named(file, HTML_POSTS) for file in files.files):
        raise DumpError(f"{path} is an export in HTML, which cannot be read; {ASK_AGAIN}")
    if not sources:
        hint = "unpack it first if it is another kind of dump, otherwise " if is_zip(path) else ""
        raise DumpError(f"{path} holds no posts_1.json of an Instagram export; {hint}{ASK_AGAIN}")
    report.skipped.update(reason for file in files.files if (reason := BESIDES.get(_numberless(file))))
    posts: list[Post] = []
    seen: set[tuple[str, datetime | None, tuple[str, ...]]] = set()
    for source in sources:
        label = source.path.relative_to(path).as_posix()
        for number, raw in enumerate(_entries(_load(source, report.skipped), report.skipped), start=1):
            entry = _read_entry(raw, report.skipped)
            if entry.key in seen:
                report.skipped["post met before"] += 1
                continue
            seen.add(entry.key)
            if not _is_usable(entry, report.skipped):
                continue
            photo = _photo(entry.photos, files, source, report.skipped)
            report.posts += 1
            report.with_photo += photo is not None
            image = photo.path if photo else None
            posts.append(Post(image, entry.caption, label, f"{label}:{number}", entry.time))
    if not posts:
        raise nothing_read(path, report, f"if posts are missing, {ASK_AGAIN}")
    return posts, report


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a file of posts; ``names`` of its media in their order, ``""`` where there is none."""

    caption: str
    names: tuple[str, ...]
    time: datetime | None

    @property
    def key(self) -> tuple[str, datetime | None, tuple[str, ...]]:
        """Tells entries apart: parts of an export may repeat them."""
        return self.caption, self.time, self.names

    @property
    def photos(self) -> list[str]:
        """Names of its media that are no videos."""
        return [name for name in self.names if name and not _is_video(name)]


def _read_entry(raw: Json, skipped: Counter[str]) -> Entry:
    """Caption (of the post, else of its first medium that has one), names and time; nothing else is taken over."""
    media = list(_media(raw.get("media"), skipped))
    titles = [item.get("title") for item in (raw, *media)]
    skipped.update("title that is not text" for title in titles if not isinstance(title, str | None))
    times = (_time(item.get("creation_timestamp")) for item in (raw, *media))
    return Entry(
        caption=next(filter(None, map(repaired, titles)), ""),
        names=tuple(repaired(item.get("uri")) for item in media),
        time=next(filter(None, times), None),
    )


def _is_usable(entry: Entry, skipped: Counter[str]) -> bool:
    """Whether an entry makes a post; what is left out of it, or all of it, is counted."""
    videos = sum(map(_is_video, entry.names))
    counts = {"video": videos, "media without a file name": entry.names.count("")}
    skipped.update({reason: count for reason, count in counts.items() if count})
    if videos and videos == len(entry.names):
        skipped["post of videos only"] += 1
        return False
    if not entry.caption:
        skipped["empty caption"] += 1
        return False
    if not entry.names:
        skipped["post without media (caption kept)"] += 1
    return True


def _is_video(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in VIDEO_SUFFIXES


def repaired(value: object) -> str:
    """Text of the export as it was written: every byte of its UTF-8 was taken for a character, and ``&`` escaped.

    Text that is no such mojibake is kept; what is not text gives ``""``.
    """
    raw = text(value)
    with suppress(UnicodeError):  # proper text already
        raw = raw.encode("latin-1").decode("utf-8")
    return html.unescape(raw).replace("\0", "").strip()


def _named(file: ExportFile, pattern: re.Pattern[str]) -> bool:
    return pattern.fullmatch(PurePosixPath(file.name).name) is not None


def _numberless(file: ExportFile) -> str:
    """Name of a JSON file without suffix and number: ``stories_1.json`` → ``stories``."""
    name = PurePosixPath(file.name)
    return re.sub(r"_\d+$", "", name.stem.lower()) if name.suffix.lower() == ".json" else ""


def _is_old(file: ExportFile) -> bool:
    parts = PurePosixPath(file.name).parts
    return len(parts) <= 2 and parts[-1].lower() == OLD_POSTS  # the export may lie in a folder of its own


def _load(file: ExportFile, skipped: Counter[str]) -> object | None:
    data = file.read(MAX_BYTES, "file of posts", skipped)
    return None if data is None else parse_json(data, "file of posts", skipped)


def _entries(content: object, skipped: Counter[str]) -> Iterator[Json]:
    """Entries of a file of posts: a list, one entry alone, lists under some key, or the lists of 2018."""
    if isinstance(content, dict):
        if "media" in content:
            content = [content]
        elif old := _old_lists(content):
            others = sum(len(part) for key, part in content.items() if key not in OLD_KEYS and isinstance(part, list))
            skipped.update({"story, message or profile picture": others} if others else {})
            content = old
        else:
            content = [entry for part in content.values() if isinstance(part, list) for entry in part]
    if content is None:
        return  # counted where it was read
    entries = content if isinstance(content, list) else []
    usable = [entry for entry in entries if isinstance(entry, dict)]
    if not any("media" in entry for entry in usable):
        skipped["file that is named like one of posts but holds none"] += 1
        return
    if len(usable) < len(entries):
        skipped["broken entry"] += len(entries) - len(usable)
    yield from usable


def _old_lists(content: object) -> list[Json]:
    """The photos and videos of 2018's ``media.json`` as entries of today; those of one post share time and caption."""
    grouped: dict[tuple[str, str], list[Json]] = {}
    for key in sorted(OLD_KEYS):
        part = content.get(key) if isinstance(content, dict) else None
        for item in part if isinstance(part, list) else []:
            if isinstance(item, dict) and "path" in item:
                medium: Json = {"uri": item["path"], "title": item.get("caption")}
                medium["creation_timestamp"] = item.get("taken_at")
                grouped.setdefault((str(item.get("taken_at")), str(item.get("caption"))), []).append(medium)
    return [{"media": media} for media in grouped.values()]


def _media(value: object, skipped: Counter[str]) -> Iterator[Json]:
    """Items of ``media``, which is a list, a single object, or lists within a list."""
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, list):
                yield from (inner for inner in item if isinstance(inner, dict))
            elif isinstance(item, dict):
                yield item
            else:
                skipped["broken media entry"] += 1


def _time(value: object) -> datetime | None:
    """Seconds since 1970 or an ISO date, as UTC."""
    with suppress(ValueError, OverflowError, OSError):  # no date
        if isinstance(value, str) and not value.isdigit():
            time = datetime.fromisoformat(value)
            return time if time.tzinfo else time.replace(tzinfo=UTC)
        if isinstance(value, int | float | str) and float(value) > 0:
            return datetime.fromtimestamp(float(value), UTC)
    return None


def _photo(names: list[str], files: ExportFiles, source: ExportFile, skipped: Counter[str]) -> ExportFile | None:
    """The first of a post's photos that is there; the others, and the missing ones, are counted."""
    found = [file for file in (files.find(name, source) for name in names) if file]
    missing = len(names) - len(found)
    if not found:
        missing -= 1
        skipped.update({"photo missing (caption kept)": 1} if names else {})
    counts = {"further photo of a carousel": len(found) - 1, "further photo of a carousel, missing": missing}
    skipped.update({reason: count for reason, count in counts.items() if count > 0})
    return found[0] if found else None
