"""Slurs and sexual content: nothing of it should be suggested under anybody's photo.

Our own short lists: packaged ones also hold mild everyday words of posts, and what is an offence in a caption is part
of what this project decides.
"""

from functools import cache

import regex

from datasets.cleaning.tails import at_end
from datasets.cleaning.word_lists import phrases, word_list

SHORTEST_WITH_KISSES = 8

WORD = regex.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# Harmless words that are none together; "you blow me away" and "blow me a kiss" stay.
PHRASE = regex.compile(
    r"(?i)\b(?:blow|suck) me\b(?! (?:away|up|over|in|into|off|an?|down|like)\b)|\bsuck my\b|\bno homo\b"
    r"|\bbubble butts?\b"
    r"|\b(?:big|fat|juicy|phat|thick|peach) (?:butt|booty|behind)\b|\bsugar (?:daddy|daddies)\b|\bcamel ?toes?\b"
    r"|\b(?:turns?|turned|turning) me on\b|\b(?:sit|sits|sitting) on my face\b|\bgo(?:es|ing)? down on (?:me|him"
    r"|her|you)\b"
    r"|\bwet (?:dreams?|t-?shirt contest)\b|\b(?:bend|bent) (?:me |her |it |him |you )over\b|\bride me\b|\bhard-on\b"
    r"|\bget(?:ting)? laid\b|\bone[- ]night stand\b|\bfriends? with benefits\b|\bsend (?:nudes|noods)\b"
    r"|\bstrip ?clubs?\b"
    r"|\b(?:screw|eff|eat|bite) (?:you|me) (?:hard|out)\b|\bscrew you\b|\bson of a b\b|\bblue balls\b|\bdirty talk\b"
    r"|🍆\W*[💦🍑👅]|[💦👅]\W*🍆|🍑\W*[🍆👅💦👋]|👉\W?👌"
)
# Letters behind marks and digits. A mark or digit counts only beside letters: "4 in 1" and "$5" stand for themselves.
DISGUISED = regex.compile(r"(?<![\w@#*$!|€+])[\p{L}\d$!|*@#€+]++(?![\w])")
FOR_LETTERS = str.maketrans(
    {
        "1": "i",
        "!": "i",
        "|": "i",
        "3": "e",
        "€": "e",
        "4": "a",
        "@": "a",
        "0": "o",
        "$": "s",
        "5": "s",
        "7": "t",
        "+": "t",
    }
)
LETTER_OR_NOT = "*#"
# One letter at a time: "f u c k", "s.h.i.t".
SPELT = regex.compile(r"(?<![\w'’])\p{L}(?:[ ._*-]\p{L}(?![\w'’])){2,9}+")
STRETCHED = regex.compile(r"(\p{L})\1{2,}+")
CENSORED = regex.compile(
    r"(?i)(?<![\w*])(?:[bcdfpsn]\p{L}?\*{2,}\p{L}*|a\*\*|\p{L}+\*{2,}\p{L}+)(?![\w*])"
    r"|(?<!\w)(?:b[._@-]tch(?:es)?|sh[._@-]t|f[._@-]c?k(?:ed|er|ers|in|ing|s)?|f['’](?:ing|in|n))(?!\w)"
)
STEMS = regex.compile(
    rf"(?!{'|'.join(sorted(word_list('swear_exceptions')))})(?:{'|'.join(sorted(word_list('swear_stems')))})"
)
HARMLESS = regex.compile(rf"(?i)(?<![\w'-])(?:{'|'.join(phrases('swear_harmless'))})(?![\w'])")
# Kisses after a sentence: "love you all xxx".
KISSES = at_end(r"(?i)(?<=\w[.!?]* ?(?:\p{Extended_Pictographic}\ufe0f?)? )xxx?\W*")


def offensive(text: str) -> bool:
    """The text holds a slur, a swear word or a sexual term, written out or behind other signs ("sh1t", "f*ck")."""
    if PHRASE.search(text):
        return True
    if HARMLESS.search(text):
        text = HARMLESS.sub(" ", text)
    if (kisses := KISSES.match(text)) and len(text) > SHORTEST_WITH_KISSES:
        text = text[: kisses.start()]
    return any(_bad(word.lower()) for word in WORD.findall(text)) or _disguised(text)


def _bad(word: str) -> bool:
    if word in word_list("swear_words") or STEMS.match(word):
        return True
    if "-" in word and any(part in word_list("swear_words") for part in word.split("-")):
        return not word.startswith(("cock-a", "tit-for", "spic-and"))
    if not STRETCHED.search(word):
        return False
    return any(_bad(STRETCHED.sub(short, word)) for short in (r"\1", r"\1\1"))


def _disguised(text: str) -> bool:
    if CENSORED.search(text):
        return True
    for match in SPELT.finditer(text):
        if _bad(regex.sub(r"[ ._*-]", "", match[0]).lower()):
            return True
    for match in DISGUISED.finditer(text):
        token = match[0].rstrip("!").strip("#*").lower()
        if token.isalpha() or not any(character.isalpha() for character in token):
            continue
        if any(sign in token for sign in LETTER_OR_NOT):
            if _fits(token):
                return True
        elif _more_letters(token) and _bad(token.translate(FOR_LETTERS)):
            return True
    return False


def _more_letters(token: str) -> bool:
    """More letters than digits, so that the road "A55" is none; "$" in a word stands for nothing but a letter."""
    digits = sum(character.isdigit() for character in token)
    return sum(character.isalpha() for character in token) > digits or "$" in token


def _fits(token: str) -> bool:
    """Whether a bad word fits a word with one or two letters hidden: "f*ck", "sh*t", "c**t"."""
    hidden = sum(token.count(sign) for sign in LETTER_OR_NOT)
    if hidden > 2 or len(token) - hidden < 2 or len(token) > 14:
        return False
    plain = token.translate(FOR_LETTERS)
    return any(
        all(sign in LETTER_OR_NOT or sign == letter for sign, letter in zip(plain, word, strict=False))
        for ending in ("", "s", "y", "ed", "er", "ers", "in", "ing")
        for word in _dictionary().get(len(plain) - len(ending), ())
        if plain.endswith(ending)
    )


@cache
def _dictionary() -> dict[int, list[str]]:
    """Bad words by their length."""
    by_length: dict[int, list[str]] = {}
    for word in sorted(word_list("swear_words") | word_list("swear_stems")):
        if len(word) > 2:
            by_length.setdefault(len(word), []).append(word)
    return by_length
