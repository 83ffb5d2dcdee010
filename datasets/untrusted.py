"""Read files that nobody vouches for: capped in size, whatever the state they are in.

A file that cannot be used gives ``None`` and is counted in ``problems`` under what it is and what ails it, so that
one bad file never ends the reading of a whole dump.
"""

import json
import lzma
from collections import Counter
from pathlib import Path

XZ_MEMORY = 80_000_000  # bytes a decoder may take; xz's strongest preset needs 65 MiB


def read_bytes(path: Path, limit: int, what: str, problems: Counter[str]) -> bytes | None:
    """The content of a file of at most ``limit`` bytes."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError:
        problems[f"{what} unreadable"] += 1
        return None
    return within(data, limit, what, problems)


def within(data: bytes, limit: int, what: str, problems: Counter[str]) -> bytes | None:
    """The data itself unless it is longer than ``limit`` bytes."""
    if len(data) > limit:
        problems[f"{what} too large"] += 1
        return None
    return data


def unpack_xz(data: bytes, limit: int, what: str, problems: Counter[str]) -> bytes | None:
    """Unpack XZ, but never more than ``limit`` bytes of it."""
    try:
        unpacker = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
        unpacked = unpacker.decompress(data, max_length=limit + 1)
    except lzma.LZMAError:
        problems[f"{what} damaged"] += 1
        return None
    if len(unpacked) <= limit and not unpacker.eof:
        problems[f"{what} damaged"] += 1  # cut off
        return None
    return within(unpacked, limit, what, problems)


def parse_json(data: bytes, what: str, problems: Counter[str]) -> object | None:
    """Parse JSON in any Unicode encoding, with or without a byte-order mark."""
    if not data.strip():
        problems[f"{what} empty"] += 1
        return None
    try:
        content: object = json.loads(data)
    except (ValueError, RecursionError):  # not JSON, not Unicode, digits without end; nested too deep
        problems[f"{what} damaged"] += 1
        return None
    if content is None:
        problems[f"{what} empty"] += 1
    return content


def text(value: object) -> str:
    """A JSON string as text that every file can hold: no NULs, halves of surrogate pairs as U+FFFD; else ``""``."""
    if not isinstance(value, str):
        return ""
    whole = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "")
