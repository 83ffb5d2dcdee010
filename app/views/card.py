"""One photo's card: the picture and what is seen in it, beside the captions to choose from."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from PIL import Image

from app import components, controls, loading, visit
from app.style import plain
from app.views import carousel
from caption_model.errors import CaptionError
from caption_model.generation.options import GenerationOptions
from caption_model.services.cards import CAPTIONS, Card
from caption_model.services.history import History
from caption_model.services.post import FOLD, hashtags, post_of
from caption_model.services.rewriting import NAMES
from caption_model.services.sessions import Refused
from caption_model.services.shared_captioner import SharedCaptioner
from caption_model.text.controls import MAX_GRAPHEMES

MAP = 260  # pixels, the longer side of an attention map
MORE_LIKE = "more"
BOOK_HEIGHT = 150  # pixels that the caption book takes
BOOK_HELP = "Ready captions, written for this project, that fit what is seen. The models did not write them."
REWRITES: dict[str, str] = {**{str(how): label for how, label in NAMES.items()}, MORE_LIKE: "More like this"}


def draw_refused(card: Refused) -> None:
    """A card that holds nothing but the reason."""
    st.error(plain(card.error), icon=":material/error:")
    st.button("Remove", icon=":material/close:", key=f"remove-{card.id}", type="tertiary", on_click=remove, args=[card])


def draw_card(card: Card, captioner: SharedCaptioner | None, default: GenerationOptions, voice: Path | None) -> None:
    """One photo: the picture and what is seen in it, beside the captions to choose from."""
    left, right = st.columns([2, 3], gap="medium")
    # What stands already is drawn in its place and not put into an emptied one: a browser would for a moment show
    # nothing there, and whoever has the focus would lose it.
    stands, told = bool(card.lines), bool(card.description)
    with left:
        draw_picture_again = draw_picture(card)
        described = st.container() if told else st.skeleton(72)
    with right:
        captions = st.container() if stands else st.empty()
    if captioner is None:
        with captions if stands else captions.container():
            draw_waiting(card)
        if told:
            with described:
                draw_description(card)
        return
    with right, st.expander("Options of this photo", icon=":material/tune:", expanded=False):
        controls.ask_own(card)
    options, name = controls.options_for(card, default), loading.voice_name(voice)
    if card.asked != (options, name):
        if not card.lines:
            captions.skeleton(460)
        if card.asked is None and card.lines:  # opened again: what stands there was asked for before
            card.asked = options, name
        else:
            act(card, lambda: card.suggest(captioner, options, name))
        draw_picture_again()
    with captions if stands else captions.container():
        draw_captions(card, captioner, options, name)
    with described if told else described.container():
        draw_description(card)
    with right:
        draw_book(card, captioner, options)
    if st.session_state.get(f"why-{card.id}"):
        draw_why(card, captioner)
    visit.save()
    carousel.freshen(card)


def draw_waiting(card: Card) -> None:
    """The captions of a card while nobody is there to write others."""
    if not card.lines:
        st.skeleton(460)
    for line in card.lines:
        st.markdown(plain(line.text))


def draw_picture(card: Card) -> Callable[[], None]:
    """The photo at its true proportions, its place kept free before it has arrived.

    Returns what draws it again: once it is described, the description is what is read out in place of it.
    """
    width, height = card.size
    with st.container(key=f"photo-{card.id}"):
        st.html(f"<style>.st-key-photo-{card.id} img {{aspect-ratio: {width} / {height}}}</style>")
        place = st.empty()

    def draw() -> None:
        place.image(card.picture, width="stretch", alt=card.alt_text or f"The photo {card.name}")

    draw()
    return draw


def draw_description(card: Card) -> None:
    """The plain sentence, and how sure it is."""
    guess = " :gray[(a guess)]" if card.unsure else ""
    st.markdown(f"**Description**  \n{plain(card.description)}{guess}")
    with st.container(horizontal=True, vertical_alignment="center"):
        components.copy(f"alt-{card.id}", card.alt_text, "Copy as alt text")
        st.caption(plain(card.name))


def draw_captions(card: Card, captioner: SharedCaptioner, options: GenerationOptions, voice: str) -> None:
    """The captions, and what can be done with all of them."""
    st.markdown("**Captions**")
    components.captions(
        f"captions-{card.id}",
        card.rows(),
        MAX_GRAPHEMES,
        f"Captions for {card.name}",
        visit.tab(),
        REWRITES,
        on_edit=lambda rows: act(card, lambda: card.edit(rows, visit.tab())),
        on_rewrite=lambda id_, how: act(card, lambda: rewrite(card, captioner, id_, how, options)),
    )
    if len(card.generated) < CAPTIONS:
        sentence = f"Only {len(card.generated)} of {CAPTIONS} passed the filters: press More ideas."
        st.info(sentence, icon=":material/filter_alt:")
    if trouble := st.session_state.get(f"trouble-{card.id}"):
        st.warning(plain(trouble), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "More ideas",
            icon=":material/casino:",
            key=f"again-{card.id}",
            type="primary",
            help="Other captions; favourites and what you edited stay.",
            disabled=sum(line.kept for line in card.generated) >= CAPTIONS,
            on_click=act,
            args=[card, partial(card.suggest, captioner, options, voice)],
        )
        st.button(
            "Undo",
            icon=":material/undo:",
            key=f"undo-{card.id}",
            help="Take the latest change back.",
            disabled=not card.can_undo,
            on_click=act,
            args=[card, card.undo],
        )
        st.toggle("Why?", key=f"why-{card.id}", help="What the eye saw, and where each word of the description looked.")
        st.toggle("Post", key=f"post-{card.id}", help="The post as it will look, and a line of hashtags.")
        st.space("stretch")
        if st.button("Remove", icon=":material/close:", key=f"remove-{card.id}", type="tertiary"):
            remove(card)
            st.rerun()
    if st.session_state.get(f"post-{card.id}"):
        draw_post(card)


def draw_book(card: Card, captioner: SharedCaptioner, options: GenerationOptions) -> None:
    """Ready captions, below those that were written for this photo and never among them."""
    place: Any = st
    if card.book is None:
        place = st.empty()
        place.skeleton(BOOK_HEIGHT)
        try:
            card.open_book(captioner, options)
        except CaptionError as error:
            place.caption(f":material/info: {plain(str(error))}")
            return
    if not card.book:
        place.caption("From the caption book: nothing fits.")
        return
    taken = {line.written for line in card.lines if line.book}
    rows = [{"text": text, "favourite": False, "taken": text in taken} for text in card.book]
    with place.container(gap="xxsmall", key=f"book-{card.id}"):
        st.markdown("**From the caption book**", help=BOOK_HELP)
        components.kept(
            f"ready-{card.id}",
            rows,
            f"From the caption book, for {card.name}",
            on_take=lambda text: act(card, lambda: card.take_from_book(text)),
        )


def draw_post(card: Card) -> None:
    """The post as it will look: the first favourite or caption, hashtags if they are wanted, the alt text beside."""
    tags = hashtags(card.topics)
    with st.container(border=True, key=f"preview-{card.id}"):
        wanted = st.toggle("Hashtags", key=f"tags-{card.id}", disabled=not tags, help="From what is seen in the photo.")
        text = post_of(card, tags if wanted else [])
        st.markdown(plain(text[:FOLD]).replace("\n", "  \n") + (" :gray[… more]" if len(text) > FOLD else ""))
        st.caption(f"Alt text: {plain(card.alt_text)}")
        components.copy(f"copy-post-{card.id}", text, "Copy the post")


def draw_why(card: Card, captioner: SharedCaptioner) -> None:
    """Where the description looked, a picture a word."""
    seen = card.look(captioner)
    if seen.classes:
        st.markdown("**The eye saw** " + ", ".join(f"{plain(name)} {share:.0%}" for name, share in seen.classes))
    with Image.open(io.BytesIO(card.picture)) as picture:
        picture.thumbnail((MAP, MAP))
        looked = captioner.attention(seen, picture)
    with st.container(horizontal=True):
        for word, bright in looked:
            st.image(bright, caption=plain(word), width=MAP // 2, alt=f"Where “{word}” looked")


def rewrite(card: Card, captioner: SharedCaptioner, id_: str, how: str, options: GenerationOptions) -> None:
    """Change one caption a little, or all others after it."""
    if how == MORE_LIKE:
        card.more_like(captioner, id_, options)
        return
    known = next((name for name in NAMES if name == how), None)
    if known is not None and not card.rewrite(captioner, id_, known, options):
        raise CaptionError(f"“{NAMES[known]}” finds nothing for this caption: edit it, or try another.")


def act(card: Card, deed: Callable[[], Any]) -> None:
    """Do something to a card and keep the result in the history; what goes wrong is said on the card."""
    trouble = ""
    with visit.current().lock:
        # A click may come together with the words typed before it.
        card.edit(components.standing(f"captions-{card.id}"), visit.tab())
        try:
            deed()
        except CaptionError as error:
            trouble = str(error)
        try:
            card.remember(History())
        except CaptionError as error:
            trouble = trouble or str(error)
    st.session_state[f"trouble-{card.id}"] = trouble


def remove(card: Card | Refused) -> None:
    """Take a card from the page; the history keeps what it has."""
    visit.current().remove(card)
