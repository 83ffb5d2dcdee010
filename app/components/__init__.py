"""What Streamlit has no widget for: parts of a page that answer while somebody types, and reach the clipboard.

Each is a style sheet and a script beside this file, put into the page as they are; nothing is fetched from anywhere.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent
Row = dict[str, Any]


def _source(*names: str) -> str:
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)


_captions: Callable[..., Any] = st.components.v2.component(
    "captions", css=_source("buttons.css", "captions.css"), js=_source("clipboard.js", "captions.js")
)
_copy: Callable[..., Any] = st.components.v2.component(
    "copy", css=_source("buttons.css"), js=_source("clipboard.js", "copy.js")
)
_kept: Callable[..., Any] = st.components.v2.component(
    "kept", css=_source("buttons.css", "kept.css"), js=_source("clipboard.js", "kept.js")
)


def captions(
    key: str,
    rows: Sequence[Row],
    limit: int,
    about: str,
    on_edit: Callable[[list[Row]], object],
    on_more: Callable[[str], object],
) -> None:
    """Captions to edit in place, each with a live count, copy, favourite and "more like this".

    Args:
        key: names the list on its page.
        rows: ``id``, ``text`` and ``favourite`` of each; a row's text is taken over when its ``id`` is new.
        limit: graphemes that a caption may have; over it the count warns.
        about: what the captions are for, read out to those who do not see the page.
        on_edit: called with the rows as the visitor left them, before the page is drawn anew.
        on_more: called with the ``id`` of the row that more are wanted of.
    """

    def edited() -> None:
        on_edit(standing(key))

    def more() -> None:
        if wanted := st.session_state[key].get("more"):
            on_more(str(wanted))

    data = {"rows": list(rows), "limit": limit, "about": about}
    _captions(key=key, data=data, on_rows_change=edited, on_more_change=more)


def standing(key: str) -> list[Row]:
    """The rows of a list of captions as the browser last told them, whether its turn to be called has come or not."""
    return list(st.session_state.get(key, {}).get("rows") or [])


def copy(key: str, text: str, label: str) -> None:
    """A button that puts a text on the clipboard."""
    _copy(key=key, data={"text": text, "label": label}, width="content")


def kept(key: str, rows: Sequence[Row], about: str) -> None:
    """Captions, ``text`` and ``favourite`` of each, to read and copy; ``about`` is read out."""
    _kept(key=key, data={"rows": list(rows), "about": about})
