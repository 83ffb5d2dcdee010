"""Reader for Instagram's own export (Meta's "Download your information") in JSON: a folder, a zip, or several zips.

The file of posts has moved over the years: ``media.json`` at the root (2018), then ``posts_1.json`` in ``content/``,
``your_instagram_activity/content/`` and ``your_instagram_activity/media/``, now with a ``posts.json`` beside it that
has all posts while ``posts_1.json`` may have some; so they are searched for by their names.
"""

import re
from collections import Counter
from pathlib import Path, PurePosixPath

from caption_model.errors import DumpError
from datasets.export_entries import Entry, holds_posts, is_video, old_lists, read_entries
from datasets.export_files import ExportFile, ExportFiles
from datasets.html_exports import ASK_AGAIN, explain
from datasets.posts import Post, ReadReport, nothing_read
from datasets.untrusted import parse_json
from datasets.zips import is_zip

NAME = "Instagram export (JSON; folder or zip)"
POSTS = re.compile(r"posts(_.*)?\.json", re.IGNORECASE)
NUMBERED_POSTS = re.compile(r"posts_.*\.json", re.IGNORECASE)
ALL_POSTS = "posts.json"
OLD_POSTS = "media.json"
ARCHIVED = "archived_posts"
ARCHIVED_POST = "archived post"
BESIDES = {  # files of the same export that hold no posts
    "stories": "file of stories",
    "reels": "file of reels (videos)",
    "igtv_videos": "file of IGTV (videos)",
    "recently_deleted_content": "file of deleted posts",
    "profile_photos": "file of profile photos",
    "other_content": "file of other content",
}
DEEPEST = 5  # levels of folders the files of posts may lie below the dump: three of Meta's own, two of the user's
MAX_BYTES = 100_000_000  # of one file of posts
MAX_TOTAL = 400_000_000  # of all of them


def detect(path: Path) -> bool:
    """Whether ``path`` is a zip, or a folder with an export or the zips of one."""
    if not path.is_dir():
        return is_zip(path)
    try:
        with ExportFiles(path, Counter(), DEEPEST) as files:
            if any(_named(file, NUMBERED_POSTS) for file in files.files):
                return True
            all_posts = (file for file in files.files if _named(file, POSTS))
            old = (file for file in files.files if _is_old(file))
            return any(holds_posts(_load(file, files, Counter())) for file in all_posts) or any(
                old_lists(_load(file, files, Counter())) for file in old
            )
    except DumpError:
        return False


def read(path: Path) -> tuple[list[Post], ReadReport]:
    """Read all posts with a caption, one for a post of several photos: with the first of them that is there.

    The photo of a post in a zip is the zip's path followed by the member's name; ``zipped_photos.extract_photos``
    makes a file of it. Nothing but captions, times and photo names is taken over, no place and no EXIF.

    Raises DumpError when ``path`` is no export in JSON or none of its posts can be used.
    """
    report = ReadReport(NAME)
    with ExportFiles(path, report.skipped) as files:
        sources = [file for file in files.files if _named(file, POSTS) or _is_old(file)]
        if not sources:
            if explained := explain(path, files):
                raise explained
            hint = "unpack it first if it is another kind of dump, otherwise " if is_zip(path) else ""
            raise DumpError(f"{path} holds no posts_1.json of an Instagram export; {hint}{ASK_AGAIN}")
        report.skipped.update(reason for file in files.files if (reason := BESIDES.get(_numberless(file))))
        _count_archived(files, report)
        posts = _read_sources(path, sources, files, report)
    if not posts:
        raise nothing_read(path, report, f"if posts are missing, {ASK_AGAIN}")
    return posts, report


def _read_sources(path: Path, sources: list[ExportFile], files: ExportFiles, report: ReadReport) -> list[Post]:
    """Posts of all files of posts: the full list first, and of the others what it lacks."""
    sources.sort(key=lambda file: not _is_full_list(file))  # else as they came
    posts: list[Post] = []
    seen = Seen()
    room = MAX_TOTAL
    for source in sources:
        label = source.path.relative_to(path).as_posix()
        data = files.read(source, min(MAX_BYTES, room), "file of posts", report.skipped)
        room -= len(data or b"")
        content = None if data is None else parse_json(data, "file of posts", report.skipped)
        for number, entry in enumerate(read_entries(content, report.skipped, _is_full_list(source)), start=1):
            if seen.met(entry):
                report.skipped["post met before"] += 1
                continue
            if not _is_usable(entry, report.skipped):
                continue
            photo = _photo(entry.photos, files, source, report.skipped)
            report.posts += 1
            report.with_photo += photo is not None
            image = photo.path if photo else None
            posts.append(Post(image, entry.caption, label, f"{label}:{number}", entry.time))
        seen.end_file()
    return posts


class Seen:
    """Posts of the files read so far, to know them again in another: never is one of a file taken for another of it.

    The same post has the same caption in all files, and shares a medium or, where a file names none, the time. How
    often something occurs in a file counts: who wishes a good morning every day posts every one of them.
    """

    def __init__(self) -> None:
        self._before: Counter[tuple[object, ...]] = Counter()
        self._here: Counter[tuple[object, ...]] = Counter()
        self._again: Counter[tuple[object, ...]] = Counter()

    def met(self, entry: Entry) -> bool:
        """Whether a post was in an earlier file; it is remembered either way."""
        wanted = _keys(entry, not entry.labelled)
        known = any(self._before[key] > self._again[key] for key in wanted)
        if known:
            self._again.update(wanted)
        else:
            self._here.update(_keys(entry, entry.labelled))
        return known

    def end_file(self) -> None:
        """What comes from now on is in another file."""
        self._before.update(self._here)
        self._here.clear()
        self._again.clear()


def _keys(entry: Entry, labelled: bool) -> list[tuple[object, ...]]:
    """What a post is known by: each of its media and the time, which the two forms of the export may tell otherwise."""
    names = [name for name in dict.fromkeys(entry.names) if name]
    timed = [(entry.caption, name, entry.time) for name in names or [""]]
    return timed + [(entry.caption, name, labelled) for name in names]


def _count_archived(files: ExportFiles, report: ReadReport) -> None:
    """Count the posts that were taken off the profile; they are not read."""
    for file in files.files:
        if _numberless(file) == ARCHIVED:
            count = sum(1 for _ in read_entries(_load(file, files, report.skipped), Counter()))
            report.skipped[ARCHIVED_POST] += count
            if not count:
                report.skipped["file of archived posts, empty or of another form"] += 1


def _is_usable(entry: Entry, skipped: Counter[str]) -> bool:
    """Whether an entry makes a post; what is left out of it, or all of it, is counted."""
    videos = sum(map(is_video, entry.names))
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


def _named(file: ExportFile, pattern: re.Pattern[str]) -> bool:
    return pattern.fullmatch(PurePosixPath(file.name).name) is not None


def _is_full_list(file: ExportFile) -> bool:
    return PurePosixPath(file.name).name.lower() == ALL_POSTS


def _numberless(file: ExportFile) -> str:
    """Name of a JSON file without suffix and number: ``stories_1.json`` → ``stories``."""
    name = PurePosixPath(file.name)
    return re.sub(r"_\d+$", "", name.stem.lower()) if name.suffix.lower() == ".json" else ""


def _is_old(file: ExportFile) -> bool:
    parts = PurePosixPath(file.name).parts
    return len(parts) <= 2 and parts[-1].lower() == OLD_POSTS  # the export may lie in a folder of its own


def _load(file: ExportFile, files: ExportFiles, skipped: Counter[str]) -> object | None:
    data = files.read(file, MAX_BYTES, "file of posts", skipped)
    return None if data is None else parse_json(data, "file of posts", skipped)


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
