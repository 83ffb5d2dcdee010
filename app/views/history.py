"""History: what was suggested before, kept on this computer."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from app import components, visit
from app.style import place, plain
from caption_model.errors import CaptionError, HistoryError
from caption_model.services.cards import Card, called_a_guess
from caption_model.services.history import Entry, History
from caption_model.services.history_export import as_csv, as_jsonl

SHOWN = 20  # entries at once
BOOK = "From the caption book"


def page() -> None:
    """Draw the page."""
    history = History()
    st.title("History")
    st.markdown(
        f"What was suggested, as you left it. It is kept in `{place(history.path)}` and sent nowhere; "
        "whoever uses this page on this computer sees it."
    )
    if trouble := st.session_state.pop("history-trouble", ""):
        st.error(plain(trouble), icon=":material/error:")
    if notice := st.session_state.pop("history-notice", ""):
        st.success(plain(notice), icon=":material/check_circle:")
    draw_undo(history)
    try:
        draw_setting(history)
        draw_found(history)
    except HistoryError as error:
        st.error(plain(str(error)), icon=":material/error:")
    draw_delete_all(history)


def draw_setting(history: History) -> None:
    """Whether to keep a history at all."""
    st.session_state["keep"] = history.keeping
    st.toggle(
        "Keep a history",
        key="keep",
        help="Off: from now on nothing is kept; what is here stays.",
        on_change=do,
        args=[lambda: history.keep(st.session_state["keep"])],
    )


def draw_found(history: History) -> None:
    """What the search finds, latest first, and the files of it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.text_input("Search", placeholder="a word, an emoji, a photo's name", width=320)
        favourites = st.toggle("Favourites only")
    found = history.entries(wanted, favourites)
    if not found:
        st.info(
            "Nothing found." if wanted or favourites else "Nothing yet: captions appear here once they are suggested."
        )
        return
    many = st.session_state.get("history-many", SHOWN)
    photos = grouped(found)
    for latest, *earlier in photos[:many]:
        with st.container(border=True, key=f"entry-{latest.id}"):
            draw_entry(history, latest)
            if earlier:
                with st.expander(f"Earlier captions of this photo · {len(earlier)}"):
                    for entry in earlier:
                        draw_entry(history, entry)
    if len(photos) > many and st.button(f"Show more · {len(photos) - many} left"):
        st.session_state["history-many"] = many + SHOWN
        st.rerun()
    with st.container(horizontal=True):
        download("CSV", lambda: as_csv(found), "history.csv", "text/csv")
        download("JSON Lines", lambda: as_jsonl(found), "history.jsonl", "application/jsonl")


def grouped(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Entries of one photo together, each group where its latest entry stands."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.digest or f"entry {entry.id}", []).append(entry)
    return list(groups.values())


def open_again(history: History, entry: Entry) -> None:
    """Put a photo back on the page Suggest, with its hearts and edits."""
    session = visit.current()
    try:
        if not any(isinstance(card, Card) and card.entry == entry.id for card in session.cards):
            card = Card.reopen(entry, history.picture(entry.id))
            with session.lock:
                session.cards.insert(0, card)
            visit.save()
    except CaptionError as error:
        st.session_state["history-trouble"] = str(error)
        return
    st.session_state["history-notice"] = f"{entry.photo} is open again: go to Suggest."


def delete(history: History, entry: Entry) -> None:
    """Delete an entry; as long as the page stays open it can be brought back."""
    st.session_state["history-deleted"] = history.delete(entry.id)


def delete_all(history: History) -> None:
    """Every entry, and what is kept of open pages."""
    st.session_state.pop("history-deleted", None)
    history.delete_all()
    visit.store().delete_all()


def draw_undo(history: History) -> None:
    """What was deleted last can be brought back."""
    deleted = st.session_state.get("history-deleted")
    if deleted is None:
        return

    def restore() -> None:
        history.restore(deleted)
        st.session_state.pop("history-deleted", None)

    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{plain(deleted.entry.photo)} deleted.")
        st.button("Undo", icon=":material/undo:", key="history-undo", on_click=do, args=[restore])


def download(label: str, data: Callable[[], bytes], name: str, kind: str) -> None:
    """A button that downloads what was found."""
    st.download_button(f"Export as {label}", data, name, kind, icon=":material/download:", on_click="ignore")


def draw_entry(history: History, entry: Entry) -> None:
    """One entry: the photo, its description and its captions."""
    left, right = st.columns([1, 4], gap="medium")
    with left:
        st.image(entry.thumbnail, width="stretch", alt=called_a_guess(entry.description, entry.unsure))
    with right:
        when = entry.created.astimezone().strftime("%Y-%m-%d %H:%M")
        st.caption(f"{plain(entry.photo)} · {when} · {plain(entry.voice)}")
        guess = " :gray[(a guess)]" if entry.unsure else ""
        st.markdown(plain(entry.description) + guess)
        rows: list[dict[str, Any]] = [
            {"text": line.text, "favourite": line.favourite, "note": BOOK if line.book else ""}
            for line in entry.captions
        ]
        components.kept(f"kept-{entry.id}", rows, f"Captions for {entry.photo}")
        with st.container(horizontal=True):
            st.button(
                "Open again",
                icon=":material/edit_note:",
                key=f"open-{entry.id}",
                type="tertiary",
                on_click=open_again,
                args=[history, entry],
            )
            st.button(
                "Delete",
                icon=":material/delete:",
                key=f"delete-{entry.id}",
                type="tertiary",
                on_click=do,
                args=[lambda: delete(history, entry)],
            )


def draw_delete_all(history: History) -> None:
    """Everything goes, once somebody has said so twice."""
    with st.popover("Delete everything", icon=":material/delete_forever:"):
        st.markdown("Every entry, every photo in it: this cannot be undone.")
        st.button("Yes, delete everything", type="primary", on_click=do, args=[lambda: delete_all(history)])


def do(deed: Callable[[], None]) -> None:
    """Change the history; what goes wrong is said on top of the page."""
    try:
        deed()
    except HistoryError as error:
        st.session_state["history-trouble"] = str(error)
