"""Paths as people type or paste them."""

from pathlib import Path

from caption_model.errors import CaptionError


def typed_path(text: str, what: str) -> Path:
    """An absolute path: blanks and quotes around it are dropped, ``~`` is the user's home.

    Raises:
        CaptionError: there is none, or it does not say where it begins; ``what`` is what it should lead to.
    """
    text = text.strip().strip("\"'").strip()
    if not text or "\0" in text:
        raise CaptionError(f"Type where {what} is.")
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:  # the home of nobody we know
        raise CaptionError(f"{text} cannot be found: type the whole path.") from error
    if not path.is_absolute():
        raise CaptionError(f"{text} is not a whole path: type it from its beginning, such as {Path.home() / text}.")
    return path
