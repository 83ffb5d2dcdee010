"""The page: drop photos in, get captions to choose from and edit, and a plain description.

Run it from the project's root with ``python -m streamlit run app/streamlit_app.py``. It only draws; the work is
``Captioner``'s.
"""

import csv
import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image
from streamlit.runtime.uploaded_file_manager import UploadedFile

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # `streamlit run` puts only this folder on the path
    sys.path.insert(0, str(ROOT))

from caption_model import graphemes  # noqa: E402
from caption_model.controls import MAX_GRAPHEMES  # noqa: E402
from caption_model.errors import CaptionError  # noqa: E402
from caption_model.photos import open_for_display  # noqa: E402

if TYPE_CHECKING:
    from caption_model.captioner import Captioner, Suggestions

MARKDOWN = re.compile(r"[\\`*_\[\]<>$~]|:(?=\w)")
UPLOAD_MB = 25
ENDINGS = ["jpg", "jpeg", "png", "webp", "heic", "heif", "gif", "bmp", "tif", "tiff"]


@dataclass(frozen=True)
class Outcome:
    """What one photo gave: a picture to show and suggestions, or a sentence that says why not."""

    request: tuple[int, int]
    picture: Image.Image | None = None
    suggestions: "Suggestions | None" = None
    error: str = ""


@st.cache_resource(show_spinner="Loading the models, once: this takes a few seconds …")
def load_captioner() -> "Captioner":
    """The bundled models, shared by every visitor and rerun.

    Raises:
        CaptionError: a bundle is missing or does not fit.
    """
    from caption_model.captioner import Captioner

    return Captioner.load()


def plain(text: str) -> str:
    """Text as it is: file names may hold what Streamlit would draw as a link, a formula or a picture."""
    return MARKDOWN.sub(r"\\\g<0>", text)


def look_at(captioner: "Captioner", upload: UploadedFile, count: int, seed: int) -> Outcome:
    """Caption one upload, at most once for the same count and seed: edits must survive a rerun."""
    outcomes: dict[str, Outcome] = st.session_state.setdefault("outcomes", {})
    request = (count, seed)
    known = outcomes.get(upload.file_id)
    if known is not None and known.request == request:
        return known
    try:
        picture = known.picture if known is not None and known.picture is not None else open_for_display(upload)
        suggestions = captioner.suggest(upload, n=count, seed=seed)
        outcome = Outcome(request, picture, suggestions)
    except CaptionError as error:
        outcome = Outcome(request, error=str(error))
    outcomes[upload.file_id] = outcome
    return outcome


def caption_field(key: str, number: int, caption: str) -> str:
    """One caption in a field of its own, with its length; returns the text as edited."""
    text = str(st.session_state.get(key, caption))
    used = graphemes.length(text)
    colour = "red" if used > MAX_GRAPHEMES else "gray"
    st.text_area(f"Caption {number} :{colour}[· {used}/{MAX_GRAPHEMES}]", value=caption, key=key, height=72)
    if used > MAX_GRAPHEMES:
        over = used - MAX_GRAPHEMES
        st.warning(
            f"{over} {'character' if over == 1 else 'characters'} over {MAX_GRAPHEMES}.", icon=":material/content_cut:"
        )
    return text


def card(captioner: "Captioner", upload: UploadedFile, count: int, seed: int) -> tuple[list[str], str]:
    """Draw one photo with its captions; returns the captions as edited and the description, both empty on an error."""
    turns_key = f"turns-{upload.file_id}"
    turns = int(st.session_state.get(turns_key, 0))
    with st.container(border=True):
        with st.spinner(f"Looking at {plain(upload.name)} …"):
            outcome = look_at(captioner, upload, count, seed + turns)
        if outcome.suggestions is None or outcome.picture is None:
            st.error(plain(outcome.error), icon=":material/error:")
            return [], ""
        suggestions = outcome.suggestions
        left, right = st.columns([2, 3], gap="medium")
        with left:
            st.image(outcome.picture, width="stretch")
            guess = " :gray[(a guess: not sure)]" if suggestions.unsure else ""
            st.markdown(f"**In plain words**  \n{plain(suggestions.descriptive)}{guess}")
            st.caption(f"{plain(upload.name)} · seed {seed + turns} · {suggestions.seconds:.1f} s")
            if suggestions.saw:
                st.caption("The eye saw: " + ", ".join(f"{plain(name)} {share:.0%}" for name, share in suggestions.saw))
        with right:
            captions = [
                caption_field(f"{upload.file_id}-{count}-{seed + turns}-{number}", number, caption)
                for number, caption in enumerate(suggestions.social, start=1)
            ]
            if len(captions) < count:
                st.info(
                    f"Only {len(captions)} of {count} passed the filters: press Again.", icon=":material/filter_alt:"
                )
            with st.container(horizontal=True):
                if st.button("Again", icon=":material/casino:", key=f"again-{upload.file_id}", type="primary"):
                    st.session_state[turns_key] = turns + 1
                    st.rerun()
                with st.popover("Copy", icon=":material/content_copy:"):
                    for caption in captions:
                        st.code(caption, language=None, wrap_lines=True)
    return captions, suggestions.descriptive


def as_csv(rows: list[tuple[str, list[str], str]]) -> bytes:
    """The captions as shown, one row each: ``photo,kind,caption``; UTF-8 with a mark, so that Excel shows emojis."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["photo", "kind", "caption"])
    for photo, captions, description in rows:
        writer.writerows([photo, "social", caption] for caption in captions)
        writer.writerow([photo, "descriptive", description])
    return table.getvalue().encode("utf-8-sig")


def main() -> None:
    """Draw the page."""
    st.set_page_config("Caption suggester", page_icon=str(Path(__file__).with_name("icon.png")))
    st.html("<style>.stMainBlockContainer {padding-top: 2.5rem}</style>")  # the theme has no setting for it
    st.title("What could this photo say?")
    st.markdown(
        "Drop in a photo and pick a caption, or make it your own. "
        "Everything runs on this computer: your photos are kept in memory only and are sent nowhere."
    )
    uploads = st.file_uploader(
        "Photos", ENDINGS, accept_multiple_files=True, max_upload_size=UPLOAD_MB, label_visibility="collapsed"
    )
    with st.container(horizontal=True):
        count = int(st.number_input("Captions per photo", min_value=1, max_value=10, value=5, width=160))
        seed = int(st.number_input("Seed", min_value=0, value=7, width=160, help="Same photo and seed, same captions."))

    try:
        captioner = load_captioner()
    except CaptionError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    kept = {upload.file_id for upload in uploads}
    outcomes: dict[str, Outcome] = st.session_state.get("outcomes", {})
    st.session_state["outcomes"] = {name: outcome for name, outcome in outcomes.items() if name in kept}

    rows = []
    for upload in uploads:
        captions, description = card(captioner, upload, count, seed)
        if captions or description:
            rows.append((upload.name, captions, description))
    if rows:
        st.download_button(
            "Download all as CSV",
            as_csv(rows),
            "captions.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


main()
