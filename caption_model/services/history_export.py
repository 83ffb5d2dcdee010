"""The history as files to take away."""

from collections.abc import Sequence

from caption_model.services.cards import called_a_guess
from caption_model.services.history import Entry, KeptCaption
from caption_model.text import tables

COLUMNS = ("time", "photo", "voice", "description", "caption", "favourite", "from")


def as_csv(entries: Sequence[Entry]) -> bytes:
    """``time, photo, voice, description, caption, favourite, from``: one row a caption, from ``models`` or ``book``."""
    rows = [
        [
            *(entry.created.isoformat(), entry.photo, entry.voice, called_a_guess(entry.description, entry.unsure)),
            *(caption.text, "yes" if caption.favourite else "no", _origin(caption)),
        ]
        for entry in entries
        for caption in entry.captions
    ]
    return tables.as_csv(COLUMNS, rows)


def as_jsonl(entries: Sequence[Entry]) -> bytes:
    """One object an entry: ``time``, ``photo``, ``voice``, ``description``, ``a guess`` and ``captions``."""
    return tables.as_jsonl(
        {
            "time": entry.created.isoformat(),
            "photo": entry.photo,
            "voice": entry.voice,
            "description": entry.description,
            "a guess": entry.unsure,
            "captions": [
                {"text": caption.text, "favourite": caption.favourite, "from": _origin(caption)}
                for caption in entry.captions
            ],
        }
        for entry in entries
    )


def _origin(caption: KeptCaption) -> str:
    return "book" if caption.book else "models"
