"""Entries of a file of posts of Instagram's own export, in each of the forms it has had."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from datasets.export_labels import Labels, has_labels
from datasets.folders import VIDEO_SUFFIXES
from datasets.mojibake import repaired
from datasets.post_objects import time_from

Json = dict[str, object]

OLD_KEYS = {"photos", "videos"}
NO_MEDIA = {"media_metadata", "thumbnail", "thumbnails", "cross_post_source", "subtitles", "exif_data"}
TIMES = ("creation_timestamp", "timestamp")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a file of posts.

    ``names`` are those of its media in their order, ``""`` where there is none; ``labelled`` tells the newest form.
    """

    caption: str
    names: tuple[str, ...]
    time: datetime | None
    labelled: bool = False

    @property
    def photos(self) -> list[str]:
        """Names of its media that are no videos."""
        return [name for name in self.names if name and not is_video(name)]


def is_video(name: str) -> bool:
    """Whether a medium is a video by its name."""
    return PurePosixPath(name).suffix.lower() in VIDEO_SUFFIXES


def holds_posts(content: object) -> bool:
    """Whether JSON is a file of posts, in one of its newer forms."""
    return any(_is_post(entry) for entry in _listed(content))


def read_entries(content: object, skipped: Counter[str], full_list: bool = False) -> Iterator[Entry]:
    """Entries of a file of posts; drafts and what is no entry are counted.

    ``content`` is the JSON, ``None`` for a file that was not read; ``full_list`` tells ``posts.json``, drafts and all.
    """
    if content is None:
        return  # counted where it was read
    entries = _raw_entries(content, skipped)
    labelled = [(entry, _titles(entry)) for entry in entries if has_labels(entry)]
    if labelled and not any(uri for entry, _ in labelled for uri in _uris(entry)):
        labelled_only = len(labelled) == len(entries)
        skipped["file that is named like one of posts but holds none"] += labelled_only
        entries = [entry for entry in entries if not has_labels(entry)]
    labels = Labels(labelled) if labelled else None
    for raw in entries:
        own = labels if has_labels(raw) else None
        if own and own.is_draft(raw, full_list):
            skipped["draft"] += 1
        elif own and own.is_archived(raw):
            skipped["archived post"] += 1
        else:
            yield _read_entry(raw, own, skipped)


def old_lists(content: object) -> list[Json]:
    """The photos and videos of 2018's ``media.json`` as entries of today; those of one post share time and caption."""
    grouped: dict[tuple[str, str], list[Json]] = {}
    for key in sorted(OLD_KEYS):
        part = content.get(key) if isinstance(content, dict) else None
        for item in part if isinstance(part, list) else []:
            if isinstance(item, dict) and "path" in item:
                medium: Json = {"uri": item["path"], "title": item.get("caption")}
                medium["creation_timestamp"] = item.get("taken_at")
                grouped.setdefault((_told(item.get("taken_at")), _told(item.get("caption"))), []).append(medium)
    return [{"media": media} for media in grouped.values()]


def _told(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) else ""


def _listed(content: object) -> list[object]:
    """The list that JSON is or holds under some key; one entry alone as a list of it."""
    if isinstance(content, dict):
        if _is_post(content):
            return [content]
        return [entry for part in content.values() if isinstance(part, list) for entry in part]
    return content if isinstance(content, list) else []


def _is_post(entry: object) -> bool:
    return isinstance(entry, dict) and ("media" in entry or has_labels(entry) or _has_attachments(entry))


def _has_attachments(entry: Json) -> bool:
    return isinstance(entry.get("attachments"), list) and "title" in entry


def _raw_entries(content: object, skipped: Counter[str]) -> list[Json]:
    """Entries of a file of posts: a list, one entry alone, lists under some key, or the lists of 2018."""
    entries = _listed(content)
    if isinstance(content, dict) and not _is_post(content) and (old := old_lists(content)):
        others = sum(len(part) for key, part in content.items() if key not in OLD_KEYS and isinstance(part, list))
        skipped.update({"story, message or profile picture": others} if others else {})
        entries = list(old)
    usable = [entry for entry in entries if isinstance(entry, dict)]
    if not any(map(_is_post, usable)):
        skipped["file that is named like one of posts but holds none"] += 1
        return []
    if len(usable) < len(entries):
        skipped["broken entry"] += len(entries) - len(usable)
    return usable


def _read_entry(raw: Json, labels: Labels | None, skipped: Counter[str]) -> Entry:
    """Caption (of the post, else of its first medium that has one), names and time; nothing else is taken over."""
    media = list(_media(raw, skipped))
    titles = [item.get("title") for item in (raw, *media)]
    skipped.update("title that is not text" for title in titles if not isinstance(title, str | None))
    times = (time_from(item.get(key)) for item in (raw, *media) for key in TIMES)
    labelled = labels.caption(raw) if labels else ""
    return Entry(
        caption=labelled or next(filter(None, map(repaired, titles)), ""),
        names=tuple(repaired(item.get("uri")) for item in media),
        time=next(filter(None, times), None),
        labelled=has_labels(raw),
    )


def _media(raw: Json, skipped: Counter[str]) -> Iterator[Json]:
    """Media of an entry: those in ``media`` (a list, a single object, or lists within a list), then those deeper."""
    value = raw.get("media")
    direct: list[Json] = []
    for item in value if isinstance(value, list) else [value] if isinstance(value, dict) else []:
        if isinstance(item, list):
            direct += [inner for inner in item if isinstance(inner, dict)]
        elif isinstance(item, dict):
            direct.append(item)
        else:
            skipped["broken media entry"] += 1
    found: dict[str, None] = {}
    for item in direct:
        inner = [item] if "uri" in item else list(_deeper(item)) or [item]
        yield from inner
        found |= dict.fromkeys(repaired(medium.get("uri")) for medium in inner)
    rest = {key: part for key, part in raw.items() if key != "media"}
    for medium in _deeper(rest):
        uri = repaired(medium["uri"])
        if uri and uri not in found:
            found[uri] = None
            yield medium


def _deeper(holder: Json) -> Iterator[Json]:
    """Objects with a ``uri`` at any depth, in the order in which they are written."""
    waiting: list[object] = [holder]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "uri" in part:
                yield part
            else:
                waiting += reversed([inner for key, inner in part.items() if key not in NO_MEDIA])
        elif isinstance(part, list):
            waiting += reversed(part)


def _uris(entry: Json) -> list[str]:
    return [uri for medium in _deeper(entry) if (uri := repaired(medium["uri"]))]


def _titles(entry: Json) -> set[str]:
    """Titles of an entry's media."""
    return {title for medium in _deeper(entry) if (title := repaired(medium.get("title")))}
