"""The training loop on a toy task: it learns, stops in time, and a killed run goes on as if nothing had happened."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from caption_model.bundles.weights import load_tensors
from caption_model.errors import TrainingError
from caption_model.networks.precision import dtype_policy
from caption_model.text.teacher_forcing import teacher_forcing
from caption_model.text.vocabulary import PAD
from caption_model.training.engine.loop import Batch, Schedule, _divergence, fit
from caption_model.training.engine.loss_curve import draw
from tests.support.paths import ROOT

SCHEDULE = Schedule(epochs=4, steps=8, learning_rate=0.05, warmup=2, patience=9)


def build(units: int = 12, dropout: float = 0.0, seed: int = 5):
    import keras

    from caption_model.networks.config import SocialConfig
    from caption_model.networks.social_keras import build_social

    keras.utils.set_random_seed(seed)
    return build_social(SocialConfig(symbols=12, photo=4, embedding=6, condition=6, units=units, dropout=dropout))


def toy(epoch: int, photo_value: float = 1.0, rows: int = 8):
    """Eight batches of sequences that count upwards."""
    random = np.random.default_rng([3, epoch])
    for _ in range(8):
        starts = random.integers(4, 7, rows)
        inputs, targets = teacher_forcing([list(range(start, start + 5)) for start in starts], width=8)
        known = np.full((rows, 4), photo_value, np.float32), np.ones(rows, np.float32), np.zeros((rows, 5), np.int32)
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
    for file in ("best-4.safetensors", "last-4.safetensors"):
        assert "bfloat16" not in {str(tensor.dtype) for tensor in load_tensors(tmp_path / "run" / file).values()}
    assert dtype_policy_now() == "float32", "only what was built inside is bfloat16"


def test_the_log_and_the_checkpoint_hold_the_run(uninterrupted):
    _, history, run = uninterrupted
    assert [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()] == history
    assert sorted(path.name for path in run.iterdir()) == [
        "best-4.safetensors",
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


def elsewhere(program: str, folder) -> subprocess.CompletedProcess:
    """Run a program in a process of its own, beside these tests; ``folder`` is its first argument."""
    places = {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", textwrap.dedent(program), str(folder)]
    return subprocess.run(command, env=os.environ | places, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signal here")
def test_a_run_killed_amid_an_epoch_goes_on_from_its_last_checkpoint(tmp_path, uninterrupted):
    _, expected, _ = uninterrupted
    done = elsewhere(
        """
        import os, signal, sys
        from pathlib import Path
        from caption_model.training.engine import loop
        from tests.training.test_loop import SCHEDULE, build, cost_of, toy

        def fatal(epoch):
            for number, batch in enumerate(toy(epoch)):
                if epoch == 2 and number == 7:
                    os.kill(os.getpid(), signal.SIGKILL)
                yield batch

        loop.SAVE_EVERY = -1.0  # after every batch
        network = build()
        loop.fit(network, fatal, cost_of(network), SCHEDULE, Path(sys.argv[1]))
        """,
        tmp_path / "run",
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    state = json.loads((tmp_path / "run" / "state.json").read_text())["state"]["progress"]
    assert len(state["history"]) == 2
    assert 0 < state["step"] < 8, "it was killed amid its third epoch"
    resumed = build()
    trained = []

    def epochs(epoch: int):
        trained.append(epoch)
        return toy(epoch)

    history = fit(resumed, epochs, cost_of(resumed), SCHEDULE, tmp_path / "run")
    assert trained == [2, 3]
    np.testing.assert_allclose(numbers(history), numbers(expected), rtol=1e-5)


def one_batch(epoch: int):
    """The toy with one step an epoch."""
    return [next(iter(toy(epoch)))]


def scored_weights(average: float, run: Path):
    """The weights that the score sees after each of four steps."""
    network = build()
    seen = []

    def score() -> float:
        seen.append([variable.numpy() for variable in network.trainable_variables])
        return -float(len(seen))

    fit(network, one_batch, score, dataclasses.replace(SCHEDULE, steps=1, average=average), run)
    return seen, [variable.numpy() for variable in network.trainable_variables]


def test_averaged_weights_are_scored_and_kept_but_not_learnt_from(tmp_path):
    steps, _ = scored_weights(0.0, tmp_path / "plain")
    seen, kept = scored_weights(0.25, tmp_path / "averaged")
    expected = steps[0]
    for number, (weights, judged) in enumerate(zip(steps, seen, strict=True)):
        stays = min(0.25, (1 + number) / (10 + number))  # short of .25 but for the last step
        expected = [stays * old + (1 - stays) * new for old, new in zip(expected, weights, strict=True)]
        for by_hand, value in zip(expected, judged, strict=True):
            np.testing.assert_allclose(value, by_hand, rtol=1e-4, atol=1e-6)
    for best, value in zip(seen[-1], kept, strict=True):
        np.testing.assert_array_equal(value, best)


def test_a_killed_run_goes_on_with_its_average(tmp_path):
    schedule = dataclasses.replace(SCHEDULE, average=0.9)
    whole = build()
    expected = fit(whole, toy, cost_of(whole), schedule, tmp_path / "whole")
    killed = build()
    scores = iter([cost_of(killed)] * 2)
    with pytest.raises(StopIteration):
        fit(killed, toy, lambda: next(scores)(), schedule, tmp_path / "run")
    resumed = build()
    history = fit(resumed, toy, cost_of(resumed), schedule, tmp_path / "run")
    np.testing.assert_allclose(numbers(history), numbers(expected), rtol=1e-5)


def test_two_devices_learn_what_one_does(tmp_path):
    done = elsewhere(
        """
        import json, sys
        from dataclasses import replace
        from pathlib import Path
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
        from caption_model.training.engine.loop import fit
        from tests.training.test_loop import SCHEDULE, build, cost_of, toy

        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
        assert strategy.num_replicas_in_sync == 2
        with strategy.scope():
            network = build()
        schedule = replace(SCHEDULE, average=0.9)
        history = fit(network, lambda epoch: toy(epoch, rows=7), cost_of(network), schedule, Path(sys.argv[1]))
        print(json.dumps(history))
        """,
        tmp_path / "two",
    )
    assert done.returncode == 0, done.stderr
    network = build()
    schedule = dataclasses.replace(SCHEDULE, average=0.9)
    one = fit(network, lambda epoch: toy(epoch, rows=7), cost_of(network), schedule, tmp_path / "one")
    np.testing.assert_allclose(numbers(json.loads(done.stdout)), numbers(one), rtol=1e-3)


def test_time_that_is_up_ends_the_run_with_an_epoch_judged(tmp_path):
    network = build()
    schedule = dataclasses.replace(SCHEDULE, epochs=50, seconds=1e-6)
    history = fit(network, toy, cost_of(network), schedule, tmp_path / "run")
    assert len(history) == 1
    assert fit(network, toy, cost_of(network), schedule, tmp_path / "run") == history, "and it is not taken up again"


def test_the_learning_rate_falls_with_the_time_where_that_is_further_on():
    schedule = Schedule(epochs=10, steps=100, learning_rate=1e-2, warmup=1, seconds=60.0)
    assert schedule.rate(0, 30.0) == pytest.approx(0.51e-2)
    assert schedule.rate(500, 6.0) == pytest.approx(0.51e-2)
    assert schedule.rate(0, 60.0) == schedule.rate(0, 99.0) == pytest.approx(0.02e-2)
    assert schedule.over(60.0) and not schedule.over(59.9)
    assert not Schedule(epochs=1, steps=1).over(1e9)


def kept_toy(epoch: int):
    """The toy with nothing to learn from it but what the base makes of it."""
    for batch in toy(epoch):
        yield batch._replace(weights=np.zeros_like(batch.weights), kept=batch.weights)


def test_a_network_held_to_its_base_comes_to_say_what_that_says(tmp_path, uninterrupted):
    base, _, _ = uninterrupted
    network = build(seed=8)
    before = cost_of(network)()
    schedule = dataclasses.replace(SCHEDULE, keep=1.0)
    fit(network, kept_toy, cost_of(network), schedule, tmp_path / "kept", base)
    assert cost_of(network)() < 0.5 * before, "no target was shown, only the base"
    assert cost_of(network)() >= 0.9 * cost_of(base)()


def test_the_divergence_is_none_from_oneself_and_knows_more_symbols_than_the_base():
    import tensorflow as tf

    logits = tf.constant([[[1.0, 2.0, -1.0]]])
    assert float(_divergence(logits, logits)[0, 0]) == pytest.approx(0.0, abs=1e-6)
    wider = tf.concat([logits, [[[-50.0]]]], axis=-1)
    assert float(_divergence(logits, wider)[0, 0]) == pytest.approx(0.0, abs=1e-6)
    p = np.exp([1, 2, -1]) / np.exp([1, 2, -1]).sum()
    by_hand = float((p * np.log(p * 3)).sum())
    assert float(_divergence(logits, tf.zeros((1, 1, 3)))[0, 0]) == pytest.approx(by_hand, rel=1e-5)


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
