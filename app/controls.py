"""What can be asked of captions: a default for the page, and of one photo what differs from it."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from app.style import plain
from caption_model.bundles.topics import known_topics
from caption_model.errors import BundleError
from caption_model.generation.options import GUIDANCE_SCALE, LONGEST_BEGINNING, TEMPERATURE, GenerationOptions
from caption_model.services.cards import CAPTIONS, Card
from caption_model.text.topic_search import find_topic

ANY = "any"
PAGE = "page"  # what the page's default says
TONES = {"gram": "Default", "playful": "Playful", "warm": "Warm", "minimal": "Minimal"}
EMOJIS = {ANY: "Any", "none": "None", "some": "One or two", "many": "Many"}
LENGTHS = {ANY: "Any", "short": "Short", "medium": "Medium", "long": "Long"}
RELEVANCES = {0.0: "Pure mood", 0.6: "Loose", GUIDANCE_SCALE: "Balanced", 1.6: "Close", 2.0: "Closest"}
CREATIVITIES = {0.7: "Safe", 0.85: "Calm", 1.0: "Default", 1.2: "Bold", 1.4: "Wild"}
PEOPLE = {"male": "A man", "female": "A woman", "man": "A man", "woman": "A woman"}
TONE_HELP = "How captions sound."
EMOJI_HELP = "How many emojis a caption has."
LENGTH_HELP = "Short: at most 25 characters, medium: 50, long: 80."
BEGINNING = "Starts with…"
BEGINNING_HELP = f"How captions begin, kept letter by letter; at most {LONGEST_BEGINNING} characters."
OWN = {"tone": ("Tone", TONES), "emoji": ("Emojis", EMOJIS), "length": ("Length", LENGTHS)}


def ask_default(key: str = "wish") -> GenerationOptions:
    """Draw the page's controls; they outlast a visit to another page."""
    with st.container(horizontal=True, key=f"{key}es"):
        tone = choice(key, "Tone", TONES, "gram", TONE_HELP)
        emoji = choice(key, "Emojis", EMOJIS, ANY, EMOJI_HELP)
        length = choice(key, "Length", LENGTHS, ANY, LENGTH_HELP)
        relevance = choice(
            key, "Relevance", RELEVANCES, GUIDANCE_SCALE, "How closely captions keep to what the photo shows."
        )
        creativity = choice(key, "Creativity", CREATIVITIES, 1.0, "Safe words, or daring ones that fail more often.")
        typed = st.text_input(
            BEGINNING,
            key=f"{key}-beginning",
            placeholder="Finally",
            help=BEGINNING_HELP,
            persist_state="session",
        )
    return GenerationOptions(
        n=CAPTIONS,
        tone=tone,
        emoji=emoji,
        length=length,
        guidance_scale=relevance,
        temperature=TEMPERATURE * creativity,
        starts_with=checked_beginning(typed),
    )


def checked_beginning(typed: str) -> str:
    """A beginning that captions can have; of one that they cannot have, the reason is drawn and nothing is left."""
    try:
        return GenerationOptions(starts_with=typed if typed.strip() else "").starts_with
    except ValueError as error:
        reason = str(error).removeprefix("starts_with ")
        st.caption(f":material/info: The beginning {plain(reason)}.")
        return ""


def choice(key: str, label: str, names: dict[Any, str], default: Any, help_: str) -> Any:
    """A field with a few choices, ``None`` for any."""
    name = f"{key}-{label}"
    if st.session_state.get(name) not in names:  # none yet, or one of another version
        st.session_state[name] = default
    chosen = st.selectbox(
        label,
        list(names),
        format_func=names.__getitem__,
        key=name,
        help=help_,
        persist_state="session",
    )
    return None if chosen == ANY else chosen


def subjects() -> dict[str, str]:
    """What captions can be asked to name, as far as the bundled models know it."""
    try:
        known = known_topics()
    except BundleError:  # loading the captioner tells what is wrong
        known = ()
    return {ANY: "The photo"} | {name: PEOPLE.get(name, name.capitalize()) for name in known}


def ask_own(card: Card) -> None:
    """Draw one photo's own controls, and put them into its ``wishes``."""
    wishes: dict[str, Any] = {}
    with st.container(horizontal=True, key=f"own-{card.id}"):
        for name, (label, names) in OWN.items():
            offered = {PAGE: "As above"} | names
            chosen = _own_choice(card, name, label, offered)
            if chosen != PAGE:
                wishes[name] = chosen
        if subject := _own_subject(card):
            wishes["subject"] = subject
        typed = st.text_input(
            BEGINNING,
            card.wishes.get("starts_with", ""),
            key=f"own-beginning-{card.id}",
            placeholder="As above",
            help=BEGINNING_HELP,
            width=220,
        )
        if beginning := checked_beginning(typed):
            wishes["starts_with"] = beginning
    card.wishes = wishes


def _own_choice(card: Card, name: str, label: str, offered: dict[str, str]) -> str:
    standing = card.wishes.get(name, PAGE)
    index = list(offered).index(standing) if standing in offered else 0
    return str(
        st.selectbox(
            label, list(offered), index=index, format_func=offered.__getitem__, key=f"own-{name}-{card.id}", width=150
        )
    )


def _own_subject(card: Card) -> str | None:
    """A subject of the list, or one that was typed and means one of the list."""
    offered = subjects()
    standing = card.wishes.get("subject", ANY)
    chosen = st.selectbox(
        "Subject",
        list(offered),
        index=list(offered).index(standing) if standing in offered else 0,
        format_func=lambda name: offered.get(name, name),
        key=f"own-subject-{card.id}",
        accept_new_options=True,
        help="What captions name, where the photo is misunderstood. Type a word of your own, such as puppy.",
        width=180,
    )
    if chosen is None or chosen == ANY:
        return None
    if chosen in offered:
        return str(chosen)
    meant = meant_by(chosen)
    if meant is None:
        st.caption(f":material/info: The models know no subject “{plain(chosen)}”: pick one of the list.")
    return meant


def meant_by(words: str) -> str | None:
    """The subject that free words mean, if the models know it."""
    return find_topic(words, [name for name in subjects() if name != ANY])


def options_for(card: Card, default: GenerationOptions) -> GenerationOptions:
    """What is asked of one photo: the page's default, and what it wants otherwise."""
    return merged(default, card.wishes)


def merged(default: GenerationOptions, wishes: Mapping[str, Any]) -> GenerationOptions:
    """Options in which some values are others; ``any`` leaves one open, and what is unknown is passed over."""
    values = {**vars(default), **{name: None if value == ANY else value for name, value in wishes.items()}}
    try:
        return GenerationOptions(**values)
    except (TypeError, ValueError):  # a wish of another version
        return default
