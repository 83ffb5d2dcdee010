"""What a dump holds, before anything is made of it: languages, emojis, and what cleaning would leave."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import regex

from caption_model import graphemes
from datasets.cleaning import CleaningConfig, CleaningReport, clean_posts
from datasets.cleaning.language import OTHER_SCRIPTS, foreign, likeliest
from datasets.posts import Post, ReadReport

NO_WORDS = "no words"
OTHER_SCRIPT = "other script"
UNKNOWN = "unknown"
TAGS_AND_LINKS = regex.compile(r"(?:[#@＃]|https?://|www\.)\S+")
LETTER = regex.compile(r"\p{L}")


def inspect_posts(posts: Sequence[Post], reading: ReadReport, config: CleaningConfig | None = None) -> dict[str, Any]:
    """Account of a dump that was read.

    Returns plain values: ``format``, ``posts``, ``with_photo``, ``skipped`` (by reason), ``emoji_rate`` (share of the
    captions with an emoji, 0 to 1), ``languages`` (captions by ISO 639-1 code, most frequent first) and ``cleaning``
    (captions ``kept``, and ``dropped`` by the rule that did it).

    Raises CaptionError when ``config`` cannot be used.
    """
    config = config or CleaningConfig()
    with_emoji = sum(bool(graphemes.emojis(post.caption)) for post in posts)
    languages = Counter(language_of(post.caption) for post in posts)
    cleaning = clean_posts(posts, config).report
    return {
        "format": reading.format,
        "posts": reading.posts,
        "with_photo": reading.with_photo,
        "skipped": dict(reading.skipped.most_common()),
        "emoji_rate": round(with_emoji / len(posts), 4) if posts else 0.0,
        "languages": dict(languages.most_common()),
        "cleaning": {"kept": cleaning.kept, "dropped": _dropped(cleaning)},
    }


def language_of(caption: str) -> str:
    """Language of a caption, hashtags, mentions and links aside.

    An ISO 639-1 code of those cleaning tells apart, or one of ``NO_WORDS``, ``OTHER_SCRIPT``, ``UNKNOWN``. English
    is what cleaning takes for English, so that the two agree; Lingua names the others.
    """
    text = TAGS_AND_LINKS.sub(" ", caption)
    if not LETTER.search(text):
        return NO_WORDS
    if OTHER_SCRIPTS.search(text):
        return OTHER_SCRIPT
    if not foreign("en")(text):
        return "en"
    return likeliest(text, besides="en") or UNKNOWN


def _dropped(report: CleaningReport) -> dict[str, int]:
    """Captions dropped by each rule; those on which the rules never came to rest are nobody's."""
    counts = Counter({name: rule.captions for name, rule in report.rules.items() if rule.kind == "drop"})
    counts["unsettled"] = report.rows - report.kept - counts.total()
    return {name: count for name, count in counts.most_common() if count}
