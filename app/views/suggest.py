"""Suggest: drop photos in, get captions to choose from and edit, beside a plain description."""

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any
from uuid import uuid4

import streamlit as st

from app import components, controls, loading, visit
from app.uploads import release
from app.views import card as cards
from app.views.carousel import draw_carousel
from caption_model.errors import PhotoError
from caption_model.generation.options import GenerationOptions
from caption_model.services.cards import Card, as_csv
from caption_model.services.sessions import Refused
from caption_model.services.shared_captioner import SharedCaptioner
from datasets.folders import UPLOADS

# One photo is opened at a time, whoever sent it: a large one takes hundreds of megabytes while it is decoded, and one
# thread keeps that memory for the next photo.
OPENER = ThreadPoolExecutor(1, "photos")


def page() -> None:
    """Draw the page."""
    st.title("What could this photo say?")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Drop in photos or paste them, pick a caption, make it your own.", width="stretch")
        components.habits("habits")
    take_uploads()
    session = visit.current()
    voice = loading.chosen_voice()
    with st.expander("Options", icon=":material/tune:", key="options", expanded=False):
        default = controls.ask_default()
    captioner = loading.captioner(voice)
    draw_undo()
    for card in list(session.cards):
        with st.container(border=True, key=f"card-{card.id}"):
            if isinstance(card, Refused):
                cards.draw_refused(card)
            else:
                st.fragment(cards.draw_card, key=f"fragment-{card.id}")(card, captioner, default, voice)
    draw_end(session.cards, captioner, default)


def take_uploads() -> None:
    """Draw the field to drop photos into; what was dropped becomes cards, also while others are on their way."""
    with st.container(key="drop"):
        uploads = st.file_uploader(
            "Photos", UPLOADS, accept_multiple_files=True, key="uploads", label_visibility="collapsed"
        )
    taken: set[str] = st.session_state.setdefault("taken", set())
    # Another drop starts a run while this one is still at work: they take turns, so that each photo is opened once.
    turn: Lock = st.session_state.setdefault("turn", Lock())
    new = [upload for upload in uploads or [] if upload.file_id not in taken]
    if not new:
        return
    session = visit.current()
    with st.spinner("Opening the photos …"):
        for place, upload in enumerate(new):
            with turn:
                if upload.file_id in taken:
                    continue
                opened = OPENER.submit(open_card, upload).result()
                # At once: another drop may end this run at the next thing that is drawn, and the next one goes on here.
                with session.lock:
                    session.cards.insert(place, opened)
                taken.add(upload.file_id)
                release(upload)
    visit.save()


def open_card(upload: Any) -> Card | Refused:
    """A photo's card, or what is wrong with the photo."""
    try:
        return Card.open(upload)
    except PhotoError as error:
        return Refused(str(error), uuid4().hex)


def draw_undo() -> None:
    """What was removed last can be brought back."""
    session = visit.current()
    if not session.removed:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="removed"):
        many = len(session.removed)
        st.caption(f"{many} photo{'' if many == 1 else 's'} removed.")
        st.button("Undo", icon=":material/undo:", key="undo-remove", on_click=session.undo_remove)


def draw_end(all_cards: list[Card | Refused], captioner: SharedCaptioner | None, default: GenerationOptions) -> None:
    """What is below the cards."""
    done = [card for card in all_cards if isinstance(card, Card) and card.lines]
    if not done:
        return
    if captioner is not None and len(done) > 1:
        draw_carousel(done, captioner, default)
    with st.container(horizontal=True):
        st.download_button(
            "Download all as CSV",
            lambda: as_csv(done),
            "captions.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        components.copy(
            "copy-all", "\n\n".join(card.lines[0].text for card in reversed(done)), "Copy the first of each"
        )
        if st.button("Remove all", icon=":material/close:", type="tertiary"):
            visit.current().remove(*all_cards)
            st.rerun()
