"""``batch`` as it is typed: lines, exit codes, and a Ctrl-C."""

import json
import os
import signal
import sys
import time

import pytest

from caption_model.cli.batch import last_line
from tests.support.batches import StandIn, folder_of


@pytest.fixture
def writer(monkeypatch):
    from caption_model.captioner import Captioner

    stand_in = StandIn()
    monkeypatch.setattr(Captioner, "load", lambda models, voice, threads: stand_in)
    return stand_in


def test_the_last_line_tells_what_became_of_every_photo(writer, typed, tmp_path):
    folder = folder_of(tmp_path, photos=4, broken=1)
    code, out, err = typed("batch", folder, "--recursive")
    assert code == 1
    assert out.startswith(f"captioned 4, skipped 0, failed 1 (see {folder / 'captions.journal.jsonl'}), ")
    assert out.endswith(" photos/s\n") and out.count("\n") == 1
    assert "failed: " in err and "broken 0.jpg" in err and "Traceback" not in err
    (folder / "broken 0.jpg").unlink()
    code, out, err = typed("batch", folder, "--recursive")
    assert (code, out, err) == (0, "captioned 0, skipped 4 (done before), failed 0, 0.0 photos/s\n", "")


def test_reasons_are_told_apart_where_there_are_several(writer, typed, tmp_path):
    folder = folder_of(tmp_path, photos=4)
    (folder / "UP.txt").write_text("")
    (folder / "two  blanks.txt").write_text("mine")
    typed("batch", folder)
    code, out, _ = typed("batch", folder, "--sidecar", "txt", "--exclude", "日本*", "--exclude", "c*")
    assert code == 0
    assert out.startswith("captioned 0, skipped 2 (done before), failed 0")
    code, out, _ = typed("batch", folder, "--sidecar", "txt", "--seed", 9)
    assert out.startswith("captioned 3, skipped 1 (had a text file), failed 0")
    assert (folder / "two  blanks.txt").read_text() == "mine"


def test_json_progress_is_one_object_a_line_and_nothing_else(writer, typed, tmp_path):
    folder = folder_of(tmp_path, photos=3, broken=1)
    code, out, err = typed("batch", folder, "--json-progress", "-n", 2, "--exclude", "c*")
    events = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (1, "")
    assert [event.pop("event") for event in events] == ["planned", "failed", "captioned", "captioned", "finished"]
    assert events[0] == {
        "photos": 3, "to_do": 3, "done_before": 0, "had_sidecar": 0, "passed_over": {"excluded": 1}
    }  # fmt: skip
    assert events[1].keys() == {"image", "reason"}
    assert events[2].keys() == {"image", "description", "captions"} and len(events[2]["captions"]) == 2
    assert events[4].pop("seconds") >= 0 and events[4].pop("photos_per_second") >= 0
    assert events[4] == {
        "captioned": 2, "done_before": 0, "had_sidecar": 0, "failed": 1, "left": 0,
        "table": str(folder / "captions.csv"), "journal": str(folder / "captions.journal.jsonl"),
    }  # fmt: skip
    assert "日本" in out, "names are written as they are"


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_finishes_the_photos_in_hand(writer, typed, tmp_path, monkeypatch):
    folder = folder_of(tmp_path, photos=120)
    look_all, pressed = writer.look_all, []

    def look(*words):
        if len(writer.batches) >= 2 and not pressed:
            pressed.append(os.kill(os.getpid(), signal.SIGINT))
        time.sleep(0.05)
        return look_all(*words)

    monkeypatch.setattr(writer, "look_all", look)
    before = signal.getsignal(signal.SIGINT)
    code, out, err = typed("batch", folder, "--recursive")
    done = sum(writer.batches)
    assert code == 130
    assert 16 <= done < 120
    assert out.startswith(f"captioned {done}, skipped 0, failed 0, left {120 - done} (run the same command to go on), ")
    assert "Traceback" not in err
    assert signal.getsignal(signal.SIGINT) is before
    monkeypatch.undo()
    assert len((folder / "captions.csv").read_text("utf-8").splitlines()) > done


def test_errors_are_one_sentence(writer, typed, tmp_path):
    (tmp_path / "captions.csv").write_text("mine")
    assert typed("batch", tmp_path)[0] == 1
    folder_of(tmp_path, photos=1)
    code, out, err = typed("batch", tmp_path)
    assert (code, out) == (1, "")
    assert err.startswith("Error: ") and err.count("\n") == 1
    code, out, err = typed("batch", tmp_path, "--out", tmp_path / "x.csv", "--models", tmp_path / "none")
    assert (code, out) == (1, "")
    assert "none" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [["{gone}"], ["{file}"], ["{here}", "-n", "0"], ["{here}", "--sidecar", "json"], ["{here}", "--existing", "ask"]],
)
def test_a_command_that_is_not_understood_ends_with_two(typed, tmp_path, words):
    (tmp_path / "file").write_text("")
    places = {"gone": tmp_path / "gone", "file": tmp_path / "file", "here": tmp_path}
    code, out, err = typed("batch", *(word.format(**places) for word in words))
    assert (code, out) == (2, "")
    assert "Traceback" not in err


def test_the_rate_counts_photos_captioned_in_the_time_it_took(tmp_path):
    from caption_model.batch.events import Finished
    from caption_model.batch.run import BatchSettings

    line = last_line(Finished(812, 38, 2, 3, 0, 19.7), BatchSettings(tmp_path, tmp_path / "c.csv"))
    assert line == (
        "captioned 812, skipped 40 (38 done before, 2 had a text file), "
        f"failed 3 (see {tmp_path / 'c.journal.jsonl'}), 41.2 photos/s"
    )
