"""One visitor's session: found by the page's address, kept on disk, told of where it was restored."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from app import components
from app.door import THIS_RUN
from app.style import plain
from caption_model.errors import CaptionError
from caption_model.services.cards import Card
from caption_model.services.history import History
from caption_model.services.sessions import Session, SessionStore

PARAMETER = "session"
REMEMBERED = ("voice", "wish-", "folder-wish-")  # keys of widgets that are part of a session
RESTORED = "The server was restarted. Your photos, captions and settings are back."
LOST = "The earlier page is not there any more: nothing is kept without a history, and after a week."


@st.cache_resource(show_spinner=False)
def store() -> SessionStore:
    """All sessions."""
    return SessionStore(server=THIS_RUN)


def current() -> Session:
    """This visitor's session."""
    session: Session | None = st.session_state.get("session")
    if session is None:
        session = st.session_state["session"] = _found() or store().new()
        st.session_state["tab"] = uuid.uuid4().hex
        for key, value in session.settings.items():
            st.session_state.setdefault(key, value)
        if session.restarted:
            session.restarted = False
            st.session_state["notice"] = RESTORED
    return session


def tab() -> str:
    """This tab's own name."""
    current()
    return str(st.session_state["tab"])


def begin(page: str) -> None:
    """Find the session before a page is drawn, and take over what was typed on the page before."""
    session = current()
    if st.query_params.get(PARAMETER) != session.id:
        st.query_params[PARAMETER] = session.id
    components.keeper(
        "keeper",
        session=session.id,
        run=THIS_RUN,
        page=page,
        full=bool(session.cards),
        on_drafts=take_drafts,
        on_last=open_last,
    )
    if notice := st.session_state.pop("notice", ""):
        st.info(plain(notice), icon=":material/restore:")


def take_drafts(drafts: dict[str, Any]) -> None:
    """Words that were typed just before a click on another page."""
    session = current()
    changed: dict[str, Card] = {}
    for id_, text in drafts.items():
        if found := session.line(str(id_)):
            card, line = found
            if card.edit([{"id": line.id, "text": str(text), "favourite": line.favourite}], tab()):
                changed[card.id] = card
    for card in changed.values():
        try_to(partial(card.remember, History()))


def open_last(id_: str) -> None:
    """Go on with the session that this browser had open before."""
    try:
        session = store().get(id_)
    except CaptionError as error:
        st.session_state["notice"] = str(error)
        return
    if session is None:
        st.session_state["notice"] = LOST
        return
    session.restarted = False
    st.session_state["session"] = session
    for key, value in session.settings.items():
        st.session_state[key] = value


def save() -> None:
    """Keep the session as it stands now."""
    session = current()
    session.settings |= {
        str(key): value
        for key, value in st.session_state.items()
        if str(key).startswith(REMEMBERED) and isinstance(value, str | int | float | bool)
    }
    if session.cards or session.saved:
        try_to(lambda: store().save(session))


def try_to(deed: Callable[[], object]) -> None:
    """Do what the page can live without; what goes wrong is told once."""
    try:
        deed()
    except CaptionError as error:
        if st.session_state.get("told") != str(error):
            st.session_state["told"] = st.session_state["notice"] = str(error)


def _found() -> Session | None:
    id_ = st.query_params.get(PARAMETER, "")
    if not id_:
        return None
    try:
        session = store().get(id_)
    except CaptionError as error:
        st.session_state["notice"] = str(error)
        return None
    if session is None:
        st.session_state["notice"] = LOST
    return session
