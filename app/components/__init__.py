"""What Streamlit has no widget for: parts of a page that answer while somebody types, and reach the clipboard.

Each is a style sheet and a script beside this file, put into the page as they are; nothing is fetched from anywhere.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

FOLDER = Path(__file__).parent
Row = dict[str, Any]


def _source(*names: str) -> str:
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)


_captions: Callable[..., Any] = st.components.v2.component(
    "captions", css=_source("buttons.css", "captions.css"), js=_source("clipboard.js", "drafts.js", "captions.js")
)
_keeper: Callable[..., Any] = st.components.v2.component(
    "keeper", css=_source("buttons.css"), js=_source("clipboard.js", "drafts.js", "keeper.js")
)
_copy: Callable[..., Any] = st.components.v2.component(
    "copy", css=_source("buttons.css"), js=_source("clipboard.js", "copy.js")
)
_habits: Callable[..., Any] = st.components.v2.component(
    "habits", css=_source("buttons.css", "habits.css"), js=_source("clipboard.js", "habits.js")
)
_slides: Callable[..., Any] = st.components.v2.component(
    "slides", css=_source("buttons.css", "slides.css"), js=_source("clipboard.js", "slides.js")
)
_kept: Callable[..., Any] = st.components.v2.component(
    "kept", css=_source("buttons.css", "kept.css"), js=_source("clipboard.js", "kept.js")
)


def captions(
    key: str,
    rows: Sequence[Row],
    limit: int,
    about: str,
    tab: str,
    rewrites: Mapping[str, str],
    on_edit: Callable[[list[Row]], object],
    on_rewrite: Callable[[str, str], object],
) -> None:
    """Captions to edit in place, each with a live count, copy, favourite and quick rewrites.

    Args:
        key: names the list on its page.
        rows: ``id``, ``text``, ``favourite``, ``revision`` and ``source`` of each; a text is taken over when its
            ``revision`` is new and its ``source`` is not this tab.
        limit: graphemes that a caption may have; over it the count warns.
        about: what the captions are for, read out to those who do not see the page.
        tab: names the browser's tab.
        rewrites: labels of the ways to rewrite a caption.
        on_edit: called with the rows as the visitor left them, before the page is drawn anew.
        on_rewrite: called with the ``id`` of the row and the way to rewrite it.
    """

    def edited() -> None:
        on_edit(standing(key))

    def rewrite() -> None:
        if wanted := st.session_state[key].get("rewrite"):
            on_rewrite(str(wanted.get("id")), str(wanted.get("how")))

    data = {"rows": list(rows), "limit": limit, "about": about, "tab": tab, "rewrites": list(rewrites.items())}
    _captions(key=key, data=data, on_rows_change=edited, on_rewrite_change=rewrite)


def standing(key: str) -> list[Row]:
    """The rows of a list as the browser told them since the last time they were asked for.

    A click may come together with the words that were typed before it. What was told earlier is not news: another tab
    may have changed it since.
    """
    rows = list(st.session_state.get(key, {}).get("rows") or [])
    told = st.session_state.setdefault(f"told-{key}", {})
    news = [row for row in rows if told.get(row["id"]) != row]
    st.session_state[f"told-{key}"] = {row["id"]: row for row in rows}
    return news


def keeper(
    key: str,
    session: str,
    run: str,
    page: str,
    full: bool,
    on_drafts: Callable[[Row], object],
    on_last: Callable[[str], object],
) -> None:
    """What sees to it that nothing is lost, once on every page.

    Args:
        key: names it.
        session: this page's session.
        run: this run of the server: when there is another one, the page is drawn anew.
        page: the page's title.
        full: whether there is anything in the session.
        on_drafts: called with the texts that the server may not have heard of, by the captions' ids.
        on_last: called with the session that this browser had open before, where it is wanted.
    """

    def drafts() -> None:
        if told := st.session_state[key].get("drafts"):
            on_drafts(dict(told))

    def last() -> None:
        if wanted := st.session_state[key].get("last"):
            on_last(str(wanted))

    data = {"session": session, "run": run, "page": page, "full": full}
    _keeper(key=key, data=data, on_drafts_change=drafts, on_last_change=last, on_back_change=lambda: None)


def copy(key: str, text: str, label: str) -> None:
    """A button that puts a text on the clipboard."""
    _copy(key=key, data={"text": text, "label": label}, width="content")


def kept(key: str, rows: Sequence[Row], about: str, on_take: Callable[[str], object] | None = None) -> None:
    """Captions to read and copy.

    Args:
        key: names the list on its page.
        rows: ``text`` and ``favourite`` of each; ``note``, if there is one, is said behind it, and what is ``taken``
            cannot be taken once more.
        about: what they are, read out.
        on_take: called with the text of a caption that is to be used; without it, there is no such button.
    """

    def take() -> None:
        if on_take and (wanted := st.session_state[key].get("take")):
            on_take(str(wanted))

    data = {"rows": list(rows), "about": about, "takes": on_take is not None}
    _kept(key=key, data=data, on_take_change=take)


def slides(key: str, shown: Sequence[Row], about: str, on_order: Callable[[list[str]], object]) -> None:
    """The slides of a carousel, to be dragged into their order.

    Args:
        key: names them on their page.
        shown: ``id``, ``name``, ``text``, ``picture`` (a data URL) and ``alt`` of each.
        about: what they are, read out.
        on_order: called with the ids in their new order.
    """

    def ordered() -> None:
        if order := st.session_state[key].get("order"):
            on_order(list(order))

    _slides(key=key, data={"slides": list(shown), "about": about}, on_order_change=ordered)


def habits(key: str) -> None:
    """Keyboard shortcuts of the page Suggest, and pictures that are pasted, or dropped anywhere on it."""
    _habits(key=key, width="content")
