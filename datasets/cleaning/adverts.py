"""Captions that sell, announce or ask for reach, that name a brand, and posts that an app wrote."""

import regex

from datasets.cleaning.advert_phrases import PHRASES
from datasets.cleaning.tails import SENTENCE_START, at_end
from datasets.cleaning.word_lists import word_list

WORD = regex.compile(r"[^\W\d_][\w'&-]*")
SIGNS = regex.compile(
    r"(?i)#(?:ad|ads|partner|sponsored|gifted|contest|comingsoon|outnow|linkinbio)\b|(?:\b(?:only|just|from|under"
    r"|now|price:?|costs?:?|selling|is|at|was|for)|[:=–-])\s?[$£€] ?\d(?!\w* ?million)|\b1, ?2,? (?:or|and)? ?3\b"
    r"|\b\d+ ?/ ?\d+ ?c\b|\b\d{1,2}(?::\d\d)? ?(?:am|pm|p\.m\.|a\.m\.)?,? ?(?:est|pst|pt|ist|gmt|bst|cet)\b"
    r"|\b(?:on|at|to|from|via|visit) (?:www\.|https?:|[a-z0-9-]+\.(?:com|net|org|co)\b)"
)

CAPITALISED = regex.compile(r"(?<!\w)\p{Lu}[\w'&-]*")
NOT_A_BRAND = regex.compile(
    r"(?i)mac\W{1,2}(?:and|n|&|'n'|n')\W{0,2}cheese|mac ?(?:and|n|'n') ?cheese|supreme (?:court|being|pizza)"
    r"|choo\W{1,3}choo"
)
MOUNTAIN = at_end(r"(?i)\b(?:mt\.?|mount|lake)\s*|\bchoo\W{1,3}")
# What follows a brand that begins a sentence: a thing that it makes, or another name.
THING = regex.compile(
    r"(?i)\s+(?:(?-i:\p{Lu})|\d|x\b|(?:hand)?bags?|shoes|sneakers|trainers|purse|wallet|tote|dress|boots|setup|mini"
    r"|pro|book|lipstick"
    r"|camera|lens|shirt|hoodie|jacket|suede|ring|box)"
)
TRADE_MARK = regex.compile("[™®©]")


def advert(text: str) -> bool:
    """Sells, announces or promotes something, asks for reach, or was written by an app."""
    words = _words(text)
    if not words.isdisjoint(word_list("adverts")) or SIGNS.search(text):
        return True
    return any(not keys.isdisjoint(words) and pattern.search(text) for keys, pattern in PHRASES)


def brand(text: str) -> bool:
    """Names a fashion, beauty, car or camera brand."""
    if TRADE_MARK.search(text) is not None or not word_list("brands").isdisjoint(_words(text)):
        return True
    if text.isupper():
        return False
    return any(
        match[0].lower().removesuffix("'s") in word_list("brands_capitalised") and _as_a_name(text, match)
        for match in CAPITALISED.finditer(text)
    )


def _as_a_name(text: str, match: "regex.Match[str]") -> bool:
    """The capital is no sentence's start, or what follows tells a brand: a thing that it makes, another name."""
    if NOT_A_BRAND.match(text, match.start()) or MOUNTAIN.match(text, 0, match.start()):
        return False
    return THING.match(text, match.end()) is not None or not SENTENCE_START.match(text, 0, match.start())


def _words(text: str) -> set[str]:
    words = set(WORD.findall(text.lower()))
    return words | {word.removesuffix("'s") for word in words if word.endswith("'s")}
