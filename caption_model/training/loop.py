"""The training loop that both decoders share: epochs, validation, early stopping, checkpoint and resume, log."""

import json
import logging
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from caption_model.bundle import network_weights, read_json, write_json
from caption_model.errors import TrainingError
from caption_model.weights import load_tensors, save_tensors

log = logging.getLogger(__name__)


class Batch(NamedTuple):
    """One batch: the network's inputs, targets int32 (B, T), weights float32 (B, T) that are 0 on padding."""

    inputs: tuple[NDArray[Any], ...]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Attributes:
        epochs: at most so many.
        steps: optimiser steps an epoch (what the cosine is measured in).
        learning_rate: peak, reached after ``warmup`` steps; falls as a cosine to 2 %.
        patience: stop after so many epochs without a better validation score.
    """

    epochs: int
    steps: int
    learning_rate: float = 2e-3
    warmup: int = 200
    weight_decay: float = 0.01
    clip: float = 1.0
    label_smoothing: float = 0.0
    patience: int = 3

    def rate(self, step: int) -> float:
        """Learning rate of a step."""
        done = min(1.0, step / max(1, self.epochs * self.steps))
        cosine = 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done))
        return self.learning_rate * min(1.0, (step + 1) / max(1, self.warmup)) * cosine


Epochs = Callable[[int], Iterable[Batch]]
History = list[dict[str, float]]


def fit(network: Any, epochs: Epochs, score: Callable[[], float], schedule: Schedule, run: Path) -> History:
    """Train ``network`` in place and leave it with the weights of its best epoch.

    Args:
        network: a built Keras model, called as ``network(inputs, training=True)`` → logits (B, T, V).
        epochs: epoch number → its batches; must depend on nothing but that number, so that a resumed run sees the same.
        score: the validation score of the network as it is; lower is better.
        run: folder of the checkpoint and of ``log.jsonl``; a run found there is resumed.

    Returns:
        One record an epoch: epoch, loss (nats a symbol), score, seconds.

    Raises:
        TrainingError: the loss is no longer finite, or the checkpoint is of another network.
    """
    optimiser = keras.optimizers.AdamW(
        schedule.learning_rate,
        weight_decay=schedule.weight_decay,
        global_clipnorm=schedule.clip,
        name="adam_w",  # else Keras numbers them, and a second run in one process cannot resume the first
    )
    optimiser.build(network.trainable_variables)
    step = _compile(network, optimiser, schedule.label_smoothing)
    history = _resume(run, network, optimiser)
    for epoch in range(len(history), schedule.epochs):
        if _stalled(history, schedule.patience):
            break
        _seed_dropout(network, epoch)
        started, total, symbols = time.time(), 0.0, 0.0
        for number, batch in enumerate(epochs(epoch)):
            optimiser.learning_rate.assign(schedule.rate(epoch * schedule.steps + number))
            weight = float(batch.weights.sum())
            total += weight * float(step(*batch))
            symbols += weight
        if not math.isfinite(total):
            raise TrainingError(f"the loss in {run} is no longer finite: lower the learning rate and start again.")
        history.append(
            {
                "epoch": epoch,
                "loss": total / max(1.0, symbols),
                "score": float(score()),
                "seconds": round(time.time() - started, 1),
            }
        )
        log.info("epoch %d: loss %.4f, score %.4f, %.0f s", *history[-1].values())
        _keep(run, network, optimiser, history)
    if history:
        assign(network.weights, load_tensors(run / "best.safetensors"))
    return history


def _compile(network: Any, optimiser: Any, smoothing: float) -> Callable[..., Any]:
    @tf.function(reduce_retracing=True)
    def step(inputs: Any, targets: Any, weights: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = tf.cast(network(inputs, training=True), tf.float32)  # the softmax is never taken in bfloat16
            cost = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
            smooth = cost
            if smoothing:  # Szegedy et al. 2016
                smooth = (1 - smoothing) * cost - smoothing * tf.reduce_mean(tf.nn.log_softmax(logits), axis=-1)
            mass = tf.reduce_sum(weights)
            loss = tf.reduce_sum(weights * smooth) / mass
        gradients = tape.gradient(loss, network.trainable_variables)
        optimiser.apply(gradients, network.trainable_variables)
        return tf.reduce_sum(weights * cost) / mass

    return step


def _seed_dropout(network: Any, epoch: int) -> None:
    """Dropout depends on the epoch alone, so that a resumed run drops what an uninterrupted one would."""
    generators = [variable for variable in network.variables if variable.path.endswith("seed_generator_state")]
    for number, state in enumerate(generators):
        state.assign([epoch, number])


def _stalled(history: History, patience: int) -> bool:
    if not history:
        return False
    best = min(range(len(history)), key=lambda epoch: history[epoch]["score"])
    return len(history) - 1 - best >= patience


def _keep(run: Path, network: Any, optimiser: Any, history: History) -> None:
    """Write the checkpoint; the state file goes last, so that a kill leaves the older, whole checkpoint in force."""
    run.mkdir(parents=True, exist_ok=True)
    epoch = len(history)
    save_tensors(run / f"last-{epoch}.safetensors", _everything(network, optimiser))
    if history[-1]["score"] <= min(record["score"] for record in history):
        save_tensors(run / f"best-{epoch}.safetensors", network_weights(network))
        (run / f"best-{epoch}.safetensors").replace(run / "best.safetensors")
    write_json(run / "state.tmp", history)
    (run / "state.tmp").replace(run / "state.json")
    for old in run.glob("last-*.safetensors"):
        if old.name != f"last-{epoch}.safetensors":
            old.unlink()
    with (run / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(history[-1]) + "\n")


def _resume(run: Path, network: Any, optimiser: Any) -> History:
    if not (run / "state.json").exists():
        return []
    history: History = read_json(run / "state.json")
    tensors = load_tensors(run / f"last-{len(history)}.safetensors")
    try:
        assign([*network.weights, *optimiser.variables], tensors)
    except (KeyError, ValueError) as error:
        raise TrainingError(f"the checkpoint in {run} is of another network: name another --run folder.") from error
    log.info("resumed after epoch %d", len(history) - 1)
    return history


def _everything(network: Any, optimiser: Any) -> dict[str, NDArray[Any]]:
    return {
        variable.path: keras.ops.convert_to_numpy(variable) for variable in [*network.weights, *optimiser.variables]
    }


def assign(variables: Iterable[Any], tensors: dict[str, NDArray[Any]]) -> None:
    """Put named tensors into variables; a missing name is a ``KeyError``, a wrong shape a ``ValueError``."""
    for variable in variables:
        variable.assign(tensors[variable.path])
