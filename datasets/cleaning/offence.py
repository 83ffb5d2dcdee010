"""Slurs and sexual content: nothing of it should be suggested under anybody's photo.

Our own short lists: packaged ones also hold mild everyday words of posts, and what is an offence in a caption is part
of what this project decides.
"""

import re

from datasets.cleaning.word_lists import word_list

WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
MASKED = re.compile(
    r"(?i)(?<!\w)(?:f[*@#$!.u_-]{1,3}c?k(?:in[g']?|ed|er|s)?|s[h*][*!1i@]t|b[*!1i][*t]ch(?:es)?|a[$*]{2}|a\$s"
    r"|n[*!1i]gg?[*a4]s?"
    r"|d[*!]ck|p[*]ssy|\w+\*{2,}\w*)(?!\w)"
)
# Harmless words that are none together; "you blow me away" and "blow me a kiss" stay.
PHRASE = re.compile(r"(?i)\b(?:blow|suck) me\b(?! (?:away|up|over|in|into|off|an?)\b)|\bsuck my\b")
STEMS = re.compile(
    rf"(?!{'|'.join(sorted(word_list('swear_exceptions')))})(?:{'|'.join(sorted(word_list('swear_stems')))})"
)


def offensive(text: str) -> bool:
    """The text holds a slur, a swear word or a sexual term."""
    words = WORD.findall(text)
    if any(word.lower() in word_list("swear_words") for word in words) or PHRASE.search(text):
        return True
    return any(STEMS.match(word.lower()) for word in words) or (
        ("*" in text or "$" in text) and bool(MASKED.search(text))
    )
