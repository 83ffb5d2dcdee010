"""Cells of a CSV that people open in a spreadsheet or print to a terminal."""

import regex

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# What a terminal or an editor obeys: control characters other than line ends and tabs, changes of writing direction,
# halves of emojis, and bytes of names that are no UTF-8.
OBEYED = regex.compile(r"[[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]--[\t\n\r]]", regex.V1)


def cell(text: str) -> str:
    r"""A cell that nothing executes.

    An apostrophe goes before what a spreadsheet would take for a formula (OWASP's advice); ESC and its like are written
    as escapes (``\x1b``).
    """
    text = OBEYED.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
