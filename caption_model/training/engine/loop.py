"""The training loop that both decoders share: epochs, validation, early stopping, checkpoint and resume, log."""

import logging
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from caption_model.errors import TrainingError
from caption_model.training.engine.averaging import averaged, optimiser_that_averages
from caption_model.training.engine.devices import shards
from caption_model.training.engine.progress import History, KerasRun, Progress, assign, seed_dropout
from caption_model.training.engine.schedule import cosine_rate
from caption_model.training.engine.watch import Watch

__all__ = ["Batch", "Epochs", "History", "Schedule", "assign", "fit"]

log = logging.getLogger(__name__)

SAVE_EVERY = 300.0  # seconds between checkpoints inside an epoch
TELL_EVERY = 30.0  # seconds between two lines on how far training is
AHEAD = 4  # batches made while the network is busy


class Batch(NamedTuple):
    """One batch: the network's inputs, targets int32 (B, T), weights float32 (B, T) that are 0 on padding.

    ``kept``, float32 (B, T), says where the network is held to its base.
    """

    inputs: tuple[NDArray[Any], ...]
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]
    kept: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn.

    Attributes:
        epochs: at most so many.
        steps: optimiser steps an epoch (what the cosine is measured in).
        learning_rate: peak, reached after ``warmup`` steps; falls as a cosine to 2 %.
        patience: stop after so many epochs without a better validation score.
        seconds: stop after so long, and measure the cosine in time where that is further on; none for no limit.
        keep: weight of the KL divergence from the frozen base, nats a symbol.
        average: decay of the weights' moving average, which then is what is scored and kept; 0 for none.
    """

    epochs: int
    steps: int
    learning_rate: float = 2e-3
    warmup: int = 200
    weight_decay: float = 0.01
    clip: float = 1.0
    label_smoothing: float = 0.0
    patience: int = 3
    seconds: float | None = None
    keep: float = 0.0
    average: float = 0.0

    def done(self, step: int, spent: float = 0.0) -> float:
        """Share of the training that lies behind after so many steps and seconds, in [0, 1]."""
        by_time = spent / self.seconds if self.seconds else 0.0
        return min(1.0, max(step / max(1, self.epochs * self.steps), by_time))

    def rate(self, step: int, spent: float = 0.0) -> float:
        """Learning rate of a step."""
        return cosine_rate(self.learning_rate, step, self.done(step, spent), self.warmup)

    def over(self, spent: float) -> bool:
        """Whether the time is up."""
        return self.seconds is not None and spent >= self.seconds

    def left(self, step: int, spent: float) -> float:
        """Seconds that the rest will take at the most."""
        done = self.done(step, spent)
        return spent * (1 - done) / max(done, 1e-6)


Epochs = Callable[[int], Iterable[Batch]]
Base = Callable[[Any], Any]


def fit(
    network: Any,
    epochs: Epochs,
    score: Callable[[], float],
    schedule: Schedule,
    run: Path,
    base: Base | None = None,
    watch: Watch | None = None,
) -> History:
    """Train ``network`` in place and leave it with the weights of its best epoch.

    On several devices, if the network was built in the scope of such a strategy, each batch is split among them.

    Args:
        network: a built Keras model, called as ``network(inputs, training=True)`` → logits (B, T, V).
        epochs: epoch number → its batches; must depend on nothing but that number, so that a resumed run sees the same.
        score: the validation score of the network as it is; lower is better.
        run: folder of the checkpoint and of ``log.jsonl``; a run found there is resumed.
        base: inputs → logits (B, T, at most V) of the frozen network that this one is held to, by ``schedule.keep``.
        watch: is told of steps and epochs; when it says stop, the epoch ends there, is judged, and was the last.

    Returns:
        One record an epoch: epoch, loss (nats a symbol), score, seconds.

    Raises:
        TrainingError: the loss is no longer finite, or the checkpoint is of another network.
    """
    watch = watch or Watch()
    strategy = network.distribute_strategy
    with strategy.scope():
        optimiser = optimiser_that_averages(schedule.average, schedule.learning_rate, schedule.weight_decay)
        optimiser.build(network.trainable_variables)
    step = _compile(network, optimiser, schedule, base)
    kept = KerasRun(run, network, optimiser)
    progress = kept.resume()
    for epoch in range(len(progress.history), schedule.epochs):
        if _stalled(progress.history, schedule.patience):
            break
        if progress.history and (schedule.over(progress.spent) or watch.stop()):
            break
        _train(epoch, epochs, step, kept, schedule, progress, watch)
        mean = progress.loss / max(1.0, progress.symbols)
        if not math.isfinite(mean):
            raise TrainingError(f"the loss in {run} is no longer finite: lower the learning rate and start again.")
        started = time.monotonic()
        with averaged(network, optimiser):
            judged = float(score())
            if judged <= min((record["score"] for record in progress.history), default=math.inf):
                kept.keep_best()
        seconds = round(progress.seconds + time.monotonic() - started, 1)
        progress.finish_epoch({"epoch": epoch, "loss": mean, "score": judged, "seconds": seconds})
        log.info("epoch %d: loss %.4f, score %.4f, %.0f s", *progress.history[-1].values())
        watch.epoch(progress.history)
        kept.save(progress)
    if progress.history:
        kept.restore_best()
    return progress.history


def _train(
    epoch: int,
    epochs: Epochs,
    step: Callable[..., Any],
    kept: KerasRun,
    schedule: Schedule,
    progress: Progress,
    watch: Watch,
) -> None:
    """One epoch, from the batch that ``progress`` has come to until its end, until time is up or it is told to stop."""
    last, saved, told = time.monotonic(), progress.spent, progress.spent
    for number, batch in enumerate(_ahead(epochs(epoch), progress.step), start=progress.step):
        steps = epoch * schedule.steps + number
        seed_dropout(kept.network, epoch, number)
        kept.optimiser.learning_rate.assign(schedule.rate(steps, progress.spent))
        loss, symbols = (float(part) for part in step(*batch))
        progress.loss += loss
        progress.symbols += symbols
        progress.step = number + 1
        now = time.monotonic()
        progress.seconds += now - last
        last = now
        watch.step(epoch, schedule.done(steps + 1, progress.spent), schedule.left(steps + 1, progress.spent), progress)
        if schedule.over(progress.spent) or watch.stop():
            break
        if progress.spent - told > TELL_EVERY:
            told = progress.spent
            _tell(schedule, epoch, steps + 1, progress)
        if progress.spent - saved > SAVE_EVERY and math.isfinite(progress.loss):
            saved = progress.spent
            kept.save(progress)


def _ahead(batches: Iterable[Batch], skip: int) -> Iterable[Any]:
    """The batches after the first ``skip``, the next few of them made in the background."""
    made = iter(batches)
    for _ in range(skip):
        next(made, None)
    first = next(made, None)
    if first is None:
        return []

    def present() -> Iterable[Any]:
        for batch in chain([first], made):
            yield tuple(part for part in batch if part is not None)

    known = tuple(part for part in first if part is not None)
    signature = tf.nest.map_structure(lambda part: tf.TensorSpec([None] * part.ndim, part.dtype), known)
    data = tf.data.Dataset.from_generator(present, output_signature=signature)
    return (Batch(*parts) for parts in data.prefetch(AHEAD))


def _compile(network: Any, optimiser: Any, schedule: Schedule, base: Base | None) -> Callable[..., Any]:
    """A function (batch) → summed loss in nats, and of how many symbols; it learns from the batch."""
    strategy = network.distribute_strategy
    replicas = strategy.num_replicas_in_sync
    smoothing = schedule.label_smoothing

    def learn(inputs: Any, targets: Any, weights: Any, kept: Any, mass: Any, kept_mass: Any) -> Any:
        with tf.GradientTape() as tape:
            logits = tf.cast(network(inputs, training=True), tf.float32)  # the softmax is never taken in bfloat16
            cost = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
            smooth = cost
            if smoothing:  # Szegedy et al. 2016
                smooth = (1 - smoothing) * cost - smoothing * tf.reduce_mean(tf.nn.log_softmax(logits), axis=-1)
            loss = tf.math.divide_no_nan(tf.reduce_sum(weights * smooth), mass)
            if base is not None and kept is not None:
                drift = tf.reduce_sum(kept * _divergence(base(inputs), logits))
                loss += schedule.keep * tf.math.divide_no_nan(drift, kept_mass)
        # Made dense: Keras's Adam takes the rows of a sparse gradient one by one, and a symbol that occurs a hundred
        # times in a batch for a hundred steps.
        gradients = [tf.convert_to_tensor(part) for part in tape.gradient(loss, network.trainable_variables)]
        if replicas > 1:
            gradients = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        gradients, _ = tf.clip_by_global_norm(gradients, schedule.clip)
        # Keras adds up the replicas' gradients once more.
        optimiser.apply([gradient / replicas for gradient in gradients] if replicas > 1 else gradients)
        return tf.reduce_sum(weights * cost)

    @tf.function(reduce_retracing=True)
    def step(inputs: Any, targets: Any, weights: Any, kept: Any, mass: Any, kept_mass: Any) -> Any:
        lost = strategy.run(learn, args=(inputs, targets, weights, kept, mass, kept_mass))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, lost, axis=None)

    def learn_batch(inputs: Any, targets: Any, weights: Any, kept: Any = None) -> tuple[Any, Any]:
        mass = tf.reduce_sum(weights)
        kept_mass = None if kept is None else tf.reduce_sum(kept)
        return step(*shards(strategy, (inputs, targets, weights, kept)), mass, kept_mass), mass

    return learn_batch


def _divergence(base: Any, logits: Any) -> Any:
    """KL(base ‖ network) of each symbol, in nats; the network may know more symbols, to which the base gives none."""
    said = tf.nn.log_softmax(tf.cast(base, tf.float32))
    says = tf.nn.log_softmax(logits)[..., : said.shape[-1]]
    return tf.reduce_sum(tf.exp(said) * (said - says), axis=-1)


def _stalled(history: History, patience: int) -> bool:
    if not history:
        return False
    best = min(range(len(history)), key=lambda epoch: history[epoch]["score"])
    return len(history) - 1 - best >= patience


def _tell(schedule: Schedule, epoch: int, steps: int, progress: Progress) -> None:
    done, left = schedule.done(steps, progress.spent), schedule.left(steps, progress.spent) / 60
    bits = progress.loss / max(1.0, progress.symbols) / math.log(2)
    log.info(
        "epoch %d: %.2f bits per character, %.0f %% done, at most %.0f min left", epoch, bits, 100 * done, left + 0.5
    )
