"""The page History, driven without a browser."""

import sqlite3

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import components
from caption_model.services.history import History, KeptCaption
from tests.support.app_parts import jpeg
from tests.support.pages import press, rerun


@pytest.fixture(autouse=True)
def history(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    kept = History()
    _, picture, _ = jpeg("cat.jpg")
    kept.add("cat.jpg", picture, "A cat.", "Bundled", [KeptCaption("purrfect day", True), KeptCaption("naps")])
    kept.add("sea.jpg", picture, "Water.", "mine", [KeptCaption("salty hair 🌊")])
    return kept


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """The rows of each list of captions that was drawn."""
    drawn = []
    monkeypatch.setattr(components, "kept", lambda key, rows, about: drawn.append([row["text"] for row in rows]))
    return drawn


def draw() -> None:
    from app.views import history

    history.page()


def start() -> AppTest:
    return rerun(AppTest.from_function(draw, default_timeout=60))


def test_entries_latest_first_and_where_they_are_kept(history, shown):
    app = start()
    assert shown == [["salty hair 🌊"], ["purrfect day", "naps"]]
    assert any("sent nowhere" in text.value and str(history.path) in text.value for text in app.markdown)
    assert any("cat.jpg" in text.value and "Bundled" in text.value for text in app.caption)


def test_search_and_favourites_narrow_it_down(shown):
    app = start()
    app.text_input[0].set_value("SALTY")
    del shown[:]
    rerun(app)
    assert shown == [["salty hair 🌊"]]
    app.toggle[1].set_value(True)
    rerun(app)
    assert [note.value for note in app.info] == ["Nothing found."]
    app.text_input[0].set_value("")
    del shown[:]
    rerun(app)
    assert shown == [["purrfect day", "naps"]]


def test_what_is_found_is_what_is_exported(monkeypatch, shown):
    exports = {}
    monkeypatch.setattr(st, "download_button", lambda label, data, *_, **__: exports.update({label: data().decode()}))
    app = start()
    app.text_input[0].set_value("purr")
    rerun(app)
    assert exports["Export as CSV"].count("\n") == 3
    assert exports["Export as JSON Lines"].count("\n") == 1
    assert "naps" in exports["Export as CSV"] and "salty" not in exports["Export as CSV"]


def test_one_entry_is_deleted_and_the_other_stays(history):
    app = start()
    press(app, "Delete")
    assert [entry.photo for entry in history.entries()] == ["cat.jpg"]


def test_everything_is_deleted_and_the_page_says_that_there_is_nothing(history):
    app = start()
    press(app, "Yes, delete everything")
    assert history.entries() == []
    assert [note.value for note in app.info] == ["Nothing yet: captions appear here once they are suggested."]


def test_a_history_can_be_refused_and_taken_up_again(history):
    app = start()
    app.toggle[0].set_value(False)
    rerun(app)
    assert not history.keeping
    assert len(history.entries()) == 2
    assert start().toggle[0].value is False
    app.toggle[0].set_value(True)
    rerun(app)
    assert history.keeping


def test_many_entries_come_a_page_at_a_time(history, shown):
    _, picture, _ = jpeg("cat.jpg")
    for number in range(23):
        history.add(f"{number}.jpg", picture, "A cat.", "Bundled", [KeptCaption("naps")])
    app = start()
    assert len(shown) == 20
    del shown[:]
    press(app, "Show more · 5 left")
    assert len(shown) >= 25


def test_a_damaged_history_says_so_and_can_be_begun_anew(history):
    history.path.write_bytes(b"this is no database " * 99)
    app = start()
    (error,) = app.error
    assert "is damaged" in error.value
    press(app, "Yes, delete everything")
    assert not app.error
    assert history.entries() == []


def test_an_entry_that_cannot_be_deleted_says_why(history, monkeypatch):
    monkeypatch.setattr("caption_model.services.database.PATIENCE", 0.01)
    app = start()
    other = sqlite3.connect(history.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    press(app, "Delete")
    other.close()
    assert ["in use by another program" in error.value for error in app.error] == [True]
    assert len(history.entries()) == 2


def test_what_was_deleted_is_brought_back_to_its_place(history):
    before = history.entries()
    app = press(start(), "Delete")
    assert len(history.entries()) == 1
    app = press(app, "Undo")
    assert history.entries() == before
    assert not any(button.label == "Undo" for button in app.button)


def test_a_photo_is_opened_again_with_hearts_and_edits(history):
    captions = [KeptCaption("my own", True, "as written"), KeptCaption("naps")]
    _, picture, _ = jpeg("cat.jpg")
    history.add("pier.jpg", picture, "A pier.", "Default", captions, unsure=True, digest="d", picture=picture)
    app = press(start(), "Open again")
    (card,) = app.session_state["session"].cards
    assert (card.name, card.alt_text) == ("pier.jpg", "A pier. (a guess)")
    assert [(line.text, line.written, line.favourite) for line in card.lines] == [
        ("my own", "as written", True),
        ("naps", "naps", False),
    ]
    press(app, "Open again")
    assert len(app.session_state["session"].cards) == 1, "it is open already"


def test_runs_of_one_photo_are_grouped(history, shown):
    _, picture, _ = jpeg("cat.jpg")
    for number in range(3):
        history.add("pier.jpg", picture, "A pier.", "Default", [KeptCaption(f"run {number}")], digest="d")
    app = start()
    assert [box.label for box in app.expander] == ["Earlier captions of this photo · 2"]
    assert shown == [["run 2"], ["run 1"], ["run 0"], ["salty hair 🌊"], ["purrfect day", "naps"]]
