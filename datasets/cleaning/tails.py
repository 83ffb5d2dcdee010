"""The end of a text: the emojis and blanks after its last word.

Patterns that end in ``$`` are matched backwards from the end (``regex.REVERSE``). Searched for from the front, each
blank would be tried as the beginning of the tail, and a caption of 2,000 blanks would take a million steps.
"""

import regex

PICTURE = r"[\p{Extended_Pictographic}\p{EComp}\u200d\ufe0f--[0-9#*©®™]]"
TAIL = regex.compile(rf"(?:\s|{PICTURE})*+", regex.V1 | regex.REVERSE)


def at_end(pattern: str, flags: int = 0) -> "regex.Pattern[str]":
    """A pattern whose ``match`` looks for a match that ends where the text (or ``endpos``) does."""
    return regex.compile(pattern, flags | regex.V1 | regex.REVERSE)


def split_tail(text: str) -> tuple[str, str]:
    """``"so good 😍 "`` → ``("so good", " 😍 ")``: the text up to its last word or mark, and what follows."""
    start = tail_start(text)
    return text[:start], text[start:]


def tail_start(text: str, end: int | None = None) -> int:
    """Where the emojis and blanks before ``end`` (the text's own, if not given) begin."""
    match = TAIL.match(text, 0, len(text) if end is None else end)
    return len(text) if match is None else match.start()


# The end of what stands before a sentence's first word.
SENTENCE_START = at_end(r"(?:^|[.!?:…\n]|[\p{Extended_Pictographic}\ufe0f]|[\"(\-–—|/*~])[\s\"'(]*")
