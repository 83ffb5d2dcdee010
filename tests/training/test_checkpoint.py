"""Checkpoints: always one in force, all of it of one moment, whenever the process dies."""

import json
import os

import numpy as np
import pytest

from caption_model.errors import TrainingError
from caption_model.training.engine import checkpoint as module
from caption_model.training.engine.checkpoint import Checkpoint
from caption_model.training.engine.schedule import cosine_rate


def tensors(number):
    return {"w": np.full(3, number, np.float32), "step": np.array(number)}


class Killed(BaseException):
    """Stands for a kill: nothing after it happens."""


def test_what_was_saved_is_loaded_by_another_process(tmp_path):
    first = Checkpoint(tmp_path / "run")
    assert first.load() is None and not first.exists
    first.save({"epoch": 1}, tensors(1), best=tensors(1), history=[{"loss": 2.0}])
    first.save({"epoch": 2}, tensors(2), history=[{"loss": 2.0}, {"loss": 1.0}])
    second = Checkpoint(tmp_path / "run")
    saved = second.load()
    assert saved.state == {"epoch": 2}
    assert saved.tensors["w"][0] == 2 and second.best()["w"][0] == 1
    assert [json.loads(line)["loss"] for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()] == [2, 1]
    second.save({"epoch": 3}, tensors(3), best=tensors(3))
    assert sorted(path.name for path in (tmp_path / "run").glob("*.safetensors")) == [
        "best-3.safetensors",
        "last-3.safetensors",
    ]


@pytest.mark.parametrize("deadly", range(12))
def test_whenever_it_is_killed_the_checkpoint_is_of_one_moment(tmp_path, monkeypatch, deadly):
    """A kill before each step that touches the disk: what is loaded is wholly the older one, or wholly the newer."""
    run = Checkpoint(tmp_path)
    run.save({"epoch": 1}, tensors(1), best=tensors(1), history=[])
    calls = 0

    def dying(real):
        def call(*of, **named):
            nonlocal calls
            calls += 1
            if calls > deadly:
                raise Killed
            return real(*of, **named)

        return call

    with monkeypatch.context() as patch:
        for name in ("save_tensors", "write_json", "replace_bytes"):
            patch.setattr(module, name, dying(getattr(module, name)))
        patch.setattr(os, "fsync", dying(os.fsync))
        try:
            run.save({"epoch": 2}, tensors(2), best=tensors(2), history=[])
        except Killed:
            pass
        else:
            assert deadly >= calls
    again = Checkpoint(tmp_path)
    saved = again.load()
    assert {saved.state["epoch"], int(saved.tensors["w"][0]), int(again.best()["w"][0])} in ({1}, {2})
    again.save({"epoch": 3}, tensors(3), best=tensors(3), history=[])
    assert Checkpoint(tmp_path).load().state == {"epoch": 3}
    assert len(list(tmp_path.glob("*.safetensors"))) == 2, "nothing is left of the killed one"


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"format": 1}', '{"history": [], "step": 0}', '{"format": 2, "generation": 1}']
)
def test_a_damaged_or_earlier_checkpoint_is_named(tmp_path, content):
    (tmp_path / "state.json").write_text(content)
    with pytest.raises(TrainingError, match="--run"):
        Checkpoint(tmp_path).load()


def test_tensors_cut_short_are_named(tmp_path):
    Checkpoint(tmp_path).save({}, tensors(1))
    path = tmp_path / "last-1.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(TrainingError, match="damaged"):
        Checkpoint(tmp_path).load()
    with pytest.raises(TrainingError, match="damaged"):
        Checkpoint(tmp_path).best()


def test_a_full_disk_is_a_sentence_and_the_older_checkpoint_stays(tmp_path, monkeypatch):
    run = Checkpoint(tmp_path)
    run.save({"epoch": 1}, tensors(1))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_json", full)
    with pytest.raises(TrainingError, match="No space left"):
        run.save({"epoch": 2}, tensors(2))
    assert Checkpoint(tmp_path).load().state == {"epoch": 1}


def test_the_rate_rises_falls_and_never_ends_at_nothing():
    rates = [cosine_rate(1.0, step, step / 100, warmup=10) for step in range(101)]
    assert rates[0] == pytest.approx(0.1) and max(rates) == pytest.approx(rates[10], abs=0.03)
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.02)
    assert cosine_rate(1.0, 200, 3.0) == pytest.approx(0.02), "past the end it stays"
    assert cosine_rate(2.0, 50, 0.5, floor=0.0) == pytest.approx(1.0)
