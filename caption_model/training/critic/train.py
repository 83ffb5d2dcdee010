"""Train the critic: what people wrote against what the social decoder writes, and captions against other photos."""

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from caption_model.bundles.bundle import Bundle, network_weights
from caption_model.bundles.provenance import card, file_hashes, versions
from caption_model.bundles.saving import save_bundle
from caption_model.errors import TrainingError
from caption_model.generation.social import SocialModel
from caption_model.networks.critic_keras import (
    Critic,
    CriticConfig,
    build_critic,
    load_critic,
    read_texts,
    weigh_photos,
    weigh_texts,
)
from caption_model.training.corpus.table import corpus_hashes
from caption_model.training.critic.data import (
    Lesson,
    corpus_examples,
    is_held_out,
    lesson_of,
    sample_tones,
    short_examples,
    topics_of,
)
from caption_model.training.engine.progress import History, KerasRun, seed_dropout
from caption_model.training.engine.schedule import cosine_rate
from caption_model.training.social.data import Pairing
from caption_model.training.social.sources import SocialSources, gather
from caption_model.vision.encoders import Encoder
from caption_model.vision.feature_cache import FeatureCache

log = logging.getLogger(__name__)

FEWEST = 100  # captions
CHOICES = 10


@dataclass(frozen=True)
class CriticTraining:
    """How to train; saved in the bundle. ``captions``: as many written by people as sampled."""

    epochs: int = 12
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    captions: int = 24_000
    seed: int = 7


def train_critic(
    sources: SocialSources,
    encoder: Encoder,
    social: Path,
    out: Path,
    training: CriticTraining,
    cache: Path | None = None,
    base: Path | None = None,
    run: Path | None = None,
    places: Sequence[str] = (),
) -> dict[str, Any]:
    """Train and save a bundle in ``out``; checkpoint and log in ``run``, ``OUT.run`` unless told. Returns the metrics.

    With ``sources.corpus``, whose photos lie in ``places``, captions are sampled under the photos of its pairs, told
    what these show; its dev part measures.

    ``base`` is a critic to go on from: when the decoder has learnt to please it, it has new mistakes to learn.

    Raises:
        BundleError: ``social`` is no social bundle or ``base`` no critic, or was trained on another encoder.
        DumpError: a source cannot be read.
        TrainingError: too few captions are left after cleaning, or no photos.
    """
    keras.utils.set_random_seed(training.seed)
    started = time.monotonic()
    writer = SocialModel.load(social, encoder)
    examples, images = gather(sources)
    if sources.corpus:
        own, files = corpus_examples(sources.corpus, places, (run or out.with_name(f"{out.name}.run")) / "photos")
        moved = [replace(e, photos=tuple(Pairing(len(images) + p.photo, p.score) for p in e.photos)) for e in own]
        examples, images = [*short_examples(examples), *moved], [*images, *files]
    if len(examples) < FEWEST or not images:
        raise TrainingError(f"{len(examples)} captions and {len(images)} photos teach no critic: bring more of both.")
    photos, usable = FeatureCache(encoder, cache).pooled(images)
    examples = [replace(e, photos=tuple(p for p in e.photos if usable[p.photo])) for e in examples]
    about = topics_of(examples) if sources.corpus else None
    tones = {example.tone for example in examples}
    sampled = (
        sample_tones(writer, photos, np.array(sorted(about)), training.captions, training.seed, tones, about)
        if about
        else sample_tones(writer, photos, np.flatnonzero(usable), training.captions, training.seed, tones)
    )
    written = sum(map(len, sampled.values()))
    log.info("%d captions sampled, %.0f s", written, time.monotonic() - started)
    if written < training.batch:
        raise TrainingError(f"{social} writes too little that may be shown ({written} captions): train it longer.")
    lesson, exam = (
        lesson_of([e for e in examples if is_held_out(e) == held_out], sampled, held_out, training.seed)
        for held_out in (False, True)
    )
    critic = (
        load_critic(base, encoder.name, encoder.sha256) if base else build_critic(CriticConfig(photo=photos.shape[1]))
    )
    critic.scale.moving_mean.assign(photos[usable].mean(axis=0))
    critic.scale.moving_variance.assign(photos[usable].var(axis=0))
    origin = {"training": asdict(training), "social": Bundle.load(social, "social").sha256, "texts": len(lesson.texts)}
    history = _fit(critic, lesson, exam, photos, training, run or out.with_name(f"{out.name}.run"), origin)
    facts = {
        "captions": len(lesson.texts),
        "pairs": len(lesson.paired),
        "held_out": len(exam.texts),
        "held_out_pairs": len(exam.paired),
        "minutes": round((time.monotonic() - started) / 60),
        **measure(critic, exam, photos),
    }
    save_bundle(
        out,
        "critic",
        {
            "network": asdict(critic.config),
            "encoder": {"name": encoder.name, "sha256": encoder.sha256},
            "training": asdict(training),
            "social": {"sha256": Bundle.load(social, "social").sha256},
            "base": {"sha256": Bundle.load(base, "critic").sha256} if base else None,
            "data": {
                **file_hashes(sources.files()),
                **(corpus_hashes(sources.corpus) if sources.corpus else {}),
            },
            "versions": versions(),
        },
        network_weights(critic),
        card(
            "critic",
            **{name: f"{v:.3f}" if isinstance(v, float) else v for name, v in facts.items()},
            before=" It went on from a critic of an earlier decoder." if base else "",
        ),
        metrics={**facts, "history": history},
    )
    return facts


def measure(critic: Critic, exam: Lesson, photos: NDArray[np.float32]) -> dict[str, float]:
    """Area under the curve of people's against sampled captions; share of captions whose photo wins out of ten."""
    logits, _ = weigh_texts(critic, exam.texts)
    area = float(roc_auc_score(exam.real, logits)) if 0 < exam.real.sum() < len(exam.real) else 0.0
    _, texts = weigh_texts(critic, exam.paired)
    seen = weigh_photos(critic, photos)
    random = np.random.default_rng(0)
    others = random.integers(1, len(photos), (len(texts), CHOICES - 1))
    shown = np.concatenate([exam.photo[:, None], (exam.photo[:, None] + others) % len(photos)], axis=1)
    fit = np.einsum("nd,ncd->nc", texts, seen[shown])
    return {"area": area, "pick10": float((fit[:, 0] > fit[:, 1:].max(axis=1)).mean()) if len(texts) else 0.0}


def _fit(
    critic: Critic,
    lesson: Lesson,
    exam: Lesson,
    photos: NDArray[np.float32],
    training: CriticTraining,
    run: Path,
    origin: dict[str, Any],
) -> History:
    """Train in place; the critic is left with the weights of its best epoch.

    A run found in ``run`` is resumed after its last whole epoch, if it has the same ``origin``.
    """
    steps = max(1, len(lesson.texts) // training.batch)  # an epoch
    optimiser = keras.optimizers.AdamW(
        training.learning_rate, weight_decay=training.weight_decay, global_clipnorm=1.0, name="adam_w"
    )
    optimiser.build(critic.trainable_variables)
    kept = KerasRun(run, critic, optimiser)
    progress = kept.resume(origin)

    @tf.function(reduce_retracing=True)
    def learn(letters: Any, words: Any, real: Any, photo: Any) -> Any:
        with tf.GradientTape() as tape:
            logits, texts, seen = critic((letters, words, photo), training=True)
            judged = tf.shape(real)[0]
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(real, logits[:judged]))
            likeness = tf.matmul(texts[judged:], seen, transpose_b=True)
            own = tf.range(tf.shape(likeness)[0])
            for sight in (likeness, tf.transpose(likeness)):
                loss += 0.5 * tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(own, sight))
        optimiser.apply(tape.gradient(loss, critic.trainable_variables), critic.trainable_variables)
        return loss

    texts, pairs = read_texts(critic.config, lesson.texts), read_texts(critic.config, lesson.paired)
    for epoch in range(len(progress.history), training.epochs):
        started, losses = time.monotonic(), []
        seed_dropout(critic, epoch, 0)
        for step, (judged, paired) in enumerate(_batches(lesson, training, epoch), start=epoch * steps):
            done = step / (training.epochs * steps)
            optimiser.learning_rate.assign(cosine_rate(training.learning_rate, step, done, floor=0.0))
            letters, words = (np.concatenate([a[judged], b[paired]]) for a, b in zip(texts, pairs, strict=True))
            losses.append(float(learn(letters, words, lesson.real[judged], photos[lesson.photo[paired]])))
        if not np.isfinite(losses).all():
            raise TrainingError(f"the loss in {run} is no longer finite: lower the learning rate and start again.")
        record = {"epoch": epoch, "loss": float(np.mean(losses)), **measure(critic, exam, photos)}
        log.info("epoch %d: loss %.4f, area %.3f, pick10 %.3f", *record.values())
        progress.finish_epoch({**record, "seconds": round(time.monotonic() - started, 1)})
        if _merit(record) >= max(map(_merit, progress.history)):
            kept.keep_best()
        kept.save(progress, origin)
    kept.restore_best()
    return progress.history


def _merit(record: dict[str, float]) -> float:
    return record["area"] + record["pick10"]


def _batches(
    lesson: Lesson, training: CriticTraining, epoch: int
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows of texts and of pairs, as many of each, all texts once."""
    random = np.random.default_rng([training.seed, epoch])
    order, pairs = random.permutation(len(lesson.texts)), random.permutation(len(lesson.paired))
    for start in range(0, len(order) - training.batch + 1, training.batch):
        yield order[start : start + training.batch], np.take(pairs, range(start, start + training.batch), mode="wrap")
