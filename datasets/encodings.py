"""Text files as people save them: Unicode with and without a byte-order mark, and the 8-bit encodings of old.

Excel saves CSV in the code page of the country, on a Mac in Mac Roman, as "MS-DOS" in code page 850. Such a file does
not say which it is. It is told by what the characters beyond ASCII would be: an apostrophe within a word and an accent
on a small letter are likely, a capital amid small letters and a sign stuck to a letter are not.
"""

import codecs
import re
from collections import Counter
from collections.abc import Iterator

UTF8_MARK = codecs.BOM_UTF8
# Longest first: the mark of UTF-32 begins like that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LEGACY = {"cp1252": 0.35, "mac_roman": 0.1, "cp850": 0.0}  # with what speaks for each before a look at the text
SAMPLE = 20_000  # lines looked at, or pairs of bytes
STEP = 1 << 20  # bytes decoded at a time
MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")


def lines(data: bytes, problems: Counter[str] | None = None) -> Iterator[str]:
    """Lines without their ends (``\\r\\n``, ``\\n`` or ``\\r``), decoded one by one; NULs are taken out.

    A line in no encoding of its own gets U+FFFD for what cannot be decoded. ``problems`` counts NULs, lines that are
    not UTF-8 and the encoding that was taken instead.
    """
    problems = Counter() if problems is None else problems
    data, marked = _in_utf8(data)
    if b"\0" in data:
        problems["NUL bytes removed"] += data.count(b"\0")
        data = data.replace(b"\0", b"")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    encoding = "utf-8" if marked or _is_utf8(data) else legacy_encoding(data)
    start = 0
    while start <= len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        line = data[start:end]
        start = end + 1
        try:
            yield line.decode()
        except UnicodeDecodeError:
            if encoding == "utf-8":
                problems["not UTF-8"] += 1
                yield line.decode(errors="replace")
            else:
                problems[f"line in {encoding}, not in UTF-8"] += 1
                yield line.decode(encoding, errors="replace")


def decode(data: bytes, problems: Counter[str] | None = None) -> str:
    """All lines, joined by ``\\n``."""
    return "\n".join(lines(data, problems))


def is_valid(data: bytes) -> bool:
    """Whether data are proper UTF-8 without NULs."""
    try:
        return b"\0" not in data and (data.isascii() or bool(data.decode()))
    except UnicodeDecodeError:
        return False


def _in_utf8(data: bytes) -> tuple[bytes, bool]:
    """Unicode of two or four bytes a character as UTF-8, without byte-order marks; whether there was one."""
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), None) or _unmarked_utf16(data)
    if encoding:
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        parts = (decoder.decode(data[at : at + STEP], final=at + STEP >= len(data)) for at in range(0, len(data), STEP))
        data = b"".join(part.encode(errors="replace") for part in parts)
    marked = encoding is not None
    while data.startswith(UTF8_MARK):  # programs that add one to a file that has one
        data, marked = data[len(UTF8_MARK) :], True
    return data, marked


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 by its zeros: in mostly Latin text nearly every other byte is one."""
    start = data[: 2 * SAMPLE]
    if len(start) < 4 or start.count(0) < len(start) // 3:
        return None
    odd, even = start[1::2].count(0), start[::2].count(0)
    if odd > 0.6 * (len(start) // 2) and even * 4 <= odd:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 * (len(start) // 2) and odd * 4 <= even else None


def _is_utf8(data: bytes) -> bool:
    """Whether data are UTF-8, perhaps with some damage, by their start and the part that is damaged first."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for at in range(0, len(data), STEP):
        try:
            decoder.decode(data[at : at + STEP], final=at + STEP >= len(data))
        except UnicodeDecodeError:
            part = data[:STEP] + data[max(at, STEP) : at + 2 * STEP]
            lost = part.decode(errors="replace").count("\ufffd") - part.count(b"\xef\xbf\xbd")
            return sum(1 for _ in MULTIBYTE.finditer(part)) > lost
    return True


def legacy_encoding(data: bytes) -> str:
    """The likeliest of the 8-bit encodings of Western Europe."""
    suspects = []
    for line in data.split(b"\n", SAMPLE)[:SAMPLE]:
        if not line.isascii():
            suspects.append(line[:2000])
    sample = b"\n".join(suspects)
    return max(LEGACY, key=lambda name: LEGACY[name] + _likelihood(sample.decode(name, errors="replace")))


def _likelihood(text: str) -> float:
    """How much a text looks like one that was written: the sum over its characters beyond ASCII."""
    return sum(
        _fit(found[0], text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1])
        for found in BEYOND_ASCII.finditer(text)
    )


COMMON = dict.fromkeys("éèàçñüöäßœ", 1.0) | dict.fromkeys("êâôîûëïáíóúùõãåøæìò", 0.7)


def _fit(character: str, before: str, after: str) -> float:
    """How likely a character is between its neighbours."""
    letters = before.isalpha(), after.isalpha()
    if character.isalpha() and character not in "ªºﬁﬂΩπµƒ":
        if character.isupper():
            if before.isupper() or (not letters[0] and after.isupper()):
                return COMMON.get(character.lower(), 0.3)
            return -2.0 if before.islower() else (0.9 if after.isalpha() else -0.3)
        if before.isupper() and (after.isupper() or len(before + after) == 1):
            return -1.0
        return COMMON.get(character, -0.5) * (1.0 if letters[0] else 0.8 if letters[1] else 0.5)
    if character == "’":
        return 2.0 if letters[0] else 0.0
    if character in "‘“":
        return 1.0 if after.strip() and not letters[0] else -1.0
    if character == "”":
        return 1.0 if before.strip() and not letters[1] else -1.0
    if character == "…":
        return 0.8 if not letters[1] else -0.5
    if character in "–—•·":
        return 1.0 if not any(letters) else (0.0 if all(letters) else -0.5)
    if character in "¡¿":
        return 1.5 if letters[1] and not letters[0] else -1.0
    if character in "€£°©®™ \xa0«»":
        return 0.5 if not any(letters) else -1.5
    return -3.0 if character == "\ufffd" or not character.isprintable() else (-2.0 if any(letters) else -1.0)
