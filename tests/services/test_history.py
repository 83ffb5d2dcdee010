"""The history: what is kept, what is found, what is gone for good, and what happens when the file is unwell."""

import csv
import json
import sqlite3
import threading

import pytest

from caption_model.errors import HistoryError
from caption_model.services.history import VERSIONS, History, KeptCaption
from caption_model.services.history_export import as_csv, as_jsonl

JPEG = b"\xff\xd8 a small picture \xff\xd9"


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "kept" / "history.sqlite3")


def add(history: History, photo: str, *captions: str, description: str = "A dog.", favourite: str = "") -> int:
    kept = [KeptCaption(text, text == favourite) for text in captions]
    return history.add(photo, JPEG, description, "Bundled", kept)


def test_what_is_kept_comes_back_latest_first(history):
    add(history, "one.jpg", "sea 🌊", "sand")
    add(history, "two.jpg", "sun")
    second, first = History(history.path).entries()
    assert (first.photo, second.photo) == ("one.jpg", "two.jpg")
    assert first.captions == (KeptCaption("sea 🌊"), KeptCaption("sand"))
    assert (first.thumbnail, first.description, first.voice) == (JPEG, "A dog.", "Bundled")
    assert first.created.tzinfo is not None
    assert [entry.photo for entry in history.entries(limit=1)] == ["two.jpg"]


def test_it_lies_in_the_users_own_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert History().path == tmp_path / "social-caption-suggester" / "history.sqlite3"


def test_looking_makes_no_file(history):
    assert history.entries() == []
    assert history.keeping
    history.delete_all()
    assert not history.path.exists()


@pytest.mark.parametrize("wanted", ["STRASSE", "straße", "🌊", "beach.jpg", "A DOG", "50%", "  sea "])
def test_a_search_finds_names_descriptions_and_captions_whatever_the_case(history, wanted):
    add(history, "beach.jpg", "Auf der Straße 🌊", "50% sea", description="A dog runs.")
    add(history, "cat.jpg", "500 naps", description="A cat sleeps.")
    assert [entry.photo for entry in history.entries(wanted)] == ["beach.jpg"]


@pytest.mark.parametrize("wanted", ["zebra", "'; DROP TABLE entry; --", "%_%"])
def test_a_search_for_what_is_not_there_finds_nothing_and_harms_nothing(history, wanted):
    add(history, "beach.jpg", "sea")
    assert history.entries(wanted) == []
    assert len(history.entries()) == 1


def test_favourites_only(history):
    add(history, "one.jpg", "sea", "sand", favourite="sand")
    add(history, "two.jpg", "sea")
    assert [entry.photo for entry in history.entries(favourites=True)] == ["one.jpg"]
    assert history.entries("two", favourites=True) == []


def test_an_entry_takes_other_words_and_a_deleted_one_stays_deleted(history):
    entry, other = add(history, "one.jpg", "sea", "sand"), add(history, "two.jpg", "sun")
    history.update(entry, "A cat.", "mine", [KeptCaption("my sea", True)])
    changed = history.entries()[1]
    assert (changed.description, changed.voice, changed.captions) == ("A cat.", "mine", (KeptCaption("my sea", True),))
    history.delete(entry)
    history.update(entry, "A cat.", "mine", [KeptCaption("my sea", True)])
    assert [kept.id for kept in history.entries()] == [other]


def test_numbers_are_not_used_twice(history):
    entry = add(history, "one.jpg", "sea")
    history.delete(entry)
    assert add(history, "two.jpg", "sun") != entry, "a card of the deleted one would change another's words"


def everything_on_disk(history: History) -> bytes:
    return b"".join(path.read_bytes() for path in history.path.parent.iterdir())


@pytest.mark.parametrize("way", ["one", "all"])
def test_what_is_deleted_is_gone_from_the_disk(history, way):
    entry = add(history, "holiday.jpg", "a secret at the sea")
    assert b"a secret at the sea" in everything_on_disk(history)
    if way == "one":
        history.delete(entry)
    else:
        history.delete_all()
    left = everything_on_disk(history)
    assert b"a secret" not in left and b"holiday" not in left and JPEG not in left
    assert history.entries() == []


def test_without_a_history_nothing_is_written(history):
    entry = add(history, "one.jpg", "sea")
    history.keep(False)
    assert not History(history.path).keeping
    assert add(history, "two.jpg", "sun") is None
    history.update(entry, "A cat.", "mine", [])
    (kept,) = history.entries()
    assert (kept.photo, kept.description) == ("one.jpg", "A dog.")
    history.delete_all()
    assert not history.keeping, "deleting is no wish to keep"
    history.keep(True)
    assert add(history, "two.jpg", "sun") is not None


def test_many_threads_write_at_once_and_nothing_is_lost(history):
    failed = []

    def write(number: int) -> None:
        try:
            for turn in range(5):
                entry = add(history, f"{number}-{turn}.jpg", "sea")
                history.update(entry, "A cat.", "mine", [KeptCaption("sun")])
        except HistoryError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len({entry.photo for entry in history.entries("sun")}) == 40


def test_a_damaged_file_is_a_sentence_and_deleting_everything_cures_it(history):
    history.path.parent.mkdir()
    history.path.write_bytes(b"this is no database " * 99)
    for deed in (history.entries, lambda: history.keeping, lambda: add(history, "one.jpg", "sea")):
        with pytest.raises(HistoryError, match=r"history.sqlite3 is damaged: .*Delete everything"):
            deed()
    history.delete_all()
    assert add(history, "one.jpg", "sea")


def test_a_file_cut_short_is_damaged_too(history):
    for number in range(50):
        add(history, f"{number}.jpg", "sea " * 200)
    data = history.path.read_bytes()
    history.path.write_bytes(data[: len(data) // 3])
    with pytest.raises(HistoryError, match="is damaged"):
        history.entries()
    history.delete_all()
    assert history.entries() == []


def test_a_locked_file_is_a_sentence_and_nothing_is_lost(history, monkeypatch):
    monkeypatch.setattr("caption_model.services.database.PATIENCE", 0.01)
    add(history, "one.jpg", "sea")
    other = sqlite3.connect(history.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HistoryError, match="in use by another program: close that one and try again"):
        add(history, "two.jpg", "sun")
    assert len(history.entries()) == 1, "reading goes on"
    other.execute("ROLLBACK")
    other.close()
    assert add(history, "two.jpg", "sun")


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(HistoryError, match=r"cannot be opened or written .*: check the permissions"):
        add(History(tmp_path / "file" / "history.sqlite3"), "one.jpg", "sea")
    (tmp_path / "folder.sqlite3").mkdir()
    with pytest.raises(HistoryError, match="cannot be opened or written"):
        History(tmp_path / "folder.sqlite3").entries()


def test_a_file_of_a_later_version_is_left_alone(history):
    add(history, "one.jpg", "sea")
    with sqlite3.connect(history.path) as connection:
        connection.execute(f"PRAGMA user_version = {len(VERSIONS) + 1}")
    connection.close()
    for deed in (history.entries, history.delete_all):
        with pytest.raises(HistoryError, match="written by a later version"):
            deed()
    assert history.path.exists()


def test_exports_hold_every_caption_and_no_formula(history):
    add(history, "one.jpg", 'say "cheese" 🧀', "=1+1", favourite="=1+1")
    add(history, "@two.jpg", "line, with comma")
    entries = history.entries()
    rows = list(csv.DictReader(as_csv(entries).decode("utf-8-sig").splitlines()))
    assert [row["caption"] for row in rows] == ["line, with comma", 'say "cheese" 🧀', "'=1+1"]
    assert [row["favourite"] for row in rows] == ["no", "no", "yes"]
    assert rows[0]["photo"] == "'@two.jpg"
    objects = [json.loads(line) for line in as_jsonl(entries).decode().splitlines()]
    assert objects[1]["captions"][1] == {"text": "=1+1", "favourite": True, "from": "models"}
    assert objects[0]["photo"] == "@two.jpg"
