"""Names and texts from outside, as a terminal may safely see them.

What a terminal, or an editor, would obey rather than show is written out: the escape byte as ``\\x1b``, marks that turn
the direction of writing as ``\\u202e``. Emojis keep their joiners.
"""

import json
import re
import sys
import unicodedata
from typing import Any, TextIO

# Controls (C0, DEL, C1); marks of direction, of lines and paragraphs; halves of surrogate pairs (names of no encoding).
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def shown(text: object) -> str:
    """A text on one line, with everything written out that is not for showing."""
    return UNSAFE.sub(_written_out, str(text))


def shown_lines(text: object) -> str:
    """The same of a text of several lines: tabs and line ends stay as they are."""
    return UNSAFE.sub(lambda found: found[0] if found[0] in "\t\n\r" else _written_out(found), str(text))


def visible(name: str, longest: int = 80) -> str:
    """A name somebody chose, cut to ``longest``, with all that cannot be seen written out, joiners of emojis too.

    No two names look alike then that differ in an invisible character.
    """
    seen = "".join(
        character.encode("unicode_escape").decode() if unicodedata.category(character)[0] == "C" else character
        for character in name[:longest]
    )
    return seen if len(name) <= longest else seen + "…"


def as_json(content: Any) -> str:
    """A JSON object on one line, as it can be read and as a terminal may see it."""
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(content, ensure_ascii=False))


def tell(line: object, file: TextIO | None = None) -> None:
    """Print a line that holds names or texts from outside."""
    print(shown(line), file=file or sys.stdout, flush=True)


def _written_out(found: re.Match[str]) -> str:
    number = ord(found[0])
    return {9: "\\t", 10: "\\n", 13: "\\r"}.get(number) or (f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}")
