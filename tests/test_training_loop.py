"""The training loop on a toy task: it learns, stops in time, and a killed run goes on as if nothing had happened."""

import dataclasses
import json
from itertools import pairwise

import numpy as np
import pytest

from caption_model.errors import TrainingError
from caption_model.precision import dtype_policy
from caption_model.teacher_forcing import teacher_forcing
from caption_model.training.loop import Batch, Schedule, fit
from caption_model.training.loss_curve import draw
from caption_model.vocabulary import PAD
from caption_model.weights import load_tensors

SCHEDULE = Schedule(epochs=4, steps=8, learning_rate=0.05, warmup=2, patience=9)


def build(units: int = 12, dropout: float = 0.0, seed: int = 5):
    import keras

    from caption_model.decoders.social import SocialConfig, build_social

    keras.utils.set_random_seed(seed)
    return build_social(SocialConfig(symbols=12, photo=4, embedding=6, condition=6, units=units, dropout=dropout))


def toy(epoch: int, photo_value: float = 1.0):
    """Eight batches of sequences that count upwards."""
    random = np.random.default_rng([3, epoch])
    for _ in range(8):
        starts = random.integers(4, 7, 8)
        inputs, targets = teacher_forcing([list(range(start, start + 5)) for start in starts], width=8)
        known = np.full((8, 4), photo_value, np.float32), np.ones(8, np.float32), np.zeros((8, 5), np.int32)
        yield Batch((inputs, *known), targets, (targets != PAD).astype(np.float32))


def cost_of(network, epoch: int = 99):
    """A validation score: nats a symbol, on an epoch of its own."""
    import tensorflow as tf

    def score() -> float:
        costs, weights = [], []
        for batch in toy(epoch):
            logits = tf.cast(network(batch.inputs), tf.float32)
            cost = tf.nn.sparse_softmax_cross_entropy_with_logits(batch.targets, logits).numpy()
            costs.append(cost * batch.weights)
            weights.append(batch.weights)
        return float(np.sum(costs) / np.sum(weights))

    return score


def dtype_policy_now() -> str:
    import keras

    return keras.config.dtype_policy().name


def numbers(history) -> list[tuple[float, ...]]:
    return [(record["epoch"], record["loss"], record["score"]) for record in history]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """A run to the end: its network, history and folder."""
    run = tmp_path_factory.mktemp("run") / "toy"
    network = build()
    return network, fit(network, toy, cost_of(network), SCHEDULE, run), run


def test_it_learns(uninterrupted):
    _, history, _ = uninterrupted
    assert [record["epoch"] for record in history] == [0, 1, 2, 3]
    assert history[-1]["loss"] < 0.6 * history[0]["loss"]
    assert history[-1]["score"] < 0.6 * history[0]["score"]


def test_bfloat16_learns_as_well_and_is_seen_nowhere_on_disk(tmp_path, uninterrupted):
    _, expected, _ = uninterrupted
    with dtype_policy("mixed_bfloat16"):
        network = build()
    symbols = np.full((1, 3), 5, np.int32)
    known = np.ones((1, 4), np.float32), np.ones(1, np.float32), np.zeros((1, 5), np.int32)
    assert network((symbols, *known)).dtype == "bfloat16"
    history = fit(network, toy, cost_of(network), SCHEDULE, tmp_path / "run")
    assert history[-1]["loss"] == pytest.approx(expected[-1]["loss"], rel=0.1)
    for file in ("best.safetensors", "last-4.safetensors"):
        assert "bfloat16" not in {str(tensor.dtype) for tensor in load_tensors(tmp_path / "run" / file).values()}
    assert dtype_policy_now() == "float32", "only what was built inside is bfloat16"


def test_the_log_and_the_checkpoint_hold_the_run(uninterrupted):
    _, history, run = uninterrupted
    assert [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()] == history
    assert sorted(path.name for path in run.iterdir()) == [
        "best.safetensors",
        "last-4.safetensors",
        "log.jsonl",
        "state.json",
    ]
    last_rate = load_tensors(run / "last-4.safetensors")["adam_w/learning_rate"]
    assert last_rate == pytest.approx(SCHEDULE.rate(4 * 8 - 1)), "the schedule goes on from epoch to epoch"


def test_a_finished_run_is_not_trained_on(uninterrupted):
    network, history, run = uninterrupted
    other = build(seed=6)

    def never(epoch: int):
        raise AssertionError(f"epoch {epoch} was trained again")

    assert numbers(fit(other, never, cost_of(other), SCHEDULE, run)) == numbers(history)
    for one, two in zip(network.weights, other.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_killed_run_goes_on_as_if_nothing_had_happened(tmp_path, uninterrupted, dropout):
    if dropout:
        network = build(dropout=dropout)
        expected = fit(network, toy, cost_of(network), SCHEDULE, tmp_path / "whole")
    else:
        network, expected, _ = uninterrupted

    killed = build(dropout=dropout)
    score = cost_of(killed)
    calls = []

    def fatal() -> float:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return score()

    with pytest.raises(KeyboardInterrupt):
        fit(killed, toy, fatal, SCHEDULE, tmp_path / "run")
    resumed = build(dropout=dropout)
    history = fit(resumed, toy, cost_of(resumed), SCHEDULE, tmp_path / "run")
    np.testing.assert_allclose(numbers(history), numbers(expected), rtol=1e-5)
    for one, two in zip(network.weights, resumed.weights, strict=True):
        np.testing.assert_allclose(one.numpy(), two.numpy(), rtol=1e-4, atol=1e-6)


def test_it_stops_when_it_no_longer_gets_better_and_keeps_the_best(tmp_path):
    network = build()
    scores = iter([3.0, 2.0, 2.5, 2.25, 1.0])
    weights = []

    def score() -> float:
        weights.append([variable.numpy() for variable in network.weights])
        return next(scores)

    history = fit(network, toy, score, dataclasses.replace(SCHEDULE, epochs=9, patience=2), tmp_path / "run")
    assert [record["score"] for record in history] == [3.0, 2.0, 2.5, 2.25]
    for variable, best, last in zip(network.weights, weights[1], weights[3], strict=True):
        np.testing.assert_array_equal(variable.numpy(), best)
        assert (
            variable.trainable is False
            or variable.path.endswith("no_photo/embeddings")
            or not np.array_equal(best, last)
        )


def test_the_checkpoint_of_another_network_is_refused(uninterrupted):
    *_, run = uninterrupted
    with pytest.raises(TrainingError, match="another network"):
        fit(build(units=16), toy, lambda: 0.0, SCHEDULE, run)


def test_a_loss_that_is_no_number_ends_the_run(tmp_path):
    network = build()
    with pytest.raises(TrainingError, match="no longer finite"):
        fit(network, lambda epoch: toy(epoch, photo_value=np.nan), lambda: 0.0, SCHEDULE, tmp_path / "run")
    assert not (tmp_path / "run" / "state.json").exists(), "nothing of it is kept"


def test_smoothing_teaches_but_the_loss_told_is_the_plain_one(tmp_path):
    network = build()
    before = cost_of(network, epoch=0)()
    schedule = dataclasses.replace(SCHEDULE, epochs=1, learning_rate=0.0, label_smoothing=0.3)
    history = fit(network, toy, lambda: 0.0, schedule, tmp_path / "run")
    assert history[0]["loss"] == pytest.approx(before, rel=1e-4)


def test_the_learning_rate_warms_up_peaks_and_falls_to_a_fiftieth():
    schedule = Schedule(epochs=10, steps=100, learning_rate=1e-2, warmup=50)
    rates = [schedule.rate(step) for step in range(1001)]
    assert rates[0] == pytest.approx(1e-2 / 50)
    assert max(rates) == pytest.approx(1e-2, rel=0.01)
    assert rates.index(max(rates)) == 49
    assert all(a < b for a, b in pairwise(rates[:50]))
    assert all(a > b for a, b in pairwise(rates[49:]))
    assert rates[500] == pytest.approx(0.51e-2)
    assert rates[1000] == schedule.rate(5000) == pytest.approx(0.02e-2)


def test_the_loss_curve_is_a_picture(uninterrupted):
    from io import BytesIO

    from PIL import Image

    _, history, _ = uninterrupted
    with Image.open(BytesIO(draw(history, "held out"))) as picture:
        assert picture.format == "PNG"
        assert picture.size == (600, 350)
        assert len(set(picture.convert("RGB").get_flattened_data())) > 50
