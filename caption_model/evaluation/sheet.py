"""A sheet to read: photos with their suggestions and descriptions on one HTML page that needs no other file."""

import base64
import html
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from caption_model.text import graphemes
from caption_model.vision.photos import open_for_display

if TYPE_CHECKING:
    from caption_model.captioner import Suggestions

WIDTH = 240  # pixels of a photo
STYLE = """
body { font: 16px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
       color: #222; background: #fff; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 2rem 1.5rem; }
img { width: 100%; border-radius: 4px; }
h2 { font-size: .8rem; font-weight: 400; color: #666; margin: .4rem 0 0; overflow-wrap: anywhere; }
ol { padding-left: 1.3rem; margin: .4rem 0; }
small { color: #666; }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818; } h2, small { color: #999; } }
"""


def sheet(photos: Sequence[Path], suggested: Sequence["Suggestions"], title: str) -> str:
    """The page as HTML.

    Args:
        suggested: one a photo, in the same order.
    """
    cards = "\n".join(_card(photo, one) for photo, one in zip(photos, suggested, strict=True))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>\n'
        f"<body><h1>{html.escape(title)}</h1>\n<main>\n{cards}\n</main></body></html>\n"
    )


def _card(photo: Path, suggested: "Suggestions") -> str:
    items = "".join(
        f"<li>{html.escape(caption)} <small>{graphemes.length(caption)}</small></li>" for caption in suggested.texts
    )
    return (
        f'<article><img alt="{html.escape(suggested.seen.description)}" src="{_picture(photo)}">'
        f"<h2>{html.escape(photo.name)}</h2><ol>{items}</ol><p>{html.escape(suggested.seen.description)}</p></article>"
    )


def _picture(photo: Path) -> str:
    picture = open_for_display(photo).convert("RGB")
    picture.thumbnail((WIDTH, WIDTH * 2))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
