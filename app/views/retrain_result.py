"""What Retrain shows of posts, of a training and of a voice."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from app import loading
from app.style import plain
from caption_model.background.retraining import Point, Stand
from caption_model.background.voice_requests import VoiceRequest
from caption_model.errors import CaptionError
from caption_model.photos import open_for_display, open_photo
from caption_model.wishes import Wishes

SAMPLE = Path(__file__).resolve().parent.parent.parent / "datasets" / "sample" / "photos" / "cat.jpg"
SHOWN, SEED = 3, 7  # captions on each side of a comparison
LANGUAGES = 6


def draw_found(found: dict[str, Any]) -> None:
    """What a dump holds, and the cleaning report with examples."""
    cleaning = found["cleaning"]
    with st.container(horizontal=True):
        st.metric("Posts", f"{found['posts']:,}", border=True)
        st.metric("With a photo", f"{found['with_photo']:,}", border=True)
        st.metric("With emojis", f"{found['emoji_rate']:.0%}", border=True)
        st.metric("Left after cleaning", f"{cleaning['kept']:,}", border=True)
    facts = [f"Format: {plain(found['format'])}."]
    if found["languages"]:
        most = list(found["languages"].items())[:LANGUAGES]
        facts.append("Languages: " + ", ".join(f"{plain(name)} {count:,}" for name, count in most) + ".")
    if found["skipped"]:
        left_out = ", ".join(f"{count:,} × {plain(reason)}" for reason, count in found["skipped"].items())
        facts.append(f"Left out while reading: {left_out}.")
    st.caption(" ".join(facts))
    with st.expander("What cleaning does to the captions"):
        draw_cleaning(cleaning)


def draw_cleaning(cleaning: dict[str, Any]) -> None:
    """The rules that had something to do, with captions before and after."""
    for title, kind in (("Changed", "edited"), ("Dropped", "dropped")):
        if not cleaning[kind]:
            continue
        st.markdown(f"**{title}**")
        lines = []
        for rule, count in cleaning[kind].items():
            for place, (before, after) in enumerate(cleaning["examples"].get(rule, [])[:2]):
                head = {"Rule": rule.replace("_", " "), "Captions": f"{count:,}"} if not place else {}
                lines.append(
                    {"Rule": "", "Captions": "", **head, "Before": before, **({"After": after} if after else {})}
                )
        st.dataframe(lines, hide_index=True, row_height=52)


def draw_curve(stand: Stand) -> None:
    """Bits a symbol over the minutes of learning: of the posts that are learnt, and of those held out."""
    if len(stand.posts) + len(stand.judged) < 2:
        return
    lines = _lines("posts it learns", stand.posts) + _lines("posts held out", stand.judged)
    st.line_chart(
        lines, x="minutes", y="bits a symbol", color="on", height=260, alt="Loss over the minutes of learning"
    )


def _lines(name: str, points: tuple[Point, ...]) -> list[dict[str, Any]]:
    return [{"minutes": point.seconds / 60, "bits a symbol": point.bits, "on": name} for point in points]


def draw_made(request: VoiceRequest, stand: Stand) -> None:
    """A voice that is made: what it gained, what it cost, and how it sounds."""
    facts = stand.facts or {}
    st.success(f"The voice {plain(request.name)} is made: pick it beside any page.", icon=":material/check_circle:")
    with st.container(horizontal=True):
        draw_change(
            "Your posts, held out", "bits", facts, "How surprised it is by posts it has never seen. Less is better."
        )
        draw_change("What it said before", "kept", facts, "How much of the old language was lost. About 2 % is meant.")
    draw_curve(stand)
    draw_suggestions(facts.get("suggestions", []))
    draw_comparison(request)


def draw_change(title: str, name: str, facts: dict[str, Any], help_: str) -> None:
    """A measure before and after."""
    if before := facts.get(f"{name}_before"):
        change = f"{facts[name] / before - 1:+.1%}"
        st.metric(title, f"{facts[name]:.2f} bits", change, delta_color="inverse", border=True, help=help_)


def draw_suggestions(suggestions: list[dict[str, Any]]) -> None:
    """What was suggested for photos of the posts before, and is now."""
    for shown in suggestions:
        st.markdown(f"**{plain(shown['photo'])}**")
        draw_sides(shown["before"], shown["after"])


def draw_sides(before: Sequence[str], after: Sequence[str]) -> None:
    """Captions of the bundled voice beside those of the new one."""
    for column, title, captions in zip(st.columns(2), ("Bundled", "Yours"), (before, after), strict=True):
        with column.container(border=True):
            st.caption(title)
            for caption in captions:
                st.markdown(plain(caption))


def draw_comparison(request: VoiceRequest) -> None:
    """Both voices on the same photo, the user's or one of the sample."""
    st.markdown("**Both voices on the same photo**")
    upload = st.file_uploader("A photo to compare them on", ["image", "heic", "heif"], key="retrain-photo")
    photo: Any = upload or SAMPLE
    after = loading.captioner(request.bundle)
    if after is None:
        return
    before = loading.request().result()
    try:
        picture, pixels = open_for_display(photo, 480), open_photo(photo)
    except CaptionError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    left, right = st.columns([1, 3])
    left.image(picture, alt="The photo that both voices are asked about")
    with right:
        draw_sides(*(voice.caption(pixels, SHOWN, SEED, Wishes()).social for voice in (before, after)))
