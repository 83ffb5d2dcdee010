"""Suggest: drop photos in, get captions to choose from and edit, beside a plain description."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import streamlit as st
from PIL import Image

from app import components, loading
from app.style import plain
from caption_model.bundles.topics import known_topics
from caption_model.errors import BundleError, CaptionError, PhotoError
from caption_model.generation.options import GUIDANCE_SCALE, TEMPERATURE, GenerationOptions
from caption_model.services.cards import CAPTIONS, Card, as_csv
from caption_model.services.history import History
from caption_model.services.shared_captioner import SharedCaptioner
from caption_model.text.controls import MAX_GRAPHEMES
from datasets.folders import UPLOADS

MAP = 260  # pixels, the longer side of an attention map
ANY = "any"
TONES = {ANY: "Any", "gram": "Instagram", "funny": "Funny", "romantic": "Romantic", "tweet": "Tweet", "plain": "Plain"}
EMOJIS = {ANY: "Any", "none": "None", "some": "One or two", "many": "Many"}
LENGTHS = {ANY: "Any", "short": "Short", "medium": "Medium", "long": "Long"}
RELEVANCES = {0.0: "Pure mood", 0.6: "Loose", GUIDANCE_SCALE: "Balanced", 1.6: "Close", 2.0: "Closest"}
CREATIVITIES = {0.7: "Safe", 0.85: "Calm", 1.0: "Usual", 1.2: "Bold", 1.4: "Wild"}


@dataclass(frozen=True)
class Refused:
    """A photo that cannot be opened, and the sentence that says why."""

    error: str
    id: str


def page() -> None:
    """Draw the page."""
    st.title("What could this photo say?")
    st.markdown("Drop in photos, pick a caption, make it your own.")
    take_uploads()
    voice = loading.chosen_voice()
    options = ask_options()
    captioner = loading.captioner(voice)
    cards: list[Card | Refused] = st.session_state.get("cards", [])
    for card in cards:
        with st.container(border=True, key=f"card-{card.id}"):
            if isinstance(card, Refused):
                draw_refused(card)
            else:
                st.fragment(draw_card, key=f"fragment-{card.id}")(card, captioner, options, voice)
    draw_end(cards)


def take_uploads() -> None:
    """Draw the field to drop photos into; what was dropped becomes cards, and the field is empty again."""
    turn = st.session_state.setdefault("uploads", 0)
    uploads = st.file_uploader(
        "Photos", UPLOADS, accept_multiple_files=True, key=f"uploads-{turn}", label_visibility="collapsed"
    )
    if not uploads:
        return
    with st.spinner("Opening the photos …"):
        cards = [open_card(upload) for upload in uploads]
    st.session_state["cards"] = cards + st.session_state.get("cards", [])
    st.session_state["uploads"] = turn + 1
    st.rerun()


def open_card(upload: Any) -> Card | Refused:
    """A photo's card, or what is wrong with the photo."""
    try:
        return Card.open(upload)
    except PhotoError as error:
        return Refused(str(error), uuid4().hex)


def subjects() -> dict[str, str]:
    """What captions can be asked to name, as far as the bundled models know it."""
    try:
        known = known_topics()
    except BundleError:  # loading the captioner tells what is wrong
        known = ()
    return {ANY: "The photo"} | {name: name.capitalize() for name in known}


def ask_options() -> GenerationOptions:
    """Draw the controls."""
    with st.container(horizontal=True, key="wishes"):
        tone = choice("Tone", TONES, "gram", "Whose voice: posts, jokes, love letters or tweets.")
        emoji = choice("Emojis", EMOJIS, ANY, "How many emojis a caption has.")
        length = choice("Length", LENGTHS, ANY, "Short: at most 25 characters, medium: 50, long: 80.")
        relevance = choice(
            "Relevance", RELEVANCES, GUIDANCE_SCALE, "How closely captions keep to what the photo shows."
        )
        creativity = choice("Creativity", CREATIVITIES, 1.0, "Safe words, or daring ones that fail more often.")
        about = choice("About", subjects(), ANY, "What captions name, where the photo is misunderstood.")
    return GenerationOptions(
        n=CAPTIONS,
        tone=tone,
        emoji=emoji,
        length=length,
        subject=about,
        guidance_scale=relevance,
        temperature=TEMPERATURE * creativity,
    )


def choice(label: str, names: dict[Any, str], default: Any, help_: str) -> Any:
    """A field with a few choices, ``None`` for any; it outlasts a visit to another page."""
    chosen = st.selectbox(
        label,
        list(names),
        index=list(names).index(default),
        format_func=names.__getitem__,
        key=f"wish-{label}",
        help=help_,
        persist_state="session",
    )
    return None if chosen == ANY else chosen


def draw_refused(card: Refused) -> None:
    """A card that holds nothing but the reason."""
    st.error(plain(card.error), icon=":material/error:")
    st.button("Remove", icon=":material/close:", key=f"remove-{card.id}", type="tertiary", on_click=remove, args=[card])


def draw_card(card: Card, captioner: SharedCaptioner | None, options: GenerationOptions, voice: Path | None) -> None:
    """One photo: the picture and what is seen in it, beside the captions to choose from."""
    left, right = st.columns([2, 3], gap="medium")
    with left:
        draw_picture_again = draw_picture(card)
        described = st.skeleton(72)
    with right:
        captions = st.skeleton(460)
    if captioner is None:
        return
    name = loading.voice_name(voice)
    if card.asked != (options, name):
        act(card, lambda: card.suggest(captioner, options, name))
        draw_picture_again()
    with captions.container():
        draw_captions(card, captioner, options, name)
    with described.container():
        draw_description(card)
    if st.session_state.get(f"why-{card.id}"):
        draw_why(card, captioner)


def draw_picture(card: Card) -> Callable[[], None]:
    """The photo at its true proportions, its place kept free before it has arrived.

    Returns what draws it again: once it is described, the description is what is read out in place of it.
    """
    width, height = card.size
    with st.container(key=f"photo-{card.id}"):
        st.html(f"<style>.st-key-photo-{card.id} img {{aspect-ratio: {width} / {height}}}</style>")
        place = st.empty()

    def draw() -> None:
        place.image(card.picture, width="stretch", alt=card.description or f"The photo {card.name}")

    draw()
    return draw


def draw_description(card: Card) -> None:
    """The plain sentence, and how sure it is."""
    guess = " :gray[(a guess)]" if card.unsure else ""
    st.markdown(f"**In plain words**  \n{plain(card.description)}{guess}")
    with st.container(horizontal=True, vertical_alignment="center"):
        components.copy(f"alt-{card.id}", card.description, "Copy as alt text")
        st.caption(plain(card.name))


def draw_captions(card: Card, captioner: SharedCaptioner, options: GenerationOptions, voice: str) -> None:
    """The captions, and what can be done with all of them."""
    st.markdown("**As a post**")
    components.captions(
        f"captions-{card.id}",
        card.rows(),
        MAX_GRAPHEMES,
        f"Captions for {card.name}",
        on_edit=lambda rows: act(card, lambda: card.edit(rows)),
        on_more=lambda id_: act(card, lambda: card.more_like(captioner, id_, options)),
    )
    if len(card.lines) < CAPTIONS:
        st.info(f"Only {len(card.lines)} of {CAPTIONS} passed the filters: press Again.", icon=":material/filter_alt:")
    if trouble := st.session_state.get(f"trouble-{card.id}"):
        st.warning(plain(trouble), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Again",
            icon=":material/casino:",
            key=f"again-{card.id}",
            type="primary",
            help="Other captions; favourites and what you edited stay.",
            disabled=sum(line.kept for line in card.lines) == CAPTIONS,
            on_click=act,
            args=[card, partial(card.suggest, captioner, options, voice)],
        )
        st.toggle("Why?", key=f"why-{card.id}", help="What the eye saw, and where each word of the description looked.")
        st.space("stretch")
        if st.button("Remove", icon=":material/close:", key=f"remove-{card.id}", type="tertiary"):
            remove(card)
            st.rerun()


def draw_why(card: Card, captioner: SharedCaptioner) -> None:
    """Where the description looked, a picture a word."""
    if card.seen is None:
        return
    if card.seen.classes:
        st.markdown("**The eye saw** " + ", ".join(f"{plain(name)} {share:.0%}" for name, share in card.seen.classes))
    with Image.open(io.BytesIO(card.picture)) as picture:
        picture.thumbnail((MAP, MAP))
        looked = captioner.attention(card.seen, picture)
    with st.container(horizontal=True):
        for word, bright in looked:
            st.image(bright, caption=plain(word), width=MAP // 2, alt=f"Where “{word}” looked")


def act(card: Card, deed: Any) -> None:
    """Do something to a card and keep the result in the history; what goes wrong is said on the card."""
    trouble = ""
    card.edit(components.standing(f"captions-{card.id}"))  # a click may come together with the words typed before it
    try:
        deed()
        card.remember(History())
    except CaptionError as error:
        trouble = str(error)
    st.session_state[f"trouble-{card.id}"] = trouble


def remove(card: Card | Refused) -> None:
    """Take a card from the page; the history keeps what it has."""
    st.session_state["cards"] = [other for other in st.session_state["cards"] if other is not card]


def draw_end(cards: list[Card | Refused]) -> None:
    """What is below the cards."""
    done = [card for card in cards if isinstance(card, Card) and card.lines]
    if not done:
        return
    with st.container(horizontal=True):
        st.download_button(
            "Download all as CSV",
            lambda: as_csv(done),
            "captions.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        if st.button("Remove all", icon=":material/close:", type="tertiary"):
            st.session_state["cards"] = []
            st.rerun()
