"""A post as one JSON object, whichever tool wrote it: where its caption, account, time and photo stand.

Known are Instagram's own web and phone answers as Instaloader and gallery-dl's users keep them, gallery-dl's metadata
(``description``), instagrapi's models (``caption_text``), the Graph API (``caption``, ``media_type``, ``timestamp``)
and plain objects with a ``caption``.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import PurePosixPath

from datasets.columns import CAPTIONS, IDS, IMAGES, SOURCES, photo_name, plain
from datasets.untrusted import text

Json = dict[str, object]

GALLERY_DL_KEYS = {"category", "extractor_key", "post_shortcode", "post_url", "media_id"}
VIDEO_TYPES = {"2", "video", "reels", "graphvideo", "xdtgraphvideo", "clips", "igtv", "reel"}
URLS = ("media_url", "display_url", "displayUrl", "thumbnail_url")
MAX_ID = 200  # characters; more tell nothing apart
DEEPEST = 8  # levels of wrappers around a list of posts
TIMES = ("taken_at_timestamp", "taken_at", "date", "timestamp", "post_date", "created_time", "date_utc")


def caption_of(post: Json) -> str | None:
    """The caption, ``""`` when the post has none, ``None`` when the object has no place for one."""
    found = [caption for caption in _captions(post) if caption is not None]
    return next((caption for raw in found if (caption := raw.strip())), "" if found else None)


def account_of(post: Json) -> str:
    """Name of the account that posted it, ``""`` when it is not told."""
    for holder in (post, *(post.get(key) for key in ("owner", "user", "iphone_struct", "author"))):
        if not isinstance(holder, dict):
            continue
        user = holder.get("user")
        for value in (
            *(holder.get(key) for key in ("username", "owner_username", "ownerUsername", "post_owner")),
            user.get("username") if isinstance(user, dict) else None,
        ):
            if name := text(value).strip():
                return name
    return ""


def time_of(post: Json) -> datetime | None:
    """When it was posted, in UTC."""
    return next((time for key in TIMES if (time := time_from(post.get(key)))), None)


def time_from(value: object) -> datetime | None:
    """Seconds since 1970 or an ISO date, as UTC; ``None`` for anything else."""
    with suppress(ValueError, OverflowError, OSError):  # no date
        if isinstance(value, str) and not value.isdigit():
            time = datetime.fromisoformat(value)
            return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
        if isinstance(value, int | float | str) and not isinstance(value, bool) and float(value) > 0:
            return datetime.fromtimestamp(float(value), UTC)
    return None


def is_video(post: Json) -> bool:
    """Whether the post is a video by what the object says."""
    kinds = (post.get(key) for key in ("media_type", "type", "__typename", "product_type", "typename"))
    return post.get("is_video") is True or any(_scalar(kind).lower() in VIDEO_TYPES for kind in kinds)


def id_of(post: Json) -> str:
    """What tells the post from others, ``""`` when nothing does."""
    keys = {plain(str(key)): value for key, value in reversed(post.items())}
    return next((given for name in ("postid", *IDS) if (given := _scalar(keys.get(name)))), "")


def source_of(post: Json) -> str:
    """The column that says where a post is from."""
    keys = {plain(str(key)): value for key, value in reversed(post.items())}
    return next((name for key in SOURCES if (name := text(keys.get(key)).strip())), "") or account_of(post)


def named_photo(post: Json) -> str:
    """What the object itself gives as its photo's file: a name, a path or a web address; ``""`` for none."""
    if isinstance(post.get("filename"), str) and isinstance(post.get("extension"), str):  # gallery-dl
        return text(f"{post['filename']}.{post['extension']}")
    keys = {plain(str(key)): value for key, value in reversed(post.items())}
    return next((name for key in IMAGES if (name := text(keys.get(key)).strip())), "")


def photo_names(post: Json) -> list[str]:
    """Names that its photo may have on the disk, the likeliest first, perhaps without their suffix."""
    names = [photo_name(named_photo(post))]
    names += [PurePosixPath(photo_name(text(post.get(key)))).name for key in URLS]
    number, account = _scalar(post.get("pk")), account_of(post)
    if number and account:
        names.append(f"{account}_{number}")  # instagrapi's downloads
    names += [_scalar(post.get(key)) for key in ("code", "shortcode", "shortCode", "pk", "id")]
    return [name for name in dict.fromkeys(names) if name]


def posts_in(content: object) -> list[object] | None:
    """The posts of a whole file: a list, one object, or what lists of posts are wrapped in by an interface.

    ``None`` when there is no object at all.
    """
    if isinstance(content, list):
        return content if any(isinstance(entry, dict) for entry in content) else None
    if not isinstance(content, dict):
        return None
    if caption_of(content) is not None:
        return [content]
    waiting: deque[tuple[Json, int]] = deque([(content, 0)])
    while waiting:
        holder, depth = waiting.popleft()
        for value in holder.values():
            if isinstance(value, list):
                entries = [_unwrapped(entry) for entry in value]
                if any(isinstance(entry, dict) and caption_of(entry) is not None for entry in entries):
                    return list(entries)
            elif isinstance(value, dict) and depth < DEEPEST:
                waiting.append((value, depth + 1))
    return [content]


def _scalar(value: object) -> str:
    """Text or a number as text; ``""`` for all else."""
    return text(str(value))[:MAX_ID] if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _unwrapped(entry: object) -> object:
    """An entry of a list without the ``node`` or ``media`` that interfaces put around it."""
    if isinstance(entry, dict):
        for key in ("node", "media"):
            inner = entry.get(key)
            if isinstance(inner, dict) and caption_of(entry) is None:
                return inner
    return entry


def _captions(post: Json) -> Iterator[str | None]:
    """What stands in each place for a caption, the best place first; ``None`` where the place is missing."""
    if "edge_media_to_caption" in post:
        edges = post["edge_media_to_caption"]
        edges = edges.get("edges") if isinstance(edges, dict) else None
        first = edges[0] if isinstance(edges, list) and edges else None
        inner = first.get("node") if isinstance(first, dict) else None
        yield text(inner.get("text")) if isinstance(inner, dict) else ""
    for holder in (post, post.get("iphone_struct")):
        if isinstance(holder, dict) and "caption" in holder:
            caption = holder["caption"]
            yield text(caption.get("text") if isinstance(caption, dict) else caption)
    if "caption_text" in post:
        yield text(post["caption_text"])
    if "description" in post and GALLERY_DL_KEYS & post.keys():
        yield text(post["description"])
    for key, value in post.items():
        if key not in ("caption", "caption_text") and plain(str(key)) in CAPTIONS:
            yield text(value)
