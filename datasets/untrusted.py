"""Read files that nobody vouches for: capped in size, whatever the state they are in.

A file that cannot be used gives ``None`` and is counted in ``problems`` under what it is and what ails it, so that
one bad file never ends the reading of a whole dump.
"""

import io
import json
import lzma
import os
import stat
import zlib
from collections import Counter
from pathlib import Path

XZ_MEMORY = 80_000_000  # bytes a decoder may take; xz's strongest preset needs 65 MiB
GZIP_WINDOW = 31  # zlib's largest window, with the header of gzip
STEP = 1 << 20  # bytes unpacked at a time
JSON_MEMORY = 600_000_000  # bytes that parsed JSON may take, as estimated before it is parsed


class NotRegularError(OSError):
    """A pipe, a device, a socket or a folder where a file was expected."""


def open_regular(path: Path) -> io.BufferedReader:
    """Open a regular file for reading. Pipes and devices are never waited for.

    Raises OSError; NotRegularError, one of them, for what is no regular file.
    """
    # A device may act when it is opened, so its kind is looked at first; a pipe opened for reading would wait for a
    # writer, were it not opened without blocking.
    if not stat.S_ISREG(path.stat().st_mode):
        raise NotRegularError(None, "it is no regular file")
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # changed since
        os.close(descriptor)
        raise NotRegularError(None, "it is no regular file")
    return os.fdopen(descriptor, "rb")


def read_bytes(path: Path, limit: int, what: str, problems: Counter[str]) -> bytes | None:
    """The content of a regular file of at most ``limit`` bytes."""
    try:
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size > limit:  # a sparse file of terabytes is not even begun
                problems[f"{what} too large"] += 1
                return None
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


def unpack_gzip(data: bytes, limit: int, what: str, problems: Counter[str]) -> bytes | None:
    """Unpack gzip, all its members, but never more than ``limit`` bytes of it."""
    unpacked = bytearray()
    try:
        while data.rstrip(b"\0"):  # tapes and blocks of storage pad with zeros
            unpacker = zlib.decompressobj(GZIP_WINDOW)
            while not unpacker.eof:
                part = unpacker.decompress(data, STEP)
                data = unpacker.unconsumed_tail
                unpacked += part
                if len(unpacked) > limit:
                    problems[f"{what} too large"] += 1
                    return None
                if not part and not data and not unpacker.eof:
                    raise EOFError("it was cut off")
            data = unpacker.unused_data
    except (zlib.error, EOFError):
        problems[f"{what} damaged"] += 1
        return None
    return bytes(unpacked)


def parse_json(data: bytes, what: str, problems: Counter[str]) -> object | None:
    """Parse JSON in any Unicode encoding, with or without a byte-order mark."""
    if not data.strip():
        problems[f"{what} empty"] += 1
        return None
    if _memory_of(data) > JSON_MEMORY:
        problems[f"{what} too large"] += 1
        return None
    try:
        content: object = json.loads(data)
    except (ValueError, RecursionError):  # not JSON, not Unicode, digits without end; nested too deep
        problems[f"{what} damaged"] += 1
        return None
    if content is None:
        problems[f"{what} empty"] += 1
    return content


def _memory_of(data: bytes) -> int:
    """Bytes that JSON takes once parsed, at most: two of its characters can make an object of 64 bytes."""
    return 2 * len(data) + 240 * data.count(b"{") + 90 * data.count(b"[") + 70 * data.count(b",")


def text(value: object) -> str:
    """A JSON string as text that every file can hold: no NULs, halves of surrogate pairs as U+FFFD; else ``""``."""
    if not isinstance(value, str):
        return ""
    whole = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", "")
