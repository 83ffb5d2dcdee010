"""Text that was read in the wrong encoding: repaired where all its bytes are there, damaged where some were lost."""

import ftfy
import ftfy.badness
import regex

# What the bytes 80 to BF, which continue a character of UTF-8, become in Windows-1252 and Latin-1.
CONTINUATION = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
# A first byte without all the bytes that it announces, or with question marks in their place.
LOST = regex.compile(
    rf"ð[Ÿ\u009f](?!{CONTINUATION}{{2}})|[âï](?={CONTINUATION})(?!{CONTINUATION}{{2}})|(?<!\p{{L}})â\?\?"
    rf"|â\?\?(?=\p{{L}})"
    r"|ðŸ\?|(?<!\p{L})Ã\?|ï¿½?\?|\ufffd"
)


def mojibake(text: str) -> str:
    """Repair UTF-8 that was read as another encoding.

    Only ftfy's repair of encodings is used, and only where its heuristic sees damage: its other fixes (quotes,
    ligatures, widths) would alter text that is fine.
    """
    if text.isascii() or not ftfy.badness.is_bad(text):
        return text
    return ftfy.fix_encoding(text)


def damaged(text: str) -> bool:
    """Characters were lost for good before we got the text: U+FFFD, or mojibake that lacks some of its bytes."""
    return not text.isascii() and LOST.search(text) is not None
