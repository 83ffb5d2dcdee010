"""A folder captioned in a thread of its own: followed, stopped, resumed, edited, and every way it can fail."""

import csv
import io
import json
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from caption_model.batch.events import Captioned, Planned
from caption_model.batch.run import BatchSettings
from caption_model.errors import BatchError, BundleError, CaptionError
from caption_model.generation.options import GenerationOptions
from caption_model.services import exports
from caption_model.services.folder_job import FolderJob
from caption_model.services.job_manager import JobManager
from caption_model.services.uploads import LONGEST, keep_uploads, safe_name
from caption_model.storage.journal import Record, open_journal
from tests.support.batches import PATIENCE, Gated, draw, folder_of
from tests.support.uploads import Sent

pytestmark = pytest.mark.usefixtures("commands")


def settings(folder: Path, **more) -> BatchSettings:
    return BatchSettings(folder, folder / "captions.csv", recursive=True, batch=1, flights=1, **more)


def states(run: FolderJob) -> dict[str, int]:
    return dict(run.counts())


def heard(run: FolderJob, kind: type) -> threading.Event:
    """An event that is set once the run has heard of this."""
    moment, usual = threading.Event(), run._hear

    def hear(event):
        usual(event)
        if isinstance(event, kind):
            moment.set()

    run._hear = hear
    return moment


def ended(run: FolderJob) -> FolderJob:
    assert run.wait(PATIENCE)
    return run


def test_a_folder_is_captioned_and_the_broken_photos_are_told_of(tmp_path):
    run = FolderJob(settings(folder_of(tmp_path, photos=20, broken=1)))
    assert states(run) == {"waiting": 21} and not run.running
    run.start(Gated)
    run.start(Gated)  # once more is no second run
    ended(run)
    assert (states(run), run.fault) == ({"captioned": 20, "failed": 1}, "")
    (broken,) = [row for row in run.rows if row.state == "failed"]
    assert broken.reason.endswith(".") and "broken 0.jpg" in broken.reason
    status = run.status()
    assert (status.done, status.to_do) == (21, 21)
    assert all(len(row.record.captions) == 5 for row in run.rows if row.state == "captioned")


def test_stopped_it_finishes_what_is_in_hand_and_goes_on_later(tmp_path, gate):
    run = FolderJob(settings(folder_of(tmp_path / "photos", photos=80)))
    first = heard(run, Captioned)
    run.start(Gated)
    assert first.wait(PATIENCE)
    assert run.running and not run.stopping
    run.stop()
    assert run.stopping
    gate.touch()
    ended(run)
    before = run.rows
    counts = states(run)
    assert 2 <= counts["captioned"] <= 5, "the photo in hand, and one more that had begun"
    assert (run.fault, run.stopping) == ("", False)
    run.start(Gated)
    ended(run)
    assert states(run) == {"captioned": 80}
    assert run.status().to_do == counts["waiting"]
    for old, new in zip(before, run.rows, strict=True):
        assert new == old or old.state == "waiting"


def test_photos_captioned_by_an_earlier_run_are_there_before_anything_starts(tmp_path):
    folder = folder_of(tmp_path, photos=6, broken=1)
    first = FolderJob(settings(folder))
    first.start(Gated)
    ended(first)
    assert FolderJob(settings(folder)).rows == first.rows
    assert states(FolderJob(settings(folder, seed=8))) == {"waiting": 7}
    draw(folder / "日本.jpg", 99, size=20)
    assert states(FolderJob(settings(folder))) == {"captioned": 5, "waiting": 1, "failed": 1}


def test_speed_and_time_left_are_known_once_two_batches_have_come(tmp_path, monkeypatch):
    run = FolderJob(settings(folder_of(tmp_path, photos=4)))
    clock = iter([10.0, 10.01, 12.0, 12.01])
    monkeypatch.setattr("caption_model.services.folder_job.time.monotonic", lambda: next(clock))
    run._hear(Planned(8, 8, 0, 0))
    told = []
    for row in run.rows:
        run._hear(Captioned(row.photo.name, "", ()))
        told.append(run.status().photos_per_second)
    assert told == [None, None, pytest.approx(0.5), pytest.approx(2 / 2.01)]
    assert run.status().seconds_left == pytest.approx(4 / (2 / 2.01))


@pytest.mark.parametrize("name", ["gone", "file.txt", "empty"])
def test_a_folder_that_is_none_or_has_no_photos_is_one_sentence(tmp_path, name):
    (tmp_path / "file.txt").write_text("")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BatchError, match=name) as error:
        FolderJob(settings(tmp_path / name))
    assert "\n" not in str(error.value)


def test_a_folder_that_another_run_is_at_says_so_and_can_be_tried_again(tmp_path):
    run = FolderJob(settings(folder_of(tmp_path, photos=3)))
    with open_journal(run.settings.journal):
        run.start(Gated)
        ended(run)
        assert run.fault.startswith("another run is writing to")
        with pytest.raises(BatchError, match="another run"):
            run.start(Gated)
            ended(run)
            raise BatchError(run.fault)
    run.start(Gated)
    ended(run)
    assert (run.fault, states(run)) == ("", {"captioned": 3})


def test_a_run_that_breaks_is_a_sentence_and_the_next_one_goes_on(tmp_path):
    run = FolderJob(settings(folder_of(tmp_path, photos=1)))

    def refuse():
        raise BundleError("models/social is missing: get the repository again.")

    def break_off():
        raise RuntimeError("no such luck")

    run.start(refuse)
    assert ended(run).fault == "models/social is missing: get the repository again."
    run.start(break_off)
    assert ended(run).fault == "It broke off (RuntimeError: no such luck): start it again to go on."
    run.start(Gated)
    assert (ended(run).fault, states(run)) == ("", {"captioned": 1})


def test_what_is_asked_of_the_captions_reaches_the_captioner_and_decides_what_is_done_before(tmp_path):
    folder, asked = folder_of(tmp_path, photos=2), []

    class Listening(Gated):
        def write(self, seen, options):
            asked.append(options)
            return super().write(seen, options)

    style = GenerationOptions(tone="warm", starts_with="Finally")
    run = FolderJob(settings(folder, style=style, n=3))
    run.start(Listening)
    ended(run)
    assert asked == [replace(style, n=3)] * 2
    assert states(FolderJob(settings(folder, style=style, n=3))) == {"captioned": 2}
    assert states(FolderJob(settings(folder, n=3))) == {"waiting": 2}


def test_a_persons_words_are_kept_in_journal_table_and_the_next_run(tmp_path):
    folder = folder_of(tmp_path, photos=3)
    run = FolderJob(settings(folder))
    run.start(Gated)
    ended(run)
    mine = Record("Mine.", ("my own words",))
    run.edit({"日本.jpg": mine, "café ☕.png": run.rows[0].record})
    journal = run.settings.journal.read_bytes()
    assert journal.count(b"\n") == 4, "what changes nothing is not written"
    run.edit({"日本.jpg": mine})
    assert run.settings.journal.read_bytes() == journal
    assert "my own words" in run.settings.table.read_text(encoding="utf-8")
    assert {row.photo.name: row.record for row in FolderJob(settings(folder)).rows}["日本.jpg"] == mine


def test_exports_hold_what_was_captioned_as_it_was_edited(tmp_path):
    folder = folder_of(tmp_path, photos=6, broken=1)
    run = FolderJob(settings(folder))
    run.start(Gated)
    ended(run)
    run.edit({"deeper/=SUM(A1).png": Record("Plain.", ("=1+1", "two"))})
    rows = list(csv.DictReader(io.StringIO(exports.as_csv(run.rows, 5).decode("utf-8-sig"))))
    assert len(rows) == 6
    (edited,) = [row for row in rows if row["description"] == "Plain."]
    assert (edited["image"], edited["caption_1"], edited["caption_5"]) == ("deeper/=SUM(A1).png", "'=1+1", "")
    lines = [json.loads(line) for line in exports.as_jsonl(run.rows).decode().splitlines()]
    assert {"image": "deeper/=SUM(A1).png", "description": "Plain.", "captions": ["=1+1", "two"]} in lines
    with zipfile.ZipFile(io.BytesIO(exports.as_zip(run.rows))) as archive:
        assert len(archive.namelist()) == 6
        assert archive.read("deeper/=SUM(A1).txt").decode() == "=1+1\ntwo\n"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("cat.jpg", "cat.jpg"),
        ("img/2024/cat.jpg", "img/2024/cat.jpg"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Users\\me\\cat.jpg", "C_/Users/me/cat.jpg"),
        ("..", "file"),
        ("a\0b\n.jpg", "ab.jpg"),
        (".hidden.jpg", "hidden.jpg"),
        ("日本 ☕.jpg", "日本 ☕.jpg"),
    ],
)
def test_an_uploads_name_never_leads_anywhere_else(name, safe):
    assert str(safe_name(name)) == safe


def test_a_name_too_long_for_a_disk_keeps_its_ending():
    name = str(safe_name("☕" * 300 + ".jpg"))
    assert name.endswith("☕.jpg") and LONGEST - 3 <= len(name.encode()) <= LONGEST


def test_uploads_of_one_name_are_all_kept_in_a_folder_for_nobody_else(tmp_path):
    folder = tmp_path / "private"
    keep_uploads([Sent("a.jpg", b"1"), Sent("a.jpg", b"2"), Sent("b/a.jpg", b"3")], folder)
    kept = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.jpg")}
    assert kept == {"a.jpg": b"1", "a (2).jpg": b"2", "b/a.jpg": b"3"}
    assert folder.stat().st_mode & 0o077 == 0 or sys.platform == "win32"
    (tmp_path / "file").write_text("")
    with pytest.raises(CaptionError, match="file cannot be written"):
        keep_uploads([Sent("a.jpg")], tmp_path / "file")


def test_uploaded_photos_are_captioned_in_a_temporary_folder(tmp_path):
    manager = JobManager()
    photo = draw(tmp_path / "a.png", 1).read_bytes()
    manager.caption_uploads([Sent("a.png", photo), Sent("b.png", b"no photo")], 2, Gated)
    run = ended(manager.folder)
    assert manager.holds_uploads and states(run) == {"captioned": 1, "failed": 1}
    place = run.settings.folder
    manager.clear_folder()
    assert manager.folder is None and not manager.holds_uploads and not place.exists()


def test_one_folder_is_captioned_at_a_time(tmp_path, gate):
    manager = JobManager()
    manager.caption(settings(folder_of(tmp_path / "one", photos=40)), Gated)
    run = manager.folder
    with pytest.raises(BatchError, match="Another folder is being captioned"):
        manager.caption(settings(folder_of(tmp_path / "two", photos=2)), Gated)
    with pytest.raises(BatchError, match="Another folder is being captioned"):
        manager.caption_uploads([Sent("a.png")], 2, Gated)
    assert manager.folder is run
    run.stop()
    gate.touch()
    ended(run)
    manager.caption(settings(tmp_path / "two"), Gated)
    assert states(ended(manager.folder)) == {"captioned": 2}


def test_a_folder_that_is_done_starts_nothing(tmp_path):
    folder = folder_of(tmp_path, photos=2)
    manager = JobManager()
    manager.caption(settings(folder), Gated)
    ended(manager.folder)
    manager.caption(settings(folder), Gated)
    assert not manager.folder.running and states(manager.folder) == {"captioned": 2}
