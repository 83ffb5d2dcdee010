"""Hashtags: one that is part of the sentence leaves its word, all others go."""

import regex

from caption_model.text import graphemes
from datasets.cleaning.tails import at_end
from datasets.cleaning.word_lists import word_list

SIGN = r"(?<![#＃])[#＃]++(?!\ufe0f?\u20e3)"
PICTURE = r"(?:[\p{Extended_Pictographic}\p{EComp}--[0-9#*©®™\u20e3]]|\u200d|\ufe0f)"
# Letters, digits and emojis, as Instagram has it; one sign in front of a number alone is a rank ("#1").
NAMED = r"(?=\w*\p{L}|[\p{Extended_Pictographic}\p{Regional_Indicator}--[©®™]])"
TAG = rf"{SIGN}{NAMED}(?:[\w·]|{PICTURE})++(?:['’]s\b)?"
RUN = regex.compile(rf"{TAG}(?:[\s,.|/•&+]*+{TAG})*+", regex.V1)
SINGLE = regex.compile(TAG, regex.V1)
PICTURES = regex.compile(rf"{PICTURE}+", regex.V1)
# A lone sign, or a number too long for a rank: "#1 fan" stays, and so does the name of a note or language: "C#", "F#".
EMPTY = regex.compile(rf"(?<!\b[A-GJa-gj]){SIGN}(?:\d{{3,}}\b|(?!\d))")
CAMEL = regex.compile(r"(?<=[\p{Ll}\d])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|_+")
WORD_BEFORE = at_end(r"([\p{L}'’]+)[ ]*")
FOLLOWING = regex.compile(r"[ ]*+,?[ ]*+([\p{L}\p{N}'])")
WORD_AND_COMMA = at_end(r"\p{L}[, ]*")
SMALL_FOLLOWS = regex.compile(r"[, ]*+\p{Ll}")


def words(tag: str) -> str:
    """The word or, from camel case, the words of one hashtag."""
    plain = PICTURES.sub(" ", tag.lstrip("#＃"))
    return " ".join(part for piece in plain.split() for part in CAMEL.split(piece) if part)


def hashtags(text: str) -> str:
    """Take hashtags out; one amid a sentence, or needed at its end, leaves its word; emojis in them stay."""
    if "#" not in text and "＃" not in text:
        return text
    pieces = []
    at = 0
    for match in RUN.finditer(text):
        pieces += [text[at : match.start()], _kept(text, match)]
        at = match.end()
    pieces.append(text[at:])
    return EMPTY.sub("", "".join(pieces))


def _kept(text: str, match: "regex.Match[str]") -> str:
    tags = SINGLE.findall(match[0])
    leading = WORD_BEFORE.match(text, 0, match.start())
    following = FOLLOWING.match(text, match.end())
    pictures = "".join(picture for tag in tags for picture in PICTURES.findall(tag))
    word = words(tags[0])
    joined = text[match.start() - 1 : match.start()].isalnum()  # "party#friday": never a word of the sentence
    if word and not joined:
        lead = leading is not None and leading[1].lower() in word_list("hashtag_leads")
        if lead:
            return f"{word} {pictures}".rstrip()
        small = following is not None and len(tags) == 1 and following[1].islower()
        clause = following is not None and len(tags) == 1 and following[1] in "'I0123456789" and leading is not None
        if small or clause:
            return f"{word} {pictures}".rstrip()
    return f" {pictures} " if pictures else " "


def unreadable_hashtag(text: str) -> bool:
    """Several hashtags stand amid a sentence: which of them are its words cannot be told."""
    if "#" not in text and "＃" not in text:
        return False
    return any(
        WORD_AND_COMMA.match(text, 0, match.start()) and SMALL_FOLLOWS.match(text, match.end())
        for match in RUN.finditer(text)
        if sum(bool(words(tag)) for tag in SINGLE.findall(match[0])) > 1
    )


def only_tags_left(text: str) -> bool:
    """Nothing but separators left."""
    return not any(character.isalnum() for character in text) and not graphemes.emojis(text)
