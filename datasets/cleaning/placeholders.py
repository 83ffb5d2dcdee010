"""Cells that stand for "no caption": what spreadsheets, databases and programs write where nothing was."""

import regex

from datasets.cleaning.word_lists import word_list

NUMBER = regex.compile(
    r"[-+]?(?:\d++(?:[.,]\d*+)*+|[.,]\d++)(?:[eE][-+]?\d+)?%?|[-+]?inf(?:inity)?|0x[0-9a-f]+", regex.I
)
TIME = regex.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d{1,2}:\d\d.*)?|\d{1,2}:\d\d(?::\d\d)?")


def placeholder(text: str) -> bool:
    """The whole text is a word for an empty cell (``nan``, ``null``, ``#N/A``), a truth value, a number or a date."""
    plain = text.strip(" \t\n\"'").lower()
    return "".join(plain.split()) in word_list("placeholders") or bool(NUMBER.fullmatch(plain) or TIME.fullmatch(plain))
