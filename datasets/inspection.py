"""What a dump holds, before anything is made of it: languages, emojis, and what cleaning would leave."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import regex

from caption_model.text import graphemes
from caption_model.text.shown import visible
from datasets.cleaning import CleaningConfig, CleaningReport, clean_posts
from datasets.cleaning.language import OTHER_SCRIPTS, foreign, likeliest
from datasets.posts import Post, ReadReport

NO_WORDS = "no words"
OTHER_SCRIPT = "other script"
UNKNOWN = "unknown"
MOST_ACCOUNTS = 50
TAGS_AND_LINKS = regex.compile(r"(?:[#@＃]|https?://|www\.)\S+")
LETTER = regex.compile(r"\p{L}")


def inspect_posts(posts: Sequence[Post], reading: ReadReport, config: CleaningConfig | None = None) -> dict[str, Any]:
    """Account of a dump that was read.

    Returns plain values: ``format``, ``posts``, ``with_photo``, ``skipped`` (by reason), ``emoji_rate`` (share of the
    captions with an emoji, 0 to 1), ``languages`` (captions by ISO 639-1 code, most frequent first), ``accounts``
    (captions by the post's source, the largest ones, control characters escaped) and ``cleaning``: captions ``kept``,
    ``dropped`` and ``edited`` by the rule that did it, and ``examples`` of each rule's, as [before, after].

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
        "accounts": _shown(Counter(post.source for post in posts).most_common(MOST_ACCOUNTS)),
        "cleaning": {
            "kept": cleaning.kept,
            "dropped": _counted(cleaning, "drop"),
            "edited": _counted(cleaning, "edit"),
            "examples": {name: [*map(list, rule.examples)] for name, rule in cleaning.rules.items() if rule.examples},
        },
    }


def _shown(accounts: list[tuple[str, int]]) -> dict[str, int]:
    """Accounts with their names as a screen may show them: a dump's author chooses them, escape sequences and all."""
    shown: Counter[str] = Counter()
    for name, count in accounts:
        shown[visible(name)] += count
    return dict(shown)


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


def _counted(report: CleaningReport, kind: str) -> dict[str, int]:
    """Captions that each rule of a kind has met, most first."""
    counts = Counter({name: rule.captions for name, rule in report.rules.items() if rule.kind == kind})
    return {name: count for name, count in counts.most_common() if count}
