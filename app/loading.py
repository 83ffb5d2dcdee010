"""The models, loaded in the background and once for all visitors: the page is there before they are."""

import threading
from concurrent.futures import Future, wait
from pathlib import Path

import streamlit as st

from app.style import plain
from caption_model.bundles.bundle import MANIFEST
from caption_model.errors import CaptionError
from caption_model.services import voices
from caption_model.services.shared_captioner import SharedCaptioner

GLANCE = 0.25  # seconds
LOADING = ":material/hourglass_top: Loading the models, once: this takes a few seconds …"
VOICES = 4  # kept in memory at once
BUNDLED = "Default"


def chosen_voice() -> Path | None:
    """The bundle of the voice that was picked; ``None`` is the bundled one."""
    voice = st.session_state.get("voice")
    return Path(voice) if voice else None


def voice_name(voice: Path | None) -> str:
    """What a person calls a voice."""
    return voice.name if voice else BUNDLED


def pick_voice() -> None:
    """Draw the voice picker, and why a voice is not among those to choose from."""
    names = {"": BUNDLED} | {str(voice.path): voice.name for voice in voices.found()}
    st.selectbox(
        "Voice",
        list(names),
        format_func=names.__getitem__,
        key="voice",
        help="Who writes the captions. Make a voice of your own on Retrain.",
    )
    for voice in voices.unsound():
        st.caption(f":material/warning: {plain(voice.fault)}")


def request(voice: Path | None = None) -> "Future[SharedCaptioner]":
    """The captioner of a voice, being loaded or loaded; returns at once."""
    base = _loading(None, 0)
    return _loading(voice, _version(voice), base) if voice else base


def captioner(voice: Path | None = None) -> SharedCaptioner | None:
    """The captioner of a voice; while it is not there, draws one line that says so, and gives ``None``.

    ``stay``, at the end of the page, then draws the page anew as soon as it is there.
    """
    future = request(voice)
    line = st.empty()
    if not future.done():
        line.caption(LOADING)
        st.session_state["awaited"] = future, line
        return None
    try:
        shared = future.result()
    except CaptionError as error:
        line.error(plain(str(error)), icon=":material/error:")
        if st.button("Try again", icon=":material/refresh:", key="load-again"):
            _loading.clear()
            st.rerun()
        return None
    line.caption(":material/check_circle: The models are ready.")  # as high as the line before it
    return shared


def stay() -> None:
    """Wait for a captioner that was asked for and is not there; an upload or a click ends the wait.

    Not a timer in the browser: each of its runs would collect all garbage and hold the loading up.
    """
    future, line = st.session_state.pop("awaited", (None, None))
    if future is None or line is None:
        return
    while not future.done():
        wait([future], timeout=GLANCE)
        line.caption(LOADING)  # here Streamlit breaks off if the visitor wants something
    st.rerun()


@st.cache_resource(show_spinner=False, max_entries=VOICES)
def _loading(
    voice: Path | None, version: int, _base: "Future[SharedCaptioner] | None" = None
) -> "Future[SharedCaptioner]":
    future: Future[SharedCaptioner] = Future()
    # A daemon: whoever stops the server does not wait for models that nobody will use.
    threading.Thread(target=_fulfil, args=[future, voice, _base], daemon=True, name="models").start()
    return future


def _fulfil(future: "Future[SharedCaptioner]", voice: Path | None, base: "Future[SharedCaptioner] | None") -> None:
    try:
        future.set_result(_load(voice, base))
    except CaptionError as error:
        future.set_exception(error)
    except Exception as error:
        future.set_exception(error)
        raise


def _load(voice: Path | None, base: "Future[SharedCaptioner] | None") -> SharedCaptioner:
    if voice is None or base is None:
        return SharedCaptioner.load()
    return base.result().with_voice(voice)


def _version(voice: Path) -> int:
    """Changes when a voice is trained again."""
    try:
        return (voice / MANIFEST).stat().st_mtime_ns
    except OSError:
        return 0  # loading it will say what is wrong
