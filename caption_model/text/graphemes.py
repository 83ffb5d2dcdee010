"""Text as people see it: one symbol is one grapheme cluster (UAX #29), emojis in their fully-qualified form."""

import unicodedata
from functools import lru_cache

import emoji
import regex

CLUSTER = regex.compile(r"\X")
VARIATION_SELECTOR_16 = "\ufe0f"
SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))


@lru_cache(maxsize=1)
def _qualified_forms() -> dict[str, str]:
    """Unqualified or minimally qualified emoji → its fully-qualified form, keyed without variation selectors."""
    forms = {}
    for sequence, entry in emoji.EMOJI_DATA.items():
        if entry["status"] == emoji.STATUS["fully_qualified"]:
            forms[sequence.replace(VARIATION_SELECTOR_16, "")] = sequence
    return forms


def _is_plain(text: str) -> bool:
    """Whether each code point is a cluster, as in ASCII all but a carriage return before a line feed are."""
    return text.isascii() and "\r" not in text


def split(text: str) -> list[str]:
    """Split into grapheme clusters; joining them gives the text back."""
    return list(text) if _is_plain(text) else CLUSTER.findall(text)


def length(text: str) -> int:
    """Number of grapheme clusters: what a person would count."""
    return len(text) if _is_plain(text) else len(CLUSTER.findall(text))


def is_emoji(cluster: str) -> bool:
    """Whether one grapheme cluster is an emoji in any of its qualified forms."""
    return emoji.is_emoji(cluster)


def emojis(text: str) -> list[str]:
    """All emoji clusters of a text, in order, repeats included."""
    if text.isascii():
        return []
    return [cluster for cluster in split(text) if emoji.is_emoji(cluster)]


def without_tone(cluster: str) -> str:
    """An emoji without its skin tone: 👍🏽 → 👍."""
    return "".join(part for part in cluster if part not in SKIN_TONES)


def normalise(text: str) -> str:
    """NFC, and every emoji brought to its fully-qualified form (``❤`` → ``❤️``)."""
    text = unicodedata.normalize("NFC", text)
    if text.isascii():
        return text
    forms = _qualified_forms()
    return "".join(
        forms.get(cluster.replace(VARIATION_SELECTOR_16, ""), cluster) if emoji.is_emoji(cluster) else cluster
        for cluster in split(text)
    )
