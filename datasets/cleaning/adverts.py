"""Captions that sell, announce or ask for reach, that name a brand, and posts that an app wrote."""

import re

from datasets.cleaning.advert_phrases import PHRASES
from datasets.cleaning.word_lists import word_list

WORD = re.compile(r"[^\W\d_][\w'&-]*")
SIGNS = re.compile(
    r"(?i)#(?:ad|ads|partner|sponsored|gifted|contest|comingsoon|outnow|linkinbio)\b|(?:\b(?:only|just|from|under|now|price:?|costs?:?|selling|is|at|was|for)|[:=–-])\s?[$£€] ?\d(?!\w* ?million)|\b1, ?2,? (?:or|and)? ?3\b"
    r"|\b\d+ ?/ ?\d+ ?c\b|\b\d{1,2}(?::\d\d)? ?(?:am|pm|p\.m\.|a\.m\.)?,? ?(?:est|pst|pt|ist|gmt|bst|cet)\b"
    r"|\b(?:on|at|to|from|via|visit) (?:www\.|https?:|[a-z0-9-]+\.(?:com|net|org|co)\b)"
)

TRADE_MARK = re.compile("[™®©]")


def advert(text: str) -> bool:
    """Sells, announces or promotes something, asks for reach, or was written by an app."""
    words = _words(text)
    if not words.isdisjoint(word_list("adverts")) or SIGNS.search(text):
        return True
    return any(not keys.isdisjoint(words) and pattern.search(text) for keys, pattern in PHRASES)


def brand(text: str) -> bool:
    """Names a fashion, beauty, car or camera brand."""
    return TRADE_MARK.search(text) is not None or not word_list("brands").isdisjoint(_words(text))


def _words(text: str) -> set[str]:
    words = set(WORD.findall(text.lower()))
    return words | {word.removesuffix("'s") for word in words if word.endswith("'s")}
