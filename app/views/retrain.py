"""Retrain: a dump of the user's own posts becomes a voice."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from app.jobs import GLANCE, duration, job_manager
from app.style import plain
from app.views import retrain_result
from caption_model.errors import CaptionError, DumpError
from caption_model.services import voices
from caption_model.services.inspection import Inspection
from caption_model.services.training_job import TrainingJob, TrainingStatus
from caption_model.services.typed_paths import typed_path
from caption_model.services.voice_requests import VoiceRequest, check_name, expected_seconds, unfinished

HERE, FILES, FOLDER = "On this computer", "Upload files", "Upload a folder"
UPLOAD_MB = 1000
MINUTES = 15.0
DUMPS = """
- **Instagram**: *Settings → Your information → Download*, format JSON; the folder, or the zips you were sent
- **Instaloader**: the folder of a profile
- **Kaggle** “Instagram Images with Captions”: its folder
- **Any captions**: a CSV, JSON or JSON Lines file with a column `caption`, or photos with a `.txt` each
"""
STAGES = {
    "starting": "Starting …",
    "reading": "Reading and cleaning the posts …",
    "encoding": "Looking at the photos …",
    "preparing": "Listening to what the default voice would say …",
    "learning": "Learning",
    "measuring": "Measuring what changed …",
    "made": "Done",
}


def page() -> None:
    """Draw the page."""
    st.title("Make it sound like you")
    if trouble := st.session_state.pop("retrain-trouble", ""):
        st.error(plain(trouble), icon=":material/error:")
    training, inspection = job_manager().training, job_manager().inspection
    if training and training.running:
        watch(training)
    elif training:
        draw_end(training)
    elif inspection and inspection.running:
        watch_inspection(inspection)
    elif inspection:
        draw_inspection(inspection)
    else:
        ask()
        draw_unfinished()
        draw_voices()


def attempt(deed: Callable[[], object]) -> None:
    """Do what a button says before the page is drawn; what goes wrong is said at its top."""
    try:
        deed()
    except CaptionError as error:
        st.session_state["retrain-trouble"] = str(error)


def attempt_now(deed: Callable[[], object]) -> None:
    """Do it with the fields as they stand now, and draw the page anew; what goes wrong is said here."""
    try:
        deed()
    except CaptionError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    st.rerun()


def ask() -> None:
    """Draw the fields for a dump, and look into it."""
    st.markdown("Bring posts of your own: the captions will sound like them. A few hundred are a good beginning.")
    source = st.segmented_control("Posts", [HERE, FILES, FOLDER], default=HERE, required=True, key="retrain-source")
    path, uploads = "", []
    if source == HERE:
        path = st.text_input("Folder, zip or file", key="retrain-path")
    else:
        several: Any = "directory" if source == FOLDER else True
        uploads = st.file_uploader(
            "Posts to upload", accept_multiple_files=several, max_upload_size=UPLOAD_MB, key=f"retrain-{source}"
        )

    def look() -> None:
        if source == HERE:
            job_manager().inspect(typed_path(path, "the export of posts"))
        elif not uploads:
            raise DumpError("There are no posts yet: drop some in.")
        else:
            job_manager().inspect_uploads(uploads)

    if st.button("Check posts", type="primary", icon=":material/search:", key="retrain-look"):
        attempt_now(look)
    with st.expander("What can I bring?"):
        st.markdown(DUMPS)


def draw_unfinished() -> None:
    """Voices that were begun: go on with one, or forget it."""
    for request in unfinished(voices.voices_folder()):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(request.name)}** was begun and is not made yet.", width="stretch")
            go_on = partial(job_manager().train, request)
            st.button("Resume", icon=":material/play_arrow:", key=f"on-{request.name}", on_click=attempt, args=[go_on])
            st.button("Discard", icon=":material/delete:", key=f"discard-{request.name}", on_click=request.forget)


def draw_voices() -> None:
    """The voices there are; each can be deleted."""
    for voice in voices.found():
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/record_voice_over: **{plain(voice.name)}**", width="stretch")
            with st.popover("Delete", icon=":material/delete:"):
                st.markdown("It cannot be brought back.")
                st.button("Delete it", key=f"delete-{voice.name}", on_click=delete, args=[voice])


def delete(voice: voices.Voice) -> None:
    """Remove a voice; whoever had picked it hears the bundled one again."""
    if st.session_state.get("voice") == str(voice.path):
        st.session_state["voice"] = ""
    attempt(partial(voices.remove, voice))


@st.fragment(run_every=GLANCE)
def watch_inspection(inspection: Inspection) -> None:
    """A line until the dump was read."""
    if not inspection.running:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(":material/hourglass_top: Reading the posts: a large dump takes a minute …")
        st.button("Cancel", icon=":material/close:", key="retrain-cancel", on_click=job_manager().clear_inspection)


def draw_inspection(inspection: Inspection) -> None:
    """What was read, what cleaning makes of it, and the way to begin."""
    if not inspection.found:
        st.error(plain(inspection.fault or "Nothing could be read."), icon=":material/error:")
    else:
        retrain_result.draw_found(inspection.found)
        ask_voice(inspection)
    st.button("Other posts", icon=":material/undo:", key="retrain-other", on_click=job_manager().clear_inspection)


def ask_voice(inspection: Inspection) -> None:
    """Draw what a voice needs to know, and begin it."""
    found = inspection.found["accounts"]
    accounts: list[str] = []
    if len(found) > 1:
        accounts = st.multiselect(
            "Accounts", list(found), format_func=lambda name: f"{name} ({found[name]:,})", placeholder="All",
            key="retrain-accounts",
        )  # fmt: skip
    with st.container(horizontal=True):
        name = st.text_input("Name of the voice", placeholder="Mine", key="retrain-name", width=260)
        minutes = st.number_input(
            "Minutes at the most", 0.1, 600.0, MINUTES, step=5.0, key="retrain-minutes", width=200
        )

    st.caption(f":material/schedule: {expected(inspection.found, accounts, float(minutes))}")

    def begin() -> None:
        folder = voices.voices_folder()
        request = VoiceRequest(folder, check_name(folder, name), inspection.dump, float(minutes), tuple(accounts))
        job_manager().train(request)

    if st.button("Start", type="primary", icon=":material/school:", key="retrain-start"):
        attempt_now(begin)


def expected(found: dict[str, Any], accounts: Sequence[str], minutes: float) -> str:
    """How long a voice of these accounts, or of all, will take."""
    chosen = sum(found["accounts"].get(name, 0) for name in accounts) if accounts else found["posts"]
    share = chosen / found["posts"] if found["posts"] else 0.0
    posts, photos = round(share * found["cleaning"]["kept"]), round(share * found["with_photo"])
    whole = expected_seconds(posts, photos)
    told = f"Expected: about {duration(whole)} for {posts:,} posts on a computer with two cores; more are faster."
    if whole > 60 * minutes:
        told += f" After {minutes:g} minutes it keeps the best so far, and measures it."
    return told


@st.fragment(run_every=GLANCE)
def watch(training: TrainingJob) -> None:
    """How far a voice is, drawn again and again until it is made."""
    if not training.running:
        st.rerun()
    status = training.status()
    st.markdown(f":material/record_voice_over: **{plain(training.request.name)}**")
    st.progress(status.share, text="Saving the best so far …" if training.stopping else stage_line(status))
    retrain_result.draw_curve(status)
    with st.container(horizontal=True):
        st.button(
            "Stop and keep",
            icon=":material/stop:",
            key="retrain-stop",
            on_click=training.stop,
            disabled=training.stopping or status.stage != "learning",
        )
        with st.popover("Discard", icon=":material/delete:"):
            st.markdown("What was learnt so far will be lost.")
            st.button("Discard it", key="retrain-discard", on_click=discard, args=[training])


def stage_line(status: TrainingStatus) -> str:
    """What stands on the progress bar."""
    line = STAGES[status.stage]
    if status.stage == "encoding" and status.photos:
        return f"{line} {status.encoded:,} of {status.photos:,}"
    if status.stage == "learning":
        left = f" · {duration(status.seconds_left)} left at the most" if status.seconds_left is not None else ""
        return f"{line} from {status.captions:,} captions · {status.done:.0%}{left}"
    return line


def discard(training: TrainingJob) -> None:
    """Forget a voice that is not made yet."""
    training.discard()
    job_manager().clear_training()


def draw_end(training: TrainingJob) -> None:
    """What has become of a voice: made, or broken off."""
    status = training.status()
    if status.facts is not None:
        retrain_result.draw_made(training.request, status)
        st.button("Make another voice", icon=":material/add:", key="retrain-new", on_click=job_manager().clear_training)
        return
    st.error(plain(training.fault or "It was stopped before it was made."), icon=":material/error:")
    retrain_result.draw_curve(status)
    with st.container(horizontal=True):
        go_on = training.start
        st.button(
            "Resume", type="primary", icon=":material/play_arrow:", key="retrain-on", on_click=attempt, args=[go_on]
        )
        st.button("Discard", icon=":material/delete:", key="retrain-drop", on_click=discard, args=[training])
        st.button("Later", icon=":material/schedule:", key="retrain-later", on_click=job_manager().clear_training)
