"""Captions that fit: whole when short enough, else their first sentence, never a part of one."""

import regex

from caption_model.text import graphemes
from datasets.cleaning.layout import one_line

PICTURES = r"(?:\s*[\p{Extended_Pictographic}\p{EComp}\u200d\ufe0f--[0-9#*©®™]])*"
SENTENCE = regex.compile(
    rf"^.*?(?:[.!?]+[\"')]*{PICTURES}(?=\s+[^\p{{Ll}}\s])|(?<=\p{{L}}.*?){PICTURES}(?=\s*\n))", regex.V1 | regex.S
)
ABBREVIATION = regex.compile(r"(?i)(?:^|\s|\.)(?:mr|mrs|ms|dr|st|vs|no|feat|ft|e\.g|i\.e|\p{L})\.$")
SHORTEST_SENTENCE = 12


def first_sentence(text: str, limit: int) -> str:
    """A text over ``limit`` graphemes → its first sentence with the emojis after it, when that fits; else unchanged."""
    if len(text) <= limit or graphemes.length(one_line(text)) <= limit:
        return text
    match = SENTENCE.match(text)
    if match is None:
        return text
    sentence = match[0].strip()
    words_only = regex.sub(rf"{PICTURES}$", "", sentence, flags=regex.V1)
    fits = SHORTEST_SENTENCE <= graphemes.length(sentence) <= limit
    return sentence if fits and not ABBREVIATION.search(words_only) else text


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with the emojis after it; the last one is what is left."""
    found = []
    while match := SENTENCE.match(text):
        found.append(match[0].strip())
        text = text[match.end() :].strip()
    return [*found, text] if text else found


def too_long(text: str, limit: int) -> bool:
    """More than ``limit`` graphemes."""
    return len(text) > limit and graphemes.length(text) > limit
