"""Files of a bundle: read only if they are regular and of a bounded size, written whole or not at all."""

import hashlib
import json
from pathlib import Path
from typing import Any

from caption_model.errors import BundleError
from caption_model.storage.regular import open_regular, read_regular
from caption_model.storage.replace import replace_bytes

MOST_BYTES = 32 << 20  # of a file; the largest that ships, VGG16's weights, has 15 MB
MOST_JSON = 8 << 20
CHUNK = 1 << 20


def file_sha256(path: Path, most: int | None = None) -> str:
    """SHA-256 of a file's bytes, in hexadecimal; it is never whole in memory.

    Raises:
        BundleError: the file cannot be read, or has more than ``most`` bytes.
    """
    digest, read = hashlib.sha256(), 0
    try:
        with open_regular(path) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                read += len(chunk)
                if most is not None and read > most:
                    raise BundleError(f"{path} has more than {most:,} bytes: it is no part of a model.")
    except (OSError, ValueError) as error:  # ValueError: a name that no disk knows, with a zero byte
        raise BundleError(f"{path} is missing or unreadable ({_why(error)}): get the bundle again.") from error
    return digest.hexdigest()


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Read a file of a bundle.

    Raises:
        BundleError: it cannot be read, is no regular file or has more than ``most`` bytes.
    """
    try:
        return read_regular(path, most)
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} is missing or unreadable ({_why(error)}): get the bundle again.") from error


def parse_json(content: bytes, path: Path) -> Any:
    """The JSON in the bytes of a file.

    Raises:
        BundleError: there is none, or it is nested without end.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is no valid JSON: get the bundle again.") from error


def read_json(path: Path) -> Any:
    """Read a JSON file of a bundle.

    Raises:
        BundleError: it is missing, no regular file, too large or no JSON.
    """
    return parse_json(read_bytes(path, MOST_JSON), path)


def write_json(path: Path, content: Any) -> None:
    """Write JSON as people read it, indented, emojis as they are; whole or not at all."""
    replace_bytes(path, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode("utf-8"))


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
