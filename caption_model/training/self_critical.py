"""Self-critical training: sample sentences, reward what beats the photo's other samples (Rennie et al. 2017).

The baseline of a sample is the mean reward of the photo's other samples (Kool, van Hoof & Welling 2019, "Buy 4
REINFORCE samples, get a baseline for free!"), which needs no greedy decoding beside.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from caption_model.training.cider import CiderReward
from caption_model.training.loop import Batch
from caption_model.vocabulary import END, PAD, START, UNKNOWN

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SelfCritical:
    """How to go on after teacher forcing; saved in the bundle.

    Attributes:
        epochs: passes over the training photos; 0 leaves self-critical training out.
        photos: photos a step.
        samples: sentences sampled a photo.
        steps: bound on a sentence, end included.
    """

    epochs: int = 4
    photos: int = 32
    samples: int = 5
    learning_rate: float = 1e-4
    steps: int = 20


class Rollouts:
    """Sampled sentences of training photos and what each is worth."""

    def __init__(
        self,
        network: Any,
        grids: NDArray[np.float16],
        references: Sequence[Sequence[Sequence[int]]],
        settings: SelfCritical,
        seed: int = 7,
    ) -> None:
        """``references[photo]`` are the sentences of the photo of that row of ``grids``, as word numbers."""
        self.sample = sampler(network, settings.steps)
        self.grids = grids
        self.reward = CiderReward([[[*sentence, END] for sentence in photo] for photo in references])
        self.settings = settings
        self.seed = seed

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return len(self.grids) // self.settings.photos

    def epoch(self, number: int) -> Iterator[Batch]:
        """Every photo once, but for the few that do not fill a batch."""
        order = np.random.default_rng([self.seed, number]).permutation(len(self.grids))
        for step in range(self.steps):
            photos = order[step * self.settings.photos : (step + 1) * self.settings.photos]
            yield self.make(photos, self.seed + number, step)

    def make(self, photos: NDArray[np.int64], *seed: int) -> Batch:
        """Sample ``samples`` sentences a photo; a word's weight is its sentence's advantage."""
        rows = np.repeat(photos, self.settings.samples)
        grids = self.grids[rows].astype(np.float32)
        sentences = [_words(row) for row in self.sample(grids, tf.constant(seed)).numpy()]
        scores = [self.reward(int(photo), words) for photo, words in zip(rows, sentences, strict=True)]
        rewards = np.array(scores, np.float32).reshape(len(photos), self.settings.samples)
        others = (rewards.sum(axis=1, keepdims=True) - rewards) / (self.settings.samples - 1)
        inputs = np.full((len(rows), self.settings.steps), PAD, np.int32)
        targets = inputs.copy()
        for row, words in enumerate(sentences):
            targets[row, : len(words)] = words
            inputs[row, : len(words)] = [START, *words[:-1]]
        written = (targets != PAD).astype(np.float32)
        return Batch((inputs, grids), targets, written * (rewards - others).reshape(-1, 1))


def self_critical(
    network: Any, rollouts: Rollouts, score: Callable[[], float], settings: SelfCritical
) -> list[dict[str, float]]:
    """Train ``network`` in place and leave it with the weights of its best epoch, or as it was if none is better.

    It takes minutes and keeps no checkpoint of its own: what comes before it does.

    Args:
        score: the validation score of the network as it is; lower is better.

    Returns:
        One record an epoch, the first of the network as it was: epoch, score, seconds.
    """
    optimiser = keras.optimizers.Adam(settings.learning_rate, global_clipnorm=1.0)
    optimiser.build(network.trainable_variables)

    @tf.function(reduce_retracing=True)
    def learn(inputs: Any, targets: Any, weights: Any) -> None:
        with tf.GradientTape() as tape:
            logits = tf.cast(network(inputs, training=True), tf.float32)
            cost = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
            loss = tf.reduce_sum(weights * cost) / tf.reduce_sum(tf.cast(weights != 0, tf.float32))
        optimiser.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)

    history = [{"epoch": 0, "score": float(score()), "seconds": 0.0}]
    best = network.get_weights()
    for epoch in range(1, settings.epochs + 1):
        started = time.monotonic()
        for batch in rollouts.epoch(epoch):
            learn(batch.inputs, batch.targets, batch.weights)
        history.append({"epoch": epoch, "score": float(score()), "seconds": round(time.monotonic() - started, 1)})
        log.info("self-critical epoch %d: score %.4f, %.0f s", *history[-1].values())
        if history[-1]["score"] <= min(record["score"] for record in history):
            best = network.get_weights()
    network.set_weights(best)
    return history


def sampler(network: Any, steps: int) -> Callable[[Any, Any], Any]:
    """A graph: grids (B, rows, columns, channels), seed int32 (2,) → words int32 (B, steps), ``END`` after the end."""

    @tf.function(reduce_retracing=True)
    def sample(grids: Any, seed: Any) -> Any:
        count = tf.shape(grids)[0]
        state = network.begin(grids)
        words, done = tf.fill([count], START), tf.zeros([count], tf.bool)
        written = tf.TensorArray(tf.int32, steps, element_shape=[None])
        for step in tf.range(steps):
            logits, state = network.step(words, state)
            logits = tf.cast(logits, tf.float32)
            logits += tf.reduce_sum(tf.one_hot([PAD, START, UNKNOWN], tf.shape(logits)[-1], -1e9, 0.0), axis=0)
            chosen = tf.random.stateless_categorical(logits, 1, tf.stack([seed[0], seed[1] * 1000 + step]), tf.int32)
            words = tf.where(done, END, chosen[:, 0])
            done |= words == END
            written = written.write(step, words)
        return tf.transpose(written.stack())

    return sample


def _words(row: NDArray[np.int32]) -> list[int]:
    """A sampled row up to its end, the end included where there is one."""
    ends = np.flatnonzero(row == END)
    words: list[int] = row[: ends[0] + 1].tolist() if len(ends) else row.tolist()
    return words
