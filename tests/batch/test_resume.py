"""Never lose, never double: what a run leaves behind when it is killed, torn or stopped, and how the next goes on."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from caption_model.batch.run import BatchSettings, edit_captions
from caption_model.errors import BatchError
from caption_model.storage.journal import Record, newest, open_journal
from caption_model.vision.photos import open_photo
from tests.support.batches import MODELS, StandIn, draw, folder_of, run
from tests.support.paths import SUPPORT

SCRIPT = SUPPORT / "batches.py"


def sorted_table(folder):
    with (folder / "captions.csv").open(encoding="utf-8", newline="") as file:
        return sorted(csv.reader(file))


def journal(folder):
    return [json.loads(line) for line in (folder / "captions.journal.jsonl").read_bytes().splitlines()]


def captioned_times(folder):
    return Counter(line["image"] for line in journal(folder) if "captions" in line)


def sidecars(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.txt")}


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """A folder captioned in one go."""
    folder = folder_of(tmp_path_factory.mktemp("quiet"), photos=300, broken=3)
    run(folder, sidecar="txt")
    return folder


def lines_of(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def kill_at(folder, lines):
    """Run until the journal has so many lines, then ``kill -9``; returns whether it was still running."""
    running = subprocess.Popen([sys.executable, SCRIPT, folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while lines_of(folder / "captions.journal.jsonl") < lines and running.poll() is None:
        time.sleep(0.002)
    alive = running.poll() is None
    running.send_signal(signal.SIGKILL)
    running.wait()
    return alive


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_killed_ten_times_it_gives_what_one_quiet_run_gives(quiet, tmp_path):
    folder = folder_of(tmp_path / "photos", photos=300, broken=3)
    moments = sorted(random.Random(7).sample(range(1, 590), 10))
    killed = sum(kill_at(folder, moment) for moment in moments)
    assert killed == 10
    assert not (folder / "captions.csv").exists()
    result = run(folder, sidecar="txt")
    assert 0 < result.finished.done_before < 300
    assert result.finished.done_before + result.finished.captioned == 300
    assert sorted(failure.image for failure in result.failed) == ["broken 0.jpg", "broken 1.jpg", "broken 2.jpg"]
    assert sorted_table(folder) == sorted_table(quiet)
    assert sidecars(folder) == sidecars(quiet)
    assert set(captioned_times(folder).values()) == {1}, "none twice"
    assert not list(folder.rglob(".*.part"))


def test_whatever_byte_the_last_line_was_torn_at_the_next_run_mends_it(tmp_path):
    whole = folder_of(tmp_path / "whole", photos=3)
    run(whole)
    before, last = (whole / "captions.journal.jsonl").read_bytes().splitlines(keepends=True)[1:]
    first = (whole / "captions.journal.jsonl").read_bytes()[: -len(before + last)]
    for cut in range(0, len(last), 7):
        folder = tmp_path / f"cut {cut}"
        shutil.copytree(whole, folder)  # and the photos' times
        (folder / "captions.journal.jsonl").write_bytes(first + before + last[:cut])
        result = run(folder)
        assert (result.finished.done_before, result.finished.captioned) == (2, 1)
        assert (folder / "captions.journal.jsonl").read_bytes() == first + before + last
        assert sorted_table(folder) == sorted_table(whole)


@pytest.mark.parametrize(
    "line",
    [
        b"\x00\xff\xfe rubbish",
        b"[]",
        b'{"image": "0001.png"}',
        b'{"image": 5, "size": 1, "mtime_ns": 1, "models": "", "settings": "", "captions": []}',
        b'{"image": "x", "size": 1, "mtime_ns": 1, "models": "", "settings": "", "captions": 5, "description": ""}',
        b'{"image": "x", "size": 1, "mtime_ns": 1, "models": "", "settings": "", "captions": ["a"]}',
        b"",
    ],
)
def test_a_line_that_is_none_of_ours_is_as_if_it_were_not_there(tmp_path, line):
    folder = folder_of(tmp_path, photos=3)
    run(folder)
    path = folder / "captions.journal.jsonl"
    first, *others = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(line + b"\n" + b"".join(others))
    result = run(folder)
    assert (result.finished.done_before, result.finished.captioned) == (2, 1)
    assert path.read_bytes() == line + b"\n" + b"".join(others) + first


def test_a_second_run_does_nothing_and_loads_nothing(tmp_path):
    folder = folder_of(tmp_path, photos=5)
    run(folder)
    table, lines = (folder / "captions.csv").read_bytes(), journal(folder)
    writer = StandIn()
    result = run(folder, writer)
    assert (result.finished.captioned, result.finished.done_before, result.finished.failed) == (0, 5, 0)
    assert writer.batches == []
    assert (folder / "captions.csv").read_bytes() == table
    assert journal(folder) == lines


def test_new_and_changed_photos_are_captioned_and_no_others(tmp_path):
    folder = folder_of(tmp_path, photos=8)
    before = {event.image: event.captions for event in run(folder).captioned}
    draw(folder / "new.png", 100)
    draw(folder / "0007.png", 101)
    os.utime(folder / "UP.JPG", ns=(1, 1))
    (folder / "日本.jpg").unlink()
    result = run(folder)
    assert sorted(event.image for event in result.captioned) == ["0007.png", "UP.JPG", "new.png"]
    rows = {row[0]: row for row in sorted_table(folder)}
    assert "日本.jpg" not in rows, "the table tells of photos that are there"
    assert rows["0007.png"][1] == rows["0007.png"][3] == result.captioned[0].captions[0] != before["0007.png"][0]
    assert rows["UP.JPG"][1] == before["UP.JPG"][0]


@pytest.mark.parametrize("change", [{"seed": 8}, {"n": 3}, {"models": "x" * 64}])
def test_other_models_or_settings_caption_again(tmp_path, change):
    folder = folder_of(tmp_path, photos=4)
    run(folder)
    assert run(folder, **change).finished.captioned == 4
    assert run(folder, **change).finished.done_before == 4
    assert run(folder).finished.captioned == 4, "the newest captions count"


def test_a_broken_photo_is_listed_with_its_reason_and_tried_again(tmp_path):
    folder = folder_of(tmp_path, photos=2, broken=2)
    first = run(folder)
    assert [failure.image for failure in first.failed] == ["broken 0.jpg", "broken 1.jpg"]
    assert all(failure.image in failure.reason and failure.reason.endswith(".") for failure in first.failed)
    assert [line["error"] for line in journal(folder) if "error" in line] == [f.reason for f in first.failed]
    assert "broken 0.jpg" not in {row[0] for row in sorted_table(folder)}
    draw(folder / "broken 0.jpg", 50)
    second = run(folder)
    assert [event.image for event in second.captioned] == ["broken 0.jpg"]
    assert [failure.image for failure in second.failed] == ["broken 1.jpg"]


def test_a_photo_that_cannot_be_encoded_costs_only_itself(tmp_path):
    folder = folder_of(tmp_path / "photos", photos=20, broken=2)
    bad = run(folder_of(tmp_path / "other", photos=20)).captioned[7]

    class Choosy(StandIn):
        def look(self, photo):
            seen = super().look(photo)
            if seen.description == bad.description:
                raise ZeroDivisionError("no scale")
            return seen

    for _ in range(2):
        result = run(folder, Choosy())
        reasons = {failure.image: failure.reason for failure in result.failed}
        assert reasons.keys() == {"broken 0.jpg", "broken 1.jpg", bad.image}
        assert "cannot be captioned (no scale)" in reasons[bad.image]
        assert len(sorted_table(folder)) == 1 + 19
    assert result.finished.done_before == 19


def test_whatever_opening_a_photo_raises_is_its_own_failure(tmp_path, monkeypatch):
    folder = folder_of(tmp_path, photos=7)

    def fail(source, size):
        if "UP" in str(source):
            raise RecursionError("deep")
        return open_photo(source, size)

    monkeypatch.setattr("caption_model.batch.decode.open_photo", fail)
    result = run(folder)
    assert [failure.image for failure in result.failed] == ["UP.JPG"]
    assert result.finished.captioned == 6


def test_a_photo_that_vanishes_meanwhile_is_a_failure_of_its_own(tmp_path):
    folder = folder_of(tmp_path, photos=80)

    class Thief(StandIn):
        def look_all(self, photos, batch):
            (folder / "deeper" / "0079.png").unlink(missing_ok=True)
            return super().look_all(photos, batch)

    result = run(folder, Thief())
    assert [failure.image for failure in result.failed] == ["deeper/0079.png"]
    assert "does not exist" in result.failed[0].reason
    assert result.finished.captioned == 79


def test_when_stopped_it_finishes_what_is_in_hand_and_says_what_is_left(tmp_path):
    folder = folder_of(tmp_path, photos=200)
    writer = StandIn()
    result = run(folder, writer, stop=lambda: sum(writer.batches) > 20)
    done = result.finished.captioned
    assert done == sum(writer.batches) == len(result.captioned) < 100, "what was computed is kept"
    assert result.finished.left == 200 - done
    assert len(sorted_table(folder)) == 1 + done
    assert run(folder).finished.captioned == 200 - done


def test_while_one_run_is_at_work_another_is_refused(tmp_path):
    folder = folder_of(tmp_path, photos=1)
    with (
        open_journal(folder / "captions.journal.jsonl"),
        pytest.raises(BatchError, match=r"another run .*captions\.journal\.jsonl"),
    ):
        run(folder)
    assert run(folder).finished.captioned == 1, "the lock is gone with the run"


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_killed_run_holds_no_lock(tmp_path):
    folder = folder_of(tmp_path, photos=60)
    assert kill_at(folder, 4)
    assert run(folder, sidecar="txt").finished.left == 0


def test_a_full_disk_ends_with_one_sentence_and_loses_nothing(tmp_path, monkeypatch):
    folder = folder_of(tmp_path, photos=40)
    real = os.fsync
    calls = []

    def fsync(number):
        calls.append(number)
        if len(calls) == 11:
            raise OSError(28, "No space left on device")
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(BatchError, match=r"captions\.journal\.jsonl cannot be written \(No space left on device\)"):
        run(folder)
    assert len(journal(folder)) == 10, "the line that may not be on disk was taken back"
    monkeypatch.undo()
    assert run(folder).finished.done_before == 10
    assert set(captioned_times(folder).values()) == {1}


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    folder = folder_of(tmp_path, photos=2)
    run(folder)
    before = (folder / "captions.csv").read_bytes()
    draw(folder / "new.png", 9)

    def replace(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(BatchError, match="safe in the journal"):
        run(folder)
    monkeypatch.undo()
    assert (folder / "captions.csv").read_bytes() == before
    assert not list(folder.glob(".*.part"))
    assert run(folder).finished.done_before == 3


def test_captions_do_not_depend_on_order_or_batch(tmp_path):
    folder = folder_of(tmp_path / "one", photos=30)
    run(folder)
    for batch in (1, 4, 64):
        other = folder_of(tmp_path / f"{batch}", photos=30)
        writer = StandIn()
        run(other, writer, batch=batch)
        assert max(writer.batches) <= batch
        assert sorted_table(other) == sorted_table(folder)


def test_a_persons_words_take_the_place_of_captions_everywhere_and_stay(tmp_path):
    folder = folder_of(tmp_path, photos=3)
    settings = BatchSettings(folder, folder / "captions.csv", sidecar="txt", recursive=True)
    run(folder, sidecar="txt")
    edit_captions(settings, MODELS, {"日本.jpg": Record("Mine.", ("my own words",))})
    rows = {row[0]: row[1:] for row in sorted_table(folder)}
    assert rows["日本.jpg"] == ["my own words", "Mine.", "my own words", "", "", "", ""]
    assert sidecars(folder)[Path("日本.txt")] == b"my own words\n"
    assert run(folder, sidecar="txt").finished.done_before == 3
    assert {row[0]: row[1:] for row in sorted_table(folder)} == rows


@pytest.mark.parametrize("state", ["changed since", "never captioned", "gone"])
def test_words_for_a_photo_that_is_not_as_it_was_are_refused(tmp_path, state):
    folder = folder_of(tmp_path, photos=2)
    run(folder)
    name = "new.png" if state == "never captioned" else "café ☕.png"
    if state == "gone":
        (folder / name).unlink()
    else:
        draw(folder / name, 77, size=20)
    before = journal(folder)
    with pytest.raises(BatchError, match=f"{name} has no captions to edit"):
        edit_captions(BatchSettings(folder, folder / "captions.csv"), MODELS, {name: Record("Mine.", ("words",))})
    assert journal(folder) == before


def test_a_journal_can_be_read_while_another_run_writes_to_it(tmp_path):
    folder = folder_of(tmp_path, photos=3, broken=1)
    run(folder)
    path = folder / "captions.journal.jsonl"
    with open_journal(path), path.open("ab") as torn:
        torn.write(b'{"image": "torn')
        torn.flush()
        told = newest(path)
    assert {image: type(what) for image, (_, what) in told.items()} == {
        "café ☕.png": Record, "two  blanks.png": Record, "日本.jpg": Record, "broken 0.jpg": str
    }  # fmt: skip
    assert newest(tmp_path / "none.jsonl") == {}
    with pytest.raises(BatchError, match="cannot be read"):
        newest(tmp_path)
