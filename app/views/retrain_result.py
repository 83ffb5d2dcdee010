"""What Retrain shows of posts, of a training and of a voice."""

from collections.abc import Sequence
from typing import Any, Literal

import streamlit as st

from app import loading
from app.style import plain
from caption_model.errors import CaptionError
from caption_model.generation.options import GenerationOptions
from caption_model.services.training_job import Point, TrainingStatus
from caption_model.services.voice_requests import VoiceRequest
from caption_model.vision.photos import open_for_display, open_photo
from datasets import SAMPLE_PHOTOS
from datasets.folders import UPLOADS

SAMPLE = SAMPLE_PHOTOS / "cat.jpg"
SHOWN, SEED = 3, 7  # captions on each side of a comparison
LANGUAGES = 6
EXAMPLES = 2  # of a rule
NO_CHANGE = 0.0005
FEW = 200  # posts, under which little can be learnt
CLOSER = ((0.15, "much closer"), (0.05, "closer"), (0.01, "a little closer"))  # from which gain on
LEARNT, HELD_OUT = "posts it learns", "posts held out"
COLUMNS = {
    "Rule": st.column_config.TextColumn(width=110),
    "Captions": st.column_config.TextColumn(width=70),
    "Before": st.column_config.TextColumn(width=255),
    "After": st.column_config.TextColumn(width=255),
}


def draw_found(found: dict[str, Any]) -> None:
    """What a dump holds, and the cleaning report with examples."""
    cleaning = found["cleaning"]
    with st.container(horizontal=True):
        st.metric("Posts", f"{found['posts']:,}", border=True)
        st.metric("With a photo", f"{found['with_photo']:,}", border=True)
        st.metric("With emojis", f"{found['emoji_rate']:.0%}", border=True)
        st.metric("Left after cleaning", f"{cleaning['kept']:,}", border=True)
    if cleaning["kept"] < FEW:
        st.warning(
            f"Only {cleaning['kept']:,} posts are left after cleaning: with fewer than {FEW} a voice changes little. "
            "Bring more if you can.",
            icon=":material/info:",
        )
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
        lines = [
            line
            for rule, count in cleaning[kind].items()
            for line in example_lines(rule, count, cleaning["examples"].get(rule, []))
        ]
        if lines:
            st.markdown(f"**{title}**")
            st.dataframe(lines, column_config=COLUMNS, hide_index=True, row_height=72)


def example_lines(rule: str, count: int, examples: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """A rule's lines of the table: the first one tells of it, each has an example in which something is to be seen."""
    shown = [[_one_line(text) for text in pair] for pair in examples]
    shown = [pair for pair in shown if pair[0] != pair[1]][:EXAMPLES] or [["", ""]]
    lines = [{"Rule": "", "Captions": "", "Before": before, "After": after} for before, after in shown]
    lines[0] |= {"Rule": rule.replace("_", " "), "Captions": f"{count:,}"}
    return lines


def _one_line(text: str) -> str:
    return " ↵ ".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def draw_curve(status: TrainingStatus) -> None:
    """Bits a symbol over the minutes of learning: of the posts that are learnt, and of those held out."""
    if len(status.posts) + len(status.judged) < 2:
        return
    import altair as alt

    lines = _lines(LEARNT, status.posts) + _lines(HELD_OUT, status.judged)
    colours = alt.Scale(domain=[LEARNT, HELD_OUT], range=["#9a8f9d", "#d0417a"])
    chart = (
        alt.Chart(alt.Data(values=lines), height=260)
        .mark_line(point=True)
        .encode(
            x=alt.X("minutes:Q", title="minutes of learning", scale=alt.Scale(zero=False)),
            y=alt.Y("bits:Q", title="bits a symbol", scale=alt.Scale(zero=False)),
            color=alt.Color("of:N", title=None, scale=colours, legend=alt.Legend(orient="top")),
        )
    )
    st.altair_chart(chart, alt="Loss while it learns: less is better")


def _lines(name: str, points: tuple[Point, ...]) -> list[dict[str, Any]]:
    return [{"minutes": point.seconds / 60, "bits": point.bits, "of": name} for point in points]


def draw_made(request: VoiceRequest, status: TrainingStatus) -> None:
    """A voice that is made: what it gained, what it cost, and how it sounds."""
    facts = status.facts or {}
    st.success(f"The voice {plain(request.name)} is made.", icon=":material/check_circle:")
    st.button(
        "Use this voice", type="primary", icon=":material/edit_note:", key="retrain-use", on_click=use,
        args=[request], disabled=loading.chosen_voice() == request.bundle,
    )  # fmt: skip
    st.markdown(f"**{in_words(facts)}**")
    with st.expander("Details"):
        with st.container(horizontal=True):
            help_ = "How surprised it is by posts it has never seen. Less is better."
            draw_change("Your posts, held out", "bits", facts, help_)
            help_ = "How much of the old language was lost. About 2 % is meant."
            draw_change("What it said before", "kept", facts, help_)
        draw_curve(status)
    draw_suggestions(facts.get("suggestions", []))
    draw_comparison(request)


def in_words(facts: dict[str, Any]) -> str:
    """What was gained, as a person says it."""
    before = facts.get("bits_before")
    gain = 1 - facts["bits"] / before if before else 0.0
    for least, words in CLOSER:
        if gain >= least:
            return f"Your voice: {words}, {gain:.0%} better at your captions."
    return "Nothing was learnt: bring more posts."


def use(request: VoiceRequest) -> None:
    """Pick a voice, as its picker would."""
    st.session_state["voice"] = str(request.bundle)


def draw_change(title: str, name: str, facts: dict[str, Any], help_: str) -> None:
    """A measure before and after."""
    if before := facts.get(f"{name}_before"):
        change = facts[name] / before - 1
        colour: Literal["off", "inverse"] = "off" if abs(change) < NO_CHANGE else "inverse"
        st.metric(title, f"{facts[name]:.2f} bits", f"{change:+.1%}", delta_color=colour, border=True, help=help_)


def draw_suggestions(suggestions: list[dict[str, Any]]) -> None:
    """What was suggested for photos of the posts before, and is now."""
    for shown in suggestions:
        st.markdown(f"**{plain(shown['photo'])}**")
        draw_sides(shown["before"], shown["after"])


def draw_sides(before: Sequence[str], after: Sequence[str]) -> None:
    """Captions of the bundled voice beside those of the new one."""
    for column, title, captions in zip(st.columns(2), ("Default", "Yours"), (before, after), strict=True):
        with column.container(border=True):
            st.caption(title)
            for caption in captions:
                st.markdown(plain(caption))


def draw_comparison(request: VoiceRequest) -> None:
    """Both voices on the same photo, the user's or one of the sample."""
    st.markdown("**Both voices on the same photo**")
    upload = st.file_uploader("A photo to compare them on", UPLOADS, key="retrain-photo")
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
        seen, options = before.look(pixels), GenerationOptions(SHOWN, SEED)
        draw_sides(*([caption.text for caption in voice.write(seen, options)] for voice in (before, after)))
