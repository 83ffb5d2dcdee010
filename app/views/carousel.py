"""A carousel: the page's photos as one post, to be put in order, captioned as a whole and taken away."""

import base64
from collections.abc import Sequence

import streamlit as st

from app import components, visit
from app.style import plain
from caption_model.errors import CaptionError
from caption_model.generation.options import GenerationOptions
from caption_model.services.cards import Card
from caption_model.services.carousel import MOST, Carousel, as_text, as_zip, chosen
from caption_model.services.shared_captioner import SharedCaptioner
from caption_model.services.thumbnails import smaller
from caption_model.text.controls import MAX_GRAPHEMES

TILE = 320  # pixels, the longer side of a slide's picture
KEY = "carousel-captions"
SHOWN = "slides-shown"  # what the slides said when they were drawn last


@st.fragment
def draw_carousel(cards: Sequence[Card], captioner: SharedCaptioner, options: GenerationOptions) -> None:
    """The slides in their order, one caption for all, and what takes them away."""
    carousel = visit.current().carousel
    with st.expander(f"Carousel: {len(cards)} photos as one post", icon=":material/view_carousel:", key="carousel"):
        slides = carousel.slides(cards)
        st.session_state[SHOWN] = {card.id: chosen(card.lines) for card in slides}
        st.caption("Drag the photos into their order. Each shows its favourite, or else its first caption.")
        if len(slides) > MOST:
            st.warning(f"Instagram takes {MOST} photos a post: there are {len(slides)}.", icon=":material/info:")
        components.slides("slides", [_slide(card) for card in slides], "The slides in their order", on_order=put)
        draw_joint(carousel, slides, captioner, options)
        with st.container(horizontal=True):
            components.copy("copy-carousel", as_text(slides, carousel.caption), "Copy all")
            st.download_button(
                "Download the carousel",
                lambda: as_zip(slides, carousel.caption),
                "carousel.zip",
                "application/zip",
                icon=":material/download:",
                on_click="ignore",
            )
    visit.save()


def draw_joint(
    carousel: Carousel, slides: Sequence[Card], captioner: SharedCaptioner, options: GenerationOptions
) -> None:
    """Captions for all the photos together."""
    st.markdown("**One caption for all**")
    if carousel.lines:
        components.captions(
            KEY,
            carousel.rows(),
            MAX_GRAPHEMES,
            "Captions for the carousel",
            visit.tab(),
            {},
            on_edit=lambda rows: carousel.edit(rows, visit.tab()),
            on_rewrite=lambda id_, how: None,
        )
    if trouble := st.session_state.pop("carousel-trouble", ""):
        st.warning(plain(trouble), icon=":material/error:")
    st.button(
        "More ideas for all" if carousel.lines else "Write one caption for all",
        icon=":material/casino:",
        key="joint",
        help="From the mean of what is seen in the photos. Favourites and what you edited stay.",
        on_click=write,
        args=[carousel, slides, captioner, options],
    )


def write(carousel: Carousel, slides: Sequence[Card], captioner: SharedCaptioner, options: GenerationOptions) -> None:
    """Write captions for all the photos; what goes wrong is said above the button."""
    with visit.current().lock:
        carousel.edit(components.standing(KEY), visit.tab())
        try:
            carousel.suggest(captioner, slides, options)
        except CaptionError as error:
            st.session_state["carousel-trouble"] = str(error)


def freshen(card: Card) -> None:
    """Draw the page anew where a card has another caption now than its slide says."""
    shown = st.session_state.get(SHOWN, {})
    if shown.get(card.id, chosen(card.lines)) != chosen(card.lines):
        st.session_state.pop(SHOWN)
        st.rerun()


def put(order: list[str]) -> None:
    """Take over the order of the slides."""
    visit.current().carousel.order = [str(id_) for id_ in order]


def _slide(card: Card) -> dict[str, str]:
    picture = base64.b64encode(smaller(card.picture, TILE)).decode()
    return {
        "id": card.id,
        "name": card.name,
        "text": chosen(card.lines),
        "alt": card.alt_text,
        "picture": f"data:image/jpeg;base64,{picture}",
    }
