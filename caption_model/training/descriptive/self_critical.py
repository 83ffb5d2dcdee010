"""Self-critical training: sample sentences, reward what beats the photo's other samples (Rennie et al. 2017).

The baseline of a sample is the mean reward of the photo's other samples (Kool, van Hoof & Welling 2019, "Buy 4
REINFORCE samples, get a baseline for free!"), which needs no greedy decoding beside.

The policy is the decoder sharpened by a temperature below 1. Label smoothing has taught it to give each word a little,
so that as it is nearly every sentence it draws holds a word that has no place there, and rewards would tell of those
alone. Samples are drawn and learnt from on the same noisy view of a photo, so that dropout, which differs between two
passes, is not needed to keep it from learning the training photos by heart.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from caption_model.evaluation.caption_metrics import CiderD
from caption_model.generation.sampling import forbidden
from caption_model.text.vocabulary import END, PAD, START
from caption_model.training.descriptive.data import Described, mirror
from caption_model.training.engine.averaging import averaged, optimiser_that_averages
from caption_model.training.engine.progress import History, KerasRun

log = logging.getLogger(__name__)

WIDTHS = (10, 12, 14, 16)  # symbols a batch is cut to, one graph each
CLIP = 1.0  # norm of the gradient


@dataclass(frozen=True)
class SelfCritical:
    """How to go on after teacher forcing; saved in the bundle.

    Attributes:
        epochs: passes over the training photos; 0 leaves self-critical training out.
        photos: photos a step.
        samples: sentences sampled a photo.
        temperature: of the policy; below 1 sharpens.
        noise: share of a photo's features that are put to their mean over all photos, anew at each step.
        average: decay of the weights' moving average, which is what is scored and kept.
        steps: bound on a sentence, end included.
    """

    epochs: int = 6
    photos: int = 64
    samples: int = 5
    temperature: float = 0.7
    learning_rate: float = 1e-4
    noise: float = 0.5
    average: float = 0.98
    steps: int = 18


class Judged(NamedTuple):
    """Sampled sentences of some photos and what each is worth.

    Attributes:
        grids: float32 (photos, rows, columns, channels).
        inputs: int32 (photos · samples, T), beginning with start, one photo's after the other's.
        targets: the same one word on, ``PAD`` after the end.
        advantages: float32 (photos · samples,), which add up to 0 for each photo.
        reward: mean over all sentences.
    """

    grids: NDArray[np.float32]
    inputs: NDArray[np.int32]
    targets: NDArray[np.int32]
    advantages: NDArray[np.float32]
    reward: float


class Rollouts:
    """Sentences that a network says of training photos and of their mirror images."""

    def __init__(self, network: Any, data: Described, settings: SelfCritical, seed: int = 7) -> None:
        self.sample = sampler(network, settings)
        self.mean = np.asarray(network.scale.moving_mean, np.float32)
        self.sides = ((data.grids, _reward(data, str)), (data.mirrored, _reward(data, mirror)))
        self.settings = settings
        self.seed = seed

    @property
    def steps(self) -> int:
        """Batches an epoch; few photos make one smaller batch."""
        return max(1, len(self.sides[0][0]) // self.settings.photos)

    def epoch(self, number: int) -> Iterator[Judged]:
        """Every photo once, but for the few that do not fill a batch."""
        random = np.random.default_rng([self.seed, number])
        order = random.permutation(len(self.sides[0][0]))
        for step in range(self.steps):
            photos = order[step * self.settings.photos : (step + 1) * self.settings.photos]
            yield self.make(photos, random.random(len(photos)) < 0.5, random)

    def make(self, photos: NDArray[np.int64], turned: NDArray[np.bool_], random: np.random.Generator) -> Judged:
        """Sample ``samples`` sentences a photo, ``turned`` ones from the mirror image, and judge them."""
        grids = np.stack([self.sides[int(side)][0][photo] for photo, side in zip(photos, turned, strict=True)])
        kept = random.random(grids.shape, dtype=np.float32) >= self.settings.noise
        grids = self.mean + kept / np.float32(1 - self.settings.noise) * (grids.astype(np.float32) - self.mean)
        sampled = self.sample(grids, tf.constant(random.integers(2**31, size=2), tf.int32)).numpy()
        sentences = [_words(row) for row in sampled]
        rewards = np.array(
            [
                [self.sides[int(side)][1](int(photo), words) for words in said]
                for photo, side, said in zip(photos, turned, _grouped(sentences, self.settings.samples), strict=True)
            ],
            np.float32,
        )
        # A sample less the mean of the others is the sample less the mean of all, times samples / (samples - 1).
        advantages = (rewards - rewards.mean(axis=1, keepdims=True)) * len(rewards[0]) / (len(rewards[0]) - 1)
        inputs, targets = _padded(sentences, self.settings.steps)
        return Judged(grids, inputs, targets, advantages.reshape(-1), float(rewards.mean()))


def train_self_critical(
    network: Any, rollouts: Rollouts, score: Callable[[], float], settings: SelfCritical, run: Path
) -> History:
    """Train ``network`` in place and leave it with the weights of its best epoch, or as it was if none is better.

    Args:
        score: the validation score of the network as it is; lower is better.
        run: folder of the checkpoint; a run found there is resumed after its last whole epoch.

    Returns:
        One record an epoch, the first of the network as it was: epoch, reward (mean of the samples, CIDEr-D from 0 to
        10), score, seconds.

    Raises:
        TrainingError: the checkpoint is of another network.
    """
    optimiser = optimiser_that_averages(settings.average, settings.learning_rate, weight_decay=0.0)
    optimiser.build(network.trainable_variables)
    learn = learner(network, optimiser, settings)
    kept = KerasRun(run, network, optimiser)
    progress = kept.resume()

    def finish(reward: float, started: float) -> None:
        judged = float(score())
        if judged < min((record["score"] for record in progress.history), default=np.inf):
            kept.keep_best()
        seconds = round(time.monotonic() - started, 1)
        progress.finish_epoch({"epoch": len(progress.history), "reward": reward, "score": judged, "seconds": seconds})
        log.info("self-critical epoch %d: reward %.3f, score %.4f, %.0f s", *progress.history[-1].values())

    if not progress.history:
        finish(0.0, time.monotonic())  # as it was
    for epoch in range(len(progress.history), settings.epochs + 1):
        started = time.monotonic()
        rewards = []
        for batch in rollouts.epoch(epoch):
            learn(batch.grids, batch.inputs, batch.targets, batch.advantages)
            rewards.append(batch.reward)
        with averaged(network, optimiser):
            finish(float(np.mean(rewards)), started)
        kept.save(progress)
    kept.restore_best()
    return progress.history


def learner(network: Any, optimiser: Any, settings: SelfCritical) -> Callable[..., None]:
    """A graph that makes each sentence likelier by its advantage: (grids, inputs, targets, advantages) → nothing."""

    @tf.function(reduce_retracing=True)
    def learn(grids: Any, inputs: Any, targets: Any, advantages: Any) -> None:
        written = tf.cast(targets != PAD, tf.float32)
        with tf.GradientTape() as tape:
            # Without dropout: what is learnt is the very policy that wrote.
            logits = policy(network((inputs, grids), training=False), settings.temperature)
            cost = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
            loss = tf.reduce_sum(advantages[:, None] * written * cost) / tf.reduce_sum(written)
        gradients = [tf.convert_to_tensor(part) for part in tape.gradient(loss, network.trainable_variables)]
        gradients, _ = tf.clip_by_global_norm(gradients, CLIP)
        optimiser.apply(gradients)

    return learn


def sampler(network: Any, settings: SelfCritical) -> Callable[[Any, Any], Any]:
    """A graph: grids (B, rows, columns, channels), seed int32 (2,) → words int32 (B · samples, steps).

    ``END`` stands after the end; one photo's samples stand after the other's.
    """

    @tf.function(reduce_retracing=True)
    def sample(grids: Any, seed: Any) -> Any:
        state = tf.nest.map_structure(lambda part: tf.repeat(part, settings.samples, axis=0), network.begin(grids))
        count = tf.shape(grids)[0] * settings.samples
        words, done = tf.fill([count], START), tf.zeros([count], tf.bool)
        written = tf.zeros([count, 0], tf.int32)
        for step in tf.range(settings.steps):
            tf.autograph.experimental.set_loop_options(shape_invariants=[(written, tf.TensorShape([None, None]))])
            if tf.reduce_all(done):
                break
            logits, state = network.step(words, state)
            numbers = tf.random.experimental.stateless_fold_in(seed, step)
            chosen = tf.random.stateless_categorical(policy(logits, settings.temperature), 1, numbers, tf.int32)
            words = tf.where(done, END, chosen[:, 0])
            done |= words == END
            written = tf.concat([written, words[:, None]], axis=1)
        return written

    return sample


def policy(logits: Any, temperature: float) -> Any:
    """Logits (..., V) of what is sampled and learnt: sharpened, without symbols that must not be written."""
    return tf.cast(logits, tf.float32) / temperature + forbidden(logits.shape[-1])


def _reward(data: Described, side: Callable[[str], str]) -> CiderD:
    encode = data.vocabulary.encode
    return CiderD([[[*encode(side(text)), END] for text in texts] for texts in data.texts])


def _words(row: NDArray[np.int32]) -> list[int]:
    """A sampled row up to its end, the end included where there is one."""
    ends = np.flatnonzero(row == END)
    words: list[int] = row[: ends[0] + 1].tolist() if len(ends) else row.tolist()
    return words


def _grouped(sentences: Sequence[list[int]], size: int) -> list[Sequence[list[int]]]:
    return [sentences[start : start + size] for start in range(0, len(sentences), size)]


def _padded(sentences: Sequence[list[int]], most: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Inputs and targets, both (B, T)."""
    longest = max(map(len, sentences))
    width = min(width for width in (*WIDTHS, most) if width >= longest)
    targets = np.full((len(sentences), width), PAD, np.int32)
    for row, words in enumerate(sentences):
        targets[row, : len(words)] = words
    inputs = np.roll(targets, 1, axis=1)
    inputs[:, 0] = START
    return inputs, targets
