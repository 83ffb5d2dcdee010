"""A training that is watched: it tells how far it is, and told to stop it keeps the best it has."""

import json
import math
import os
import signal

import pytest

from caption_model.errors import TrainingError
from caption_model.training.engine.checkpoint import STATE
from caption_model.training.engine.loop import fit
from caption_model.training.engine.progress import Progress
from caption_model.training.engine.watch import Watch
from caption_model.training.social import train as training_module
from caption_model.training.social.sources import SocialSources
from caption_model.training.social.train import SocialTraining, train_social
from tests.training.test_loop import SCHEDULE, build, cost_of, toy


class Ear(list):
    """Hears all events; wants a stop from the given number of events of a kind on."""

    def __init__(self, kind: str = "never", count: int = 1):
        super().__init__()
        self.kind, self.count = kind, count

    def stop(self) -> bool:
        return self.kinds().count(self.kind) >= self.count

    def kinds(self) -> list[str]:
        return [event["event"] for event in self]

    def watch(self) -> Watch:
        return Watch(self.append, self.stop, every=0)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All that a training to its end tells."""
    ear, network = Ear(), build()
    history = fit(network, toy, cost_of(network), SCHEDULE, tmp_path_factory.mktemp("run"), watch=ear.watch())
    return ear, history


def test_every_step_and_epoch_is_told_of(whole):
    ear, history = whole
    assert ear.kinds() == [*["step"] * 8, "epoch"] * 4
    epochs = [event for event in ear if event["event"] == "epoch"]
    assert [event["score"] for event in epochs] == [round(record["score"], 4) for record in history]
    assert [event["bits"] for event in epochs] == pytest.approx(
        [record["loss"] / math.log(2) for record in history], abs=1e-4
    )
    steps = [event for event in ear if event["event"] == "step"]
    assert [event["done"] for event in steps] == pytest.approx([number / 32 for number in range(1, 33)], abs=1e-3)
    assert steps[-1]["left"] == 0 <= min(event["left"] for event in steps)


def test_steps_tell_the_loss_since_the_last_one(whole):
    ear, _ = whole
    first = [event["bits"] for event in ear[:8]]
    assert sum(first) / 8 == pytest.approx(ear[8]["bits"], rel=0.05)
    assert first[-1] < 0.8 * first[0]


def test_steps_are_told_of_only_now_and_then():
    heard = []
    watch = Watch(heard.append, every=1000)
    for number in range(1, 5):
        watch.step(0, number / 4, 1.0, Progress(step=number, loss=float(number), symbols=float(number)))
    assert len(heard) == 1


def test_told_to_stop_it_ends_the_epoch_there_judges_it_and_keeps_the_best(tmp_path):
    ear, network = Ear("step", 11), build()
    history = fit(network, toy, cost_of(network), SCHEDULE, tmp_path, watch=ear.watch())
    assert ear.kinds() == [*["step"] * 8, "epoch", *["step"] * 3, "epoch"]
    best = min(record["score"] for record in history)
    assert cost_of(network)() == pytest.approx(best, abs=1e-6)
    again = Ear()
    fit(build(), toy, cost_of(network), SCHEDULE, tmp_path, watch=again.watch())
    assert again.kinds() == [*["step"] * 8, "epoch"] * 2, "the next start goes on with the next epoch"


@pytest.fixture
def posts(sample):
    return sample / "kaggle"


TRAINING = SocialTraining(epochs=2, batch=16, units=8)


def test_the_social_training_tells_of_all_its_stages(posts, tmp_path, encoder):
    ear = Ear()
    train_social(
        SocialSources((posts,)), encoder, tmp_path / "o", tmp_path / "r", TRAINING, tmp_path / "c", None, ear.watch()
    )
    stages = list(dict.fromkeys(ear.kinds()))
    assert stages == ["reading", "read", "encoded", "learning", "step", "epoch", "measuring"]
    read, *_, encoded = ear[: ear.kinds().index("learning")][1:]
    assert read["captions"] >= 50 and read["held_out"] >= 1
    assert read["photos"] == encoded["photos"] == encoded["of"] == 14


@pytest.mark.parametrize("moment", ["read", "encoded", "learning"])
def test_stopped_before_anything_was_learnt_it_says_so_and_goes_on_later(posts, tmp_path, encoder, moment):
    places = tmp_path / "out", tmp_path / "run"
    with pytest.raises(TrainingError, match="stopped before anything was learnt"):
        train_social(SocialSources((posts,)), encoder, *places, TRAINING, tmp_path / "c", None, Ear(moment).watch())
    assert not places[0].exists() and not (places[1] / STATE).exists()
    assert train_social(SocialSources((posts,)), encoder, *places, TRAINING, tmp_path / "c")["epochs"] == 2


@pytest.fixture
def command(monkeypatch, posts, tmp_path, encoder, typed):
    """Types the command with a tiny decoder; returns exit code, events and standard error."""
    monkeypatch.setattr("caption_model.vision.encoders.load_encoder", lambda name: encoder)

    def run(*words):
        code, out, err = typed(
            "train", "social", "--posts", posts, "--out", tmp_path / "mine", "--cache", tmp_path / "c",
            "--epochs", 3, "--units", 8, "--json-progress", *words,
        )  # fmt: skip
        return code, [json.loads(line) for line in out.splitlines()], err

    return run


def test_json_progress_is_one_object_a_line_and_ends_with_what_was_measured(command, tmp_path):
    code, events, _ = command()
    assert code == 0
    assert events[0] == {"event": "reading"}
    assert events[-1]["event"] == "finished" and events[-1]["out"] == str(tmp_path / "mine")
    assert events[-1]["bits"] == json.loads((tmp_path / "mine" / "metrics.json").read_text())["bits"]


def test_ctrl_c_ends_the_learning_and_saves_the_best(command, monkeypatch, tmp_path):
    usual = training_module.bits_per_symbol

    def interrupted(*judged):
        monkeypatch.setattr(training_module, "bits_per_symbol", usual)
        os.kill(os.getpid(), signal.SIGINT)
        return usual(*judged)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(training_module, "bits_per_symbol", interrupted)
    code, events, err = command()
    assert code == 0 and "Traceback" not in err
    assert events[-1]["event"] == "finished" and events[-1]["epochs"] == 1
    assert (tmp_path / "mine" / "manifest.json").exists()
    assert signal.getsignal(signal.SIGINT) is before
    _, events, _ = command()
    assert events[-1]["epochs"] == 3, "the same command goes on"


def test_two_trainings_never_share_a_run(command, tmp_path):
    from caption_model.storage.lock import exclusive

    (tmp_path / "mine.run").mkdir()
    with exclusive(tmp_path / "mine.run" / "lock"):
        code, events, err = command()
    assert (code, events) == (1, [])
    assert err.count("\n") == 1
    assert "another training is at work in" in err and "mine.run" in err
    assert "--run" in err and "--out" not in err
