"""Captions that fit: whole when short enough, else their first sentence, never a part of one."""

import regex

from caption_model.text import graphemes
from datasets.cleaning.layout import one_line
from datasets.cleaning.tails import PICTURE, at_end, split_tail

PICTURES = rf"(?:\s*+{PICTURE})*+"
SENTENCE_END = regex.compile(
    rf"(?<![.!?])[.!?]++[\"')]*+(?:{PICTURES}(?=\s+[^\p{{Ll}}\s])|(?=\s+[^\p{{Ll}}\s]))", regex.V1
)
LETTER = regex.compile(r"\p{L}")
ABBREVIATION = at_end(r"(?i)(?:^|\s|\.)(?:mr|mrs|ms|dr|st|vs|no|feat|ft|e\.g|i\.e|\p{L})\.")
SHORTEST_SENTENCE = 12


def first_sentence(text: str, limit: int) -> str:
    """A text over ``limit`` graphemes → its first sentence with the emojis after it, when that fits; else unchanged."""
    if len(text) <= limit or graphemes.length(one_line(text)) <= limit:
        return text
    end = _sentence_end(text, 0)
    if end is None:
        return text
    sentence = text[:end].strip()
    fits = SHORTEST_SENTENCE <= graphemes.length(sentence) <= limit
    return sentence if fits and not ABBREVIATION.match(split_tail(sentence)[0]) else text


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with the emojis after it; the last one is what is left."""
    found = []
    start = 0
    while (end := _sentence_end(text, start)) is not None:
        found.append(text[start:end].strip())
        start = end
    rest = text[start:].strip()
    return [*found, rest] if rest else found


def _sentence_end(text: str, start: int) -> int | None:
    """Where the first sentence after ``start`` ends: at its mark, or at the end of a line with a letter in it."""
    mark = SENTENCE_END.search(text, start)
    limit = len(text) if mark is None else mark.start()
    letter = LETTER.search(text, start, limit)
    line = -1 if letter is None else text.find("\n", letter.end(), limit)
    if line >= 0:
        return max(start, len(text[start:line].rstrip()) + start)
    return None if mark is None else mark.end()


def too_long(text: str, limit: int) -> bool:
    """More than ``limit`` graphemes."""
    return len(text) > limit and graphemes.length(text) > limit
