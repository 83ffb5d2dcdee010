"""A voice made in a process of its own: followed, stopped with its best, killed and resumed, refused in a sentence."""

import json
import sys
import threading

import pytest

from caption_model.errors import TrainingError
from caption_model.services import training_job as training
from caption_model.services import voices
from caption_model.services.inspection import Inspection
from caption_model.services.job_manager import JobManager
from caption_model.services.training_job import MOST_POINTS, Point, TrainingJob
from caption_model.services.voice_requests import VoiceRequest, check_name, unfinished
from tests.support.batches import PATIENCE
from tests.support.uploads import Sent

pytestmark = pytest.mark.usefixtures("commands")


@pytest.fixture
def request_(tmp_path, sample):
    return VoiceRequest(tmp_path / "voices", "Mine", sample / "kaggle", 5.0)


def ended(made: TrainingJob) -> TrainingJob:
    assert made.wait(PATIENCE)
    return made


def begun(request: VoiceRequest) -> TrainingJob:
    """One that is stopped at the gate, after its first epoch."""
    made, learnt = TrainingJob(request), threading.Event()
    usual = made._hear

    def hear(event):
        usual(event)
        if event["event"] == "epoch":
            learnt.set()

    made._hear = hear
    made.start()
    assert learnt.wait(PATIENCE)
    return made


def test_a_voice_is_made_and_found_and_nothing_else_is_left(request_):
    made = TrainingJob(request_)
    assert made.status().stage == "starting"
    made.start()
    ended(made)
    status = made.status()
    assert (made.fault, status.stage, status.done) == ("", "made", 1.0)
    assert (status.captions, status.held_out, status.photos, status.encoded) == (60, 12, 2, 2)
    assert [point.seconds for point in status.judged] == [10, 20, 30]
    assert [point.bits for point in status.judged] == [2.6, 2.5, 2.4]
    assert len(status.posts) == 12 and status.posts[1] == Point(2.5, 2.875)
    assert status.facts["bits"] < status.facts["bits_before"] and status.facts["suggestions"]
    assert [voice.name for voice in voices.found(request_.voices)] == ["Mine"]
    assert not request_.folder.exists() and unfinished(request_.voices) == []


def test_stopped_it_makes_a_voice_of_the_best_so_far(request_, monkeypatch, tmp_path):
    monkeypatch.setenv("GATE", str(tmp_path / "gate"))
    made = begun(request_)
    assert made.running and not made.stopping
    assert unfinished(request_.voices) == [request_]
    made.stop()
    assert made.stopping or not made.running
    ended(made)
    assert made.fault == "" and made.status().facts["epochs"] == 1
    assert [voice.name for voice in voices.found(request_.voices)] == ["Mine"]


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_killed_it_is_told_of_and_goes_on_with_its_curve(request_, monkeypatch):
    monkeypatch.setenv("WAY", "die")
    made = TrainingJob(request_)
    made.start()
    ended(made)
    assert "ended from outside (signal 9)" in made.fault
    (again,) = unfinished(request_.voices)
    assert again == request_
    monkeypatch.setenv("WAY", "well")
    made = TrainingJob(again)
    made.start()
    ended(made)
    status = made.status()
    assert (made.fault, status.facts["epochs"]) == ("", 3)
    assert [point.seconds for point in status.judged] == [10, 20, 30]
    assert status.posts[0] == Point(10.0, pytest.approx(1.9 / 0.6931, rel=1e-3))


@pytest.mark.parametrize(
    ("way", "sentence"),
    [
        ("fail", "only 3 captions are left after cleaning: bring at least 20."),
        ("break", "It broke off (RuntimeError: no such luck): start it again to go on."),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_no_voice(request_, monkeypatch, way, sentence):
    monkeypatch.setenv("WAY", way)
    made = TrainingJob(request_)
    made.start()
    assert ended(made).fault == sentence
    assert voices.everything(request_.voices) == []
    assert made.status().facts is None
    made.discard()
    assert unfinished(request_.voices) == []


def test_a_training_that_is_discarded_leaves_nothing(request_, monkeypatch, tmp_path):
    monkeypatch.setenv("GATE", str(tmp_path / "gate"))
    made = begun(request_)
    made.discard()
    assert not made.running and made.fault == ""
    assert not request_.folder.exists() and voices.everything(request_.voices) == []


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path, sample):
    (tmp_path / "voices").write_text("")
    with pytest.raises(TrainingError, match="cannot be written"):
        TrainingJob(VoiceRequest(tmp_path / "voices", "Mine", sample, 5.0)).start()


def test_a_damaged_request_is_passed_over(request_):
    request_.save()
    other = VoiceRequest(request_.voices, "Other", request_.dump, 1.0, ("ann",))
    other.save()
    (request_.folder / "request.json").write_text('{"dump": 5')
    assert unfinished(request_.voices) == [other]
    (other.folder / "request.json").write_text("[]")
    assert unfinished(request_.voices) == []


@pytest.mark.parametrize("name", ["", "  ", "../up", "a/b", ".hidden", "x" * 41, "-", "a\nb", "con:"])
def test_a_name_that_cannot_be_a_folder_is_refused(tmp_path, name):
    with pytest.raises(TrainingError, match="needs a name"):
        check_name(tmp_path, name)


def test_a_name_is_taken_once(tmp_path, request_):
    assert check_name(tmp_path / "none", "  Café no 1 ") == "Café no 1"
    request_.save()
    (request_.voices / "Summer").mkdir()
    for name in ("Mine", "mine", "SUMMER"):
        with pytest.raises(TrainingError, match="already"):
            check_name(request_.voices, name)


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    status = training.TrainingStatus()
    for number in range(3 * MOST_POINTS):
        event = {"event": "step", "bits": 2.0, "done": 0.5, "spent": float(number), "left": 1.0}
        status = training._after(status, event)
    assert MOST_POINTS / 2 <= len(status.posts) <= MOST_POINTS
    assert (status.posts[0].seconds, status.posts[-1].seconds) == (0, 3 * MOST_POINTS - 1)


def test_a_dump_is_looked_into(sample, tmp_path):
    looked = Inspection(sample / "kaggle")
    assert looked.wait(PATIENCE)
    assert looked.fault == "" and looked.found["posts"] > 50
    examples = looked.found["cleaning"]["examples"]
    assert any(before != after for shown in examples.values() for before, after in shown)
    looked = Inspection(tmp_path / "gone")
    assert looked.wait(PATIENCE)
    assert looked.fault == f"{tmp_path / 'gone'} does not exist; give the path of a dump's folder or file."
    assert looked.found == {}


def uploaded(sample) -> list[Sent]:
    names = [path for path in (sample / "kaggle").rglob("*") if path.is_file()]
    return [Sent(str(path.relative_to(sample)), path.read_bytes()) for path in names]


def test_an_uploaded_dump_is_kept_until_its_voice_is_made(sample, tmp_path, monkeypatch):
    manager = JobManager()
    manager.inspect_uploads(uploaded(sample))
    place = manager.inspection.dump
    assert manager.inspection.wait(PATIENCE)
    assert manager.inspection.found["with_photo"] > 50
    monkeypatch.setenv("GATE", str(tmp_path / "gate"))
    request = VoiceRequest(tmp_path / "voices", "Mine", place, 5.0)
    manager.train(request)
    kept = manager.training.request
    assert kept.dump.is_relative_to(request.folder) and not place.exists() and manager.inspection is None
    assert len([path for path in kept.dump.rglob("*") if path.is_file()]) == len(uploaded(sample))
    with pytest.raises(TrainingError, match="Another voice is being made"):
        manager.train(VoiceRequest(tmp_path / "voices", "Other", sample / "kaggle", 5.0))
    manager.training.discard()
    assert not request.folder.exists()
    manager.clear_training()
    assert manager.training is None


def test_an_uploaded_file_is_the_dump_itself(sample):
    manager = JobManager()
    data = (sample / "kaggle" / "instagram_data" / "captions_csv.csv").read_bytes()
    manager.inspect_uploads([Sent("captions.csv", data)])
    place = manager.inspection.dump
    assert place.name == "captions.csv"
    manager.inspect(sample / "kaggle")
    assert not place.exists()
    manager.clear_inspection()
    assert manager.inspection is None


def test_a_request_is_kept_as_it_was(request_):
    request_.save()
    content = json.loads((request_.folder / "request.json").read_text(encoding="utf-8"))
    assert content["minutes"] == 5.0 and content["name"] == "Mine"


def test_one_bar_grows_from_start_to_end():
    events = [
        {"event": "reading"},
        {"event": "read", "captions": 60, "held_out": 12, "photos": 4},
        *({"event": "encoded", "photos": number, "of": 4} for number in range(1, 5)),
        {"event": "learning"},
        *({"event": "step", "bits": 3, "done": done, "spent": done, "left": 1 - done} for done in (0.1, 0.5, 0.9)),
        {"event": "measuring"},
        {"event": "finished"},
    ]
    status, shares = training.TrainingStatus(), [0.0]
    for event in events:
        status = training._after(status, event)
        shares.append(status.share)
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(set(shares)) > 9
