"""Hashtags: one that is part of the sentence leaves its word, all others go."""

import regex

from caption_model.text import graphemes
from datasets.cleaning.word_lists import word_list

TAG = r"[#＃]+(?!\ufe0f?\u20e3)(?=\w*\p{L})[\w·]+(?:['’]s\b)?"
RUN = regex.compile(rf"{TAG}(?:[\s,.|/•&+]*{TAG})*")
SINGLE = regex.compile(TAG)
# A lone sign, or a number too long for a rank: "#1 fan" stays.
EMPTY = regex.compile(r"[#＃]+(?!\ufe0f?\u20e3)(?:\d{3,}\b|(?!\d))")
CAMEL = regex.compile(r"(?<=[\p{Ll}\d])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})|_+")
WORD_BEFORE = regex.compile(r"([\p{L}'’]+)[ ]*$")


def words(tag: str) -> str:
    """The word or, from camel case, the words of one hashtag."""
    return " ".join(part for part in CAMEL.split(tag.lstrip("#＃")) if part)


def hashtags(text: str) -> str:
    """Take hashtags out; one amid a sentence, or needed at its end, leaves its word."""
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
    before = text[: match.start()].rsplit("\n", 1)[-1]
    after = text[match.end() :].split("\n", 1)[0]
    leading = WORD_BEFORE.search(before)
    following = regex.match(r"[ ]*[,]?[ ]*([\p{L}\p{N}'])", after)
    joined = before[-1:].isalnum()  # "party#friday": never a word of the sentence
    if not joined and following is not None and len(tags) == 1:
        if following[1].islower() or following[1] in "'I0123456789":
            if leading is not None or following[1].islower():
                return words(tags[0])
        elif leading is not None and leading[1].lower() in word_list("hashtag_leads"):
            return words(tags[0])
    if not joined and leading is not None and leading[1].lower() in word_list("hashtag_leads"):
        return words(tags[0])
    return " "


def unreadable_hashtag(text: str) -> bool:
    """Several hashtags stand amid a sentence: which of them are its words cannot be told."""
    if "#" not in text and "＃" not in text:
        return False
    for match in RUN.finditer(text):
        if len(SINGLE.findall(match[0])) < 2:
            continue
        before = text[: match.start()].rsplit("\n", 1)[-1]
        after = text[match.end() :].split("\n", 1)[0]
        if regex.search(r"\p{L}[, ]*$", before) and regex.match(r"[, ]*\p{Ll}", after):
            return True
    return False


def only_tags_left(text: str) -> bool:
    """Nothing but separators left."""
    return not any(character.isalnum() for character in text) and not graphemes.emojis(text)
