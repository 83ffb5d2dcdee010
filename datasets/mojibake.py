"""Text of Instagram's export as it was written."""

import html
from contextlib import suppress

from datasets.untrusted import text


def repaired(value: object) -> str:
    """Text of the export as it was written: every byte of its UTF-8 was taken for a character, and ``&`` escaped.

    Text that is no such mojibake is kept; what is not text gives ``""``.
    """
    raw = text(value)
    with suppress(UnicodeError):  # proper text already
        raw = raw.encode("latin-1").decode("utf-8")
    return html.unescape(raw).replace("\0", "").strip()
