"""The page Folder, driven without a browser; photos are captioned by a stand-in."""

import csv
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import controls
from app.jobs import duration, job_manager
from caption_model.services.folder_job import KEEPER
from caption_model.services.history import History
from caption_model.services.shared_captioner import SharedCaptioner
from caption_model.storage.journal import open_journal
from caption_model.text.tables import escaped
from tests.support.batches import PATIENCE, Gated, draw, folder_of
from tests.support.pages import labels, press, rerun, sentences

TABLE = "folder-table-0"  # the key of the first table drawn


@pytest.fixture(autouse=True)
def captioners(commands, monkeypatch, tmp_path):
    def load():
        captioners.append(Gated())
        return captioners[-1]

    captioners: list[Gated] = []
    monkeypatch.setattr(SharedCaptioner, "load", staticmethod(load))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    st.cache_resource.clear()
    yield captioners
    if job_manager().folder:
        job_manager().folder.stop()
        job_manager().folder.wait(PATIENCE)
    job_manager().clear_folder()
    st.cache_resource.clear()


def draw_page() -> None:
    from app.views import folder

    folder.page()


def start() -> AppTest:
    return rerun(AppTest.from_function(draw_page, default_timeout=120))


def caption(app: AppTest, folder: Path | str) -> AppTest:
    """Type a folder and begin."""
    app.text_input(key="folder-path").input(str(folder))
    return press(app, "Caption them")


def ended(app: AppTest) -> AppTest:
    assert job_manager().folder.wait(PATIENCE)
    return rerun(app)


def test_a_folder_is_captioned_and_its_table_shown(tmp_path):
    app = ended(caption(start(), folder_of(tmp_path / "photos", photos=4)))
    assert sentences(app.success) == ["4 of 4 photos captioned."]
    table = app.data_editor[0].value
    assert list(table["Name"]) == ["UP.JPG", "a.png"] or len(table) == 4
    assert set(table["Status"]) == {"captioned"}
    assert table["Photo"].str.startswith("data:image/jpeg;base64,").all()
    assert table["Caption 5"].str.len().gt(0).all()
    assert [button.label for button in app.get("download_button")] == ["CSV", "JSONL", "Text files (zip)"]


def test_broken_photos_are_told_of_and_tried_again(tmp_path):
    folder = folder_of(tmp_path / "photos", photos=3, broken=2)
    app = ended(caption(start(), folder))
    assert sentences(app.info) == ["3 of 5 photos captioned, 2 failed."]
    assert [box.label for box in app.expander] == ["Why 2 photos failed"]
    told = [text.value.replace("\\", "") for text in app.expander[0].markdown]
    assert [line.split(":")[0] for line in told] == ["broken 0.jpg", "broken 1.jpg"]
    table = app.data_editor[0].value
    assert table[table["Name"] == "broken 0.jpg"]["Status"].item().endswith(".")
    for number in range(2):
        draw(folder / f"broken {number}.jpg", 50 + number)
    app = ended(press(app, "Try the failed ones again"))
    assert sentences(app.success) == ["5 of 5 photos captioned."]


def test_a_run_is_watched_stopped_and_gone_on_with(tmp_path, gate):
    app = start()
    app.text_input(key="folder-path").input(str(folder_of(tmp_path / "photos", photos=80)))
    app.checkbox(key="folder-recursive").check()
    press(app, "Caption them")
    run = job_manager().folder
    while not run.counts()["captioned"]:
        assert not run.wait(0.05), run.fault
    app = rerun(app)
    assert " of 80" in app.get("progress")[0].text
    assert any(text.value.startswith("A photo, ") or ": A photo, " in text.value for text in app.caption)
    app = press(app, "Stop")
    assert "Finishing the photo in hand" in app.get("progress")[0].text
    assert next(button for button in app.button if button.label == "Stop").disabled
    gate.touch()
    app = ended(app)
    (told,) = sentences(app.info)
    assert " left." in told
    app = ended(press(app, "Resume"))
    assert sentences(app.success) == ["80 of 80 photos captioned."]
    assert app.pagination[0].value == 1
    first_page = list(app.data_editor[0].value["Name"])
    app.pagination[0].set_value(8)
    last_page = list(rerun(app).data_editor[0].value["Name"])
    assert len(first_page) == len(last_page) == 10 and not set(first_page) & set(last_page)


def test_edits_are_kept_on_disk_and_a_long_caption_is_told_of(tmp_path):
    folder = folder_of(tmp_path / "photos", photos=2)
    app = ended(caption(start(), folder))
    changes = {0: {"Caption 1": "my own words", "Caption 2": None}, 1: {"Caption 1": "👩‍👩‍👧" * 81}}
    app.session_state[TABLE] = {"edited_rows": changes, "added_rows": [], "deleted_rows": []}
    app = rerun(app)
    assert [row.record.captions[0] for row in job_manager().folder.rows] == ["my own words", "👩‍👩‍👧" * 81]
    assert len(job_manager().folder.rows[0].record.captions) == 4
    (told,) = sentences(app.warning)
    assert told.endswith("has 81 characters, 80 are allowed.")
    assert "my own words" in (folder / "captions.csv").read_text(encoding="utf-8")


def test_an_edit_that_cannot_be_kept_says_why(tmp_path):
    folder = folder_of(tmp_path / "photos", photos=2)
    app = ended(caption(start(), folder))
    app.session_state[TABLE] = {"edited_rows": {0: {"Caption 1": "mine"}}, "added_rows": [], "deleted_rows": []}
    with open_journal(folder / "captions.journal.jsonl"):
        app = rerun(app)
    (told,) = sentences(app.error)
    assert told.startswith("another run is writing to")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Type where the folder of photos is."),
        ("Pictures", "Pictures is not a whole path"),
        ("/no/such/folder", "/no/such/folder cannot be read (No such file or directory)"),
        ("EMPTY", "holds no photo"),
        ("FILE", "cannot be read (Not a directory)"),
        ("FOREIGN", "captions.csv is there already and not from this command"),
    ],
)
def test_what_is_wrong_with_a_folder_is_one_sentence(tmp_path, typed, sentence):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    foreign = folder_of(tmp_path / "foreign", photos=1)
    (foreign / "captions.csv").write_text("mine")
    app = caption(
        start(), {"EMPTY": tmp_path / "empty", "FILE": tmp_path / "file", "FOREIGN": foreign}.get(typed, typed)
    )
    if job_manager().folder:
        app = ended(app)
    (told,) = sentences(app.error)
    assert sentence in told
    assert (foreign / "captions.csv").read_text() == "mine"


def test_a_folder_that_another_run_is_at_can_be_gone_on_with_later(tmp_path):
    folder = folder_of(tmp_path / "photos", photos=2)
    with open_journal(folder / "captions.journal.jsonl"):
        app = ended(caption(start(), folder))
        assert sentences(app.error)[0].startswith("another run is writing to")
    app = ended(press(app, "Resume"))
    assert sentences(app.success) == ["2 of 2 photos captioned."]
    assert not app.error


def test_what_is_asked_for_reaches_the_captioner_that_the_app_has_loaded(tmp_path, captioners, monkeypatch):
    asked = []
    write = Gated.write
    monkeypatch.setattr(Gated, "write", lambda self, seen, options: asked.append(options) or write(self, seen, options))
    app = start()
    next(box for box in app.selectbox if box.label == "Tone").set_value("playful")
    next(field for field in app.text_input if field.label == controls.BEGINNING).input("Finally")
    app = ended(caption(app, folder_of(tmp_path / "photos", photos=2)))
    app = ended(caption(press(app, "Another folder"), folder_of(tmp_path / "more", photos=2)))
    assert [(one.tone, one.starts_with) for one in asked] == [("playful", "Finally")] * 4
    assert len(captioners) == 1, "the models are loaded once"


def test_what_was_picked_is_the_tables_caption_and_all_of_it_is_in_the_history(tmp_path):
    folder = folder_of(tmp_path / "photos", photos=2)
    app = ended(caption(start(), folder))
    name, picked = app.data_editor[0].value["Name"][0], app.data_editor[0].value["Caption 3"][0]
    app.session_state[TABLE] = {"edited_rows": {0: {"Pick": "3"}}, "added_rows": [], "deleted_rows": []}
    rerun(app)
    with (folder / "captions.csv").open(encoding="utf-8-sig", newline="") as file:
        table = {row["image"]: row for row in csv.DictReader(file)}
    assert table[name]["caption"] == table[name]["caption_1"] == escaped(picked)
    KEEPER.submit(lambda: None).result()
    entries = {entry.photo: entry for entry in History().entries()}
    assert set(entries) == set(table) and entries[name].captions[0].text == picked


def test_uploaded_photos_are_captioned_and_removed(tmp_path):
    app = start()
    app.segmented_control(key="folder-source").set_value("Upload")
    app = rerun(app)
    app = press(app, "Caption them")
    assert sentences(app.error) == ["There is no photo yet: drop some in."]
    photos = [
        (name, draw(tmp_path / name, number).read_bytes(), "image/png")
        for number, name in enumerate(["a.png", "b.png"])
    ]
    app.file_uploader[0].set_value([*photos, ("torn.png", b"none", "image/png")])
    app = ended(press(app, "Caption them"))
    assert sentences(app.info) == ["2 of 3 photos captioned, 1 failed."]
    assert any("Uploaded photos" in text.value for text in app.markdown)
    place = job_manager().folder.settings.folder
    app = press(app, "Another folder")
    assert job_manager().folder is None and not place.exists()
    assert "Caption them" in labels(app)


def test_text_files_beside_the_photos_are_written_and_a_persons_own_left_alone(tmp_path):
    folder = folder_of(tmp_path / "photos", photos=3)
    (folder / "日本.txt").write_text("mine")
    app = start()
    app.text_input(key="folder-path").input(f' "{folder}" ')
    app.text_input(key="folder-table").input(str(tmp_path / "elsewhere.csv"))
    app.checkbox(key="folder-sidecar").check()
    app = ended(press(app, "Caption them"))
    assert sentences(app.success) == ["2 of 3 photos captioned, 1 left alone: they have a text file."]
    assert (folder / "日本.txt").read_text() == "mine"
    assert len(list(folder.glob("*.txt"))) == 3
    assert (tmp_path / "elsewhere.csv").exists() and not (folder / "captions.csv").exists()


def test_another_visitor_sees_the_same_run(tmp_path, gate):
    caption(start(), folder_of(tmp_path / "photos", photos=40))
    other = start()
    assert "Stop" in labels(other) and "Caption them" not in labels(other)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.2, "10 s"), (33, "30 s"), (52, "1 min"), (900, "15 min"), (9000, "2.5 h")]
)
def test_durations_are_said_as_people_do(seconds, said):
    assert duration(seconds) == said
