"""Sidecars: a photo's captions, one a line, in a text file beside it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from caption_model.storage.journal import Record
from caption_model.storage.regular import read_regular
from caption_model.storage.replace import check_target, replace_file

Existing = Literal["skip", "overwrite", "append"]
MOST_BYTES = 1 << 24  # of a text file that captions are added to


def text_of(record: Record) -> bytes:
    """A sidecar's content: the social captions, one a line, UTF-8."""
    return "".join(f"{caption}\n" for caption in record.captions).encode()


def is_foreign(path: Path, history: Sequence[Record]) -> bool:
    """Whether a sidecar stands there that holds anything else than captions of ours."""
    try:
        check_target(path)
        return read_regular(path, MOST_BYTES) not in map(text_of, history)
    except FileNotFoundError:
        return False
    except OSError:  # a folder, a link, or none of our business
        return True


def write_sidecar(path: Path, record: Record, existing: Existing, foreign: bool) -> bool:
    """Put captions into a sidecar.

    Args:
        path: the sidecar.
        record: the captions.
        existing: what happens to a ``foreign`` sidecar: ``skip`` leaves it as it is, ``overwrite`` replaces it,
            ``append`` writes below it, but only once. Older captions of ours are always replaced.
        foreign: what ``is_foreign`` says.

    Returns:
        Whether the sidecar now holds these captions.

    Raises:
        OSError: it cannot be read or written.
    """
    before, text = b"", text_of(record)
    if foreign and existing == "skip":
        return False
    check_target(path)
    if foreign and existing == "append":
        before = read_regular(path, MOST_BYTES)
        if before.endswith(text):
            return True
        before += b"" if before.endswith(b"\n") or not before else b"\n"
    replace_file(path, lambda file: file.write(before + text))
    return True
