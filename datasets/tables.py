"""Rows of a CSV file, plain or gzipped, whatever the state it is in."""

import csv
import gzip
import io
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from caption_model.errors import DumpError

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
MAX_BYTES = 2_000_000_000  # of a table, unpacked; half a million captions take a tenth of it


def read_text(path: Path, problems: Counter[str] | None = None) -> str:
    """Read a text file, gzipped when its name ends in ``.gz``, with NULs taken out.

    Bytes that are not UTF-8 become U+FFFD; ``problems`` counts the lines it happened in and the NULs.
    A byte-order mark decides for UTF-16. Raises DumpError when the file cannot be read.
    """
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise DumpError(f"{path} does not exist; give the path of a dump's folder or of a CSV file.") from None
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DumpError(f"{path} cannot be read ({reason}); download or unpack it again.") from error
    if len(data) > MAX_BYTES:
        raise DumpError(f"{path} unpacks to more than {MAX_BYTES} bytes; split it.")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = data.decode(encoding, errors="replace")
    if problems is not None:
        broken = sum("\ufffd" in line for line in text.split("\n")) if "\ufffd" in text else 0
        if broken:
            problems["not UTF-8"] += broken
        if "\0" in text:
            problems["NUL bytes removed"] += text.count("\0")
    return text.replace("\0", "")


def rows(path: Path, problems: Counter[str] | None = None) -> Iterator[list[str]]:
    """Rows of a CSV file as lists of strings; blank lines between rows are passed over.

    Cells are parted by commas or, where the first line has none, by semicolons or tabs.

    Raises DumpError when the file cannot be read as a table at all.
    """
    text = read_text(path, problems)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        yield from (row for row in reader if row)
    except csv.Error as error:
        raise DumpError(
            f"{path} is not a valid CSV file (line {reader.line_num}: {error}); export it again."
        ) from error


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return "," if "," in first else next((mark for mark in ";\t" if mark in first), ",")
