"""Folder: many photos at once, followed, stopped, edited and taken away as files."""

from typing import Any, Literal

import streamlit as st

from app import controls, loading
from app.jobs import GLANCE, duration, job_manager
from app.style import plain
from caption_model.batch.run import BatchSettings
from caption_model.errors import BatchError, CaptionError
from caption_model.services import exports
from caption_model.services.folder_job import FolderJob, Row
from caption_model.services.folder_table import (
    DESCRIPTION,
    FIXED,
    NAME,
    PHOTO,
    PICK,
    caption_columns,
    edited,
    table,
    too_long,
)
from caption_model.services.thumbnails import thumbnail
from caption_model.services.typed_paths import typed_path
from datasets.folders import UPLOADS

WISHES = "folder-wish"  # what the controls' keys begin with
HERE, UPLOAD = "On this computer", "Upload"
ROWS = 10  # on a page of the table
NEWEST = 3  # photos shown while a run goes on
SHOWN, WIDTH = 3, 112  # captions of each, pixels of its picture
MOST_FAILURES = 20  # told of above the table
HEIGHT = 80  # pixels of a row


def page() -> None:
    """Draw the page."""
    st.title("Caption a whole folder")
    run = job_manager().folder
    if run is None:
        ask()
        return
    place = "Uploaded photos" if job_manager().holds_uploads else str(run.settings.folder)
    st.markdown(f":material/folder_open: **{plain(place)}** · {counted(len(run.rows), 'photo')}")
    if run.running:
        watch(run)
    else:
        draw_result(run)


def counted(number: int, what: str) -> str:
    """A number of things."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def ask() -> None:
    """Draw what a run needs to know, and begin it."""
    st.markdown("Every photo gets captions and a description. Stop whenever you like: the next run goes on from there.")
    source = st.segmented_control("Photos", [HERE, UPLOAD], default=HERE, required=True, key="folder-source")
    begin = ask_uploads() if source == UPLOAD else ask_folder()
    if st.button("Caption them", type="primary", icon=":material/play_arrow:", key="folder-start"):
        try:
            begin()
        except CaptionError as error:
            st.error(plain(str(error)), icon=":material/error:")
            return
        st.rerun()


def ask_folder() -> Any:
    """Draw the fields for a folder; gives what begins it."""
    folder = st.text_input("Folder", placeholder="~/Pictures", key="folder-path")
    with options():
        style = controls.ask_default(WISHES)
        n = ask_count()
        recursive = st.checkbox("Look into its subfolders too", key="folder-recursive")
        sidecar = st.checkbox("Also write a text file beside each photo", key="folder-sidecar")
        named = st.text_input("Table", placeholder="captions.csv in the folder", key="folder-table")

    def begin() -> None:
        path = typed_path(folder, "the folder of photos")
        place = typed_path(named, "the table") if named.strip() else path / "captions.csv"
        beside: Literal["txt", "none"] = "txt" if sidecar else "none"
        settings = BatchSettings(path, place, beside, recursive=recursive, n=n, batch=1, flights=1, style=style)
        voice = loading.chosen_voice()
        job_manager().caption(settings, loading.request(voice).result, voice)

    return begin


def ask_uploads() -> Any:
    """Draw the field for photos; gives what begins them."""
    uploads = st.file_uploader("Photos to upload", UPLOADS, accept_multiple_files=True, key="folder-uploads")
    with options():
        style = controls.ask_default(WISHES)
        n = ask_count()

    def begin() -> None:
        if not uploads:
            raise BatchError("There is no photo yet: drop some in.")
        voice = loading.chosen_voice()
        job_manager().caption_uploads(uploads, n, loading.request(voice).result, voice, style)

    return begin


def options() -> Any:
    """Where the options are drawn."""
    return st.expander("Options", icon=":material/tune:")


def ask_count() -> int:
    """Draw the field for the number of captions."""
    return int(st.number_input("Captions per photo", 1, 10, 5, key="folder-n", width=200))


@st.fragment(run_every=GLANCE)
def watch(run: FolderJob) -> None:
    """How far a run is, drawn again and again until it has ended."""
    if not run.running:
        st.rerun()
    status = run.status()
    st.progress(status.done / status.to_do if status.to_do else 0.0, text=progress_line(run))
    st.button(
        "Stop",
        icon=":material/stop:",
        key="folder-stop",
        on_click=run.stop,
        disabled=run.stopping,
        help="Finishes the photo in hand. What is done stays done.",
    )
    for row in [row for row in run.rows if row.state in ("captioned", "failed")][: -NEWEST - 1 : -1]:
        draw_row(row)


def draw_row(row: Row) -> None:
    """A photo that was just captioned, or could not be."""
    with st.container(border=True, horizontal=True, vertical_alignment="top"):
        if picture := thumbnail(row.photo):
            st.image(picture, width=WIDTH, alt=row.record.description)
        with st.container(gap="xxsmall"):
            st.caption(plain(row.reason or f"{row.photo.name}: {row.record.description}"))
            for caption in row.record.captions[:SHOWN]:
                st.markdown(plain(caption))


def progress_line(run: FolderJob) -> str:
    """What stands on the progress bar."""
    status = run.status()
    if run.stopping:
        return "Finishing the photo in hand …"
    if not status.done:
        return "Loading the models …"
    speed = f" · {status.photos_per_second:.1f} photos/s" if status.photos_per_second else ""
    left = f" · about {duration(status.seconds_left)} left" if status.seconds_left is not None else ""
    return f"{status.done:,} of {status.to_do:,}{speed}{left}"


def draw_result(run: FolderJob) -> None:
    """What a run has come to: a sentence, the table, the files."""
    counts = run.counts()
    draw_sentence(run)
    with st.container(horizontal=True):
        if counts["waiting"] or counts["failed"]:
            label = "Resume" if counts["waiting"] else "Try the failed ones again"
            st.button(label, type="primary", icon=":material/play_arrow:", key="folder-on", on_click=go_on, args=[run])
        st.button(
            "Another folder", icon=":material/folder_open:", key="folder-other", on_click=job_manager().clear_folder
        )
    if trouble := st.session_state.pop("folder-trouble", ""):
        st.error(plain(trouble), icon=":material/error:")
    draw_failures(run)
    draw_table(run)
    draw_downloads(run)


def draw_sentence(run: FolderJob) -> None:
    """What became of the photos."""
    counts = run.counts()
    told = [f"{counts['captioned']:,} of {counted(len(run.rows), 'photo')} captioned"]
    told += [f"{counts['waiting']:,} left"] if counts["waiting"] else []
    told += [f"{counts['failed']:,} failed"] if counts["failed"] else []
    told += [f"{counts['left alone']:,} left alone: they have a text file"] if counts["left alone"] else []
    sentence = ", ".join(told) + "."
    if run.passed_over:
        sentence += " Left out: " + ", ".join(f"{count} × {reason}" for reason, count in run.passed_over.items()) + "."
    if run.fault:
        st.error(plain(run.fault), icon=":material/error:")
    if counts["waiting"] or counts["failed"]:
        st.info(plain(sentence), icon=":material/pause_circle:" if counts["waiting"] else ":material/info:")
    else:
        st.success(plain(sentence), icon=":material/check_circle:")


def draw_failures(run: FolderJob) -> None:
    """Why photos have no captions."""
    failed = [row for row in run.rows if row.state == "failed"]
    if not failed:
        return
    with st.expander(f"Why {counted(len(failed), 'photo')} failed"):
        for row in failed[:MOST_FAILURES]:
            st.markdown(plain(f"{row.photo.name}: {row.reason}"))
        if len(failed) > MOST_FAILURES:
            st.caption(f"And {len(failed) - MOST_FAILURES:,} more: see the table.")


def go_on(run: FolderJob) -> None:
    """Caption what is left."""
    try:
        run.start(loading.request(run.voice).result)
    except CaptionError as error:
        st.session_state["folder-trouble"] = str(error)


def draw_table(run: FolderJob) -> None:
    """A page of the table, to be edited in place."""
    rows = run.rows
    pages = -(-len(rows) // ROWS)
    number = st.pagination(pages, key="folder-page") if pages > 1 else 1
    # The table is drawn of what stood there when it was opened: edits are laid over that.
    opened = st.session_state.get("folder-opened")
    if opened is None or opened[:2] != (id(run), number):
        serial = opened[3] + 1 if opened else 0
        opened = id(run), number, rows[(number - 1) * ROWS : number * ROWS], serial
        st.session_state["folder-opened"] = opened
    *_, shown, serial = opened
    key = f"folder-table-{serial}"
    st.data_editor(
        table(shown, run.settings.n),
        column_config=columns(run),
        disabled=list(FIXED),
        height="content",
        row_height=HEIGHT,
        hide_index=True,
        key=key,
    )
    edits = edited(shown, run.settings.n, st.session_state[key]["edited_rows"])
    try:
        run.edit(edits)
    except CaptionError as error:
        st.error(plain(str(error)), icon=":material/error:")
    for sentence in too_long(edits):
        st.warning(plain(sentence), icon=":material/content_cut:")


def columns(run: FolderJob) -> dict[str, Any]:
    """How the columns are drawn."""
    texts = {name: st.column_config.TextColumn(width="medium") for name in caption_columns(run.settings.n)}
    return {
        PHOTO: st.column_config.ImageColumn(width="small", pinned=True),
        NAME: st.column_config.TextColumn(width="small", pinned=True),
        PICK: st.column_config.SelectboxColumn(
            width="small",
            options=[str(number) for number in range(1, run.settings.n + 1)],
            help="The caption to use: it comes first, and goes into the table's column caption.",
        ),
        DESCRIPTION: st.column_config.TextColumn(width="medium"),
        **texts,
    }


def draw_downloads(run: FolderJob) -> None:
    """The captions as files."""
    if not run.counts()["captioned"]:
        return
    st.markdown("**Download**")
    files = [
        ("CSV", "captions.csv", "text/csv", lambda: exports.as_csv(run.rows, run.settings.n)),
        ("JSONL", "captions.jsonl", "application/jsonl", lambda: exports.as_jsonl(run.rows)),
        ("Text files (zip)", "captions.zip", "application/zip", lambda: exports.as_zip(run.rows)),
    ]
    with st.container(horizontal=True):
        for label, name, kind, made in files:
            st.download_button(
                label, made, name, kind, icon=":material/download:", on_click="ignore", key=f"get-{name}"
            )
