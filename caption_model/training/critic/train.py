"""Train the critic: what people wrote against what the social decoder writes, and captions against other photos."""

import logging
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
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
from caption_model.generation.options import GenerationOptions
from caption_model.generation.social import SocialModel, sample_captions
from caption_model.networks.critic_keras import (
    Critic,
    CriticConfig,
    build_critic,
    load_critic,
    read_texts,
    weigh_photos,
    weigh_texts,
)
from caption_model.text import graphemes
from caption_model.text.controls import Controls, Tone
from caption_model.training.corpus.photos import corpus_photos
from caption_model.training.corpus.table import corpus_hashes, read_corpus
from caption_model.training.engine.progress import History, KerasRun, seed_dropout
from caption_model.training.engine.schedule import cosine_rate
from caption_model.training.social.corpus import LONGEST_POST, lessons
from caption_model.training.social.data import Example, Pairing, is_validation
from caption_model.training.social.sources import PhotoRows, SocialSources, gather
from caption_model.vision.encoders import Encoder
from caption_model.vision.feature_cache import FeatureCache

log = logging.getLogger(__name__)

SHARES: dict[Tone, float] = {"gram": 0.6, "playful": 0.13, "warm": 0.13, "minimal": 0.07, "post": 0.07}
TEMPERATURES = (0.65, 0.85, 1.0)
PLAIN = 0.125  # descriptions of photos for each sampled post: what only says what there is to see is no post either
TRUE_ENOUGH = 0.5  # score of a weak pair that counts as a pair
FEWEST = 100  # captions
HOPELESS = 40  # draws without one caption that may be shown
CHOICES = 10
MOST_TOPICS = 4  # told of a photo
FREE_EVERY = 4  # one draw in so many is not constrained
JUDGES = "judges"  # source of the captions of the corpus's dev photos: they measure, whatever their letters


@dataclass(frozen=True)
class CriticTraining:
    """How to train; saved in the bundle. ``captions``: as many written by people as sampled."""

    epochs: int = 12
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    captions: int = 24_000
    seed: int = 7


@dataclass(frozen=True)
class Lesson:
    """What is learnt from or measured on: texts with 1 (people's posts) or 0, and pairs of texts and photo rows."""

    texts: Sequence[str]
    real: NDArray[np.float32]
    paired: Sequence[str]
    photo: NDArray[np.int64]


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
        own, files = _of_corpus(sources.corpus, places, (run or out.with_name(f"{out.name}.run")) / "photos")
        moved = [replace(e, photos=tuple(Pairing(len(images) + p.photo, p.score) for p in e.photos)) for e in own]
        examples, images = [*_short(examples), *moved], [*images, *files]
    if len(examples) < FEWEST or not images:
        raise TrainingError(f"{len(examples)} captions and {len(images)} photos teach no critic: bring more of both.")
    photos, usable = FeatureCache(encoder, cache).pooled(images)
    examples = [replace(e, photos=tuple(p for p in e.photos if usable[p.photo])) for e in examples]
    about = _topics_of(examples) if sources.corpus else None
    tones = {example.tone for example in examples}
    sampled = (
        _sample(writer, photos, np.array(sorted(about)), training, tones, about)
        if about
        else _sample(writer, photos, np.flatnonzero(usable), training, tones)
    )
    written = sum(map(len, sampled.values()))
    log.info("%d captions sampled, %.0f s", written, time.monotonic() - started)
    if written < training.batch:
        raise TrainingError(f"{social} writes too little that may be shown ({written} captions): train it longer.")
    lesson, exam = (
        _lesson([e for e in examples if _measures(e) == held_out], sampled, held_out, training.seed)
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


def _of_corpus(folder: Path, places: Sequence[str], unpacked: Path) -> tuple[list[Example], list[Path]]:
    """All captions of the corpus but those of its test part, and its photos."""
    corpus, rows = read_corpus(folder), PhotoRows()
    wanted = {one.photo for one in corpus.captions if corpus.parts[one.photo] != "test"}
    taught = lessons(corpus, corpus_photos(places, wanted, unpacked), rows)
    judges = [replace(example, source=JUDGES) for example in taught.judges]
    return [*taught.examples, *taught.simple_judges, *judges], rows.paths


def _short(examples: Sequence[Example]) -> list[Example]:
    """Beside the corpus, the dumps' posts as the decoder learns them, and descriptions."""
    posts = [example for example in examples if example.source in ("posts", "also")]
    kept = [example for example in posts if graphemes.length(example.caption) <= LONGEST_POST]
    return [*(replace(example, photos=()) for example in kept), *(e for e in examples if e.source == "described")]


def _topics_of(examples: Sequence[Example]) -> dict[int, list[str]]:
    """What each photo of the corpus's pairs shows, by its row."""
    found: dict[int, set[str]] = {}
    for example in examples:
        if example.source == "pairs" and example.photos:
            found.setdefault(example.photos[0].photo, set()).update(example.topics)
    return {row: sorted(topics)[:MOST_TOPICS] for row, topics in found.items()}


def _sample(
    writer: SocialModel,
    photos: NDArray[np.float32],
    rows: NDArray[np.int64],
    training: CriticTraining,
    tones: Collection[Tone | None],
    about: Mapping[int, Sequence[str]] | None = None,
) -> dict[Tone, list[str]]:
    """Captions that the decoder writes under these rows of the photos and that may be shown, by tone; each once.

    Only tones that people's captions have are sampled. ``about``: topics of each row, of which the decoder is told.
    """
    sampled: dict[Tone, list[str]] = {}
    random = np.random.default_rng(training.seed)
    for tone, share in SHARES.items():
        if tone not in tones:
            continue
        controls, wanted = Controls(tone=tone), round(share * training.captions)
        found: dict[str, None] = {}
        for turn in range(4 * len(rows)):
            if len(found) >= wanted or (turn == HOPELESS and not found):
                break
            temperature = TEMPERATURES[turn % len(TEMPERATURES)]
            options = GenerationOptions(seed=training.seed, tone=tone, temperature=temperature, top_p=0.92)
            row = int(rows[random.integers(len(rows))]) if about else int(rows[turn * 37 % len(rows)])
            told = [dict.fromkeys(about[row], 1.0)] if about else None
            salt = f"{tone} {turn}".encode()
            # As captions are written, and now and then freely: both kinds of mistakes are to be known.
            constrained = told is not None and turn % FREE_EVERY > 0
            (drawn,) = sample_captions(writer, photos[[row]], [salt], options, topics=told, constrained=constrained)
            texts = [one.text for one in drawn if writer.reranker.plausible(one.text, controls)]
            if tone == "gram" and not about:  # runs of words that nobody posted give a post away without a critic
                texts = [text for text in texts if not writer.reranker.word_ngrams.unknown(text)]
            found.update(dict.fromkeys(texts))
        sampled[tone] = list(found)[:wanted]
    return sampled


def _measures(example: Example) -> bool:
    """Whether a caption is held out: of the corpus's photos their part decides, of all else the letters."""
    return example.source == JUDGES or (example.source not in ("pairs", "loose") and is_validation(example.caption))


def _lesson(examples: Sequence[Example], sampled: dict[Tone, list[str]], held_out: bool, seed: int) -> Lesson:
    """As many people's posts as captions that are none, of each tone, and all pairs that are true enough."""
    random = np.random.default_rng(seed)
    described = sorted({e.caption for e in examples if e.source == "described"})
    texts: list[str] = []
    real: list[float] = []
    for tone, all_fakes in sampled.items():
        fakes = [text for text in all_fakes if is_validation(text) == held_out]
        if tone == "gram":
            plain = random.permutation(len(described))[: round(PLAIN * len(fakes))]
            fakes += [described[number] for number in plain]
        people = sorted(
            {e.caption for e in examples if e.tone == tone and e.source not in ("further", "loose")} - set(all_fakes)
        )
        said = [people[number] for number in random.permutation(len(people))[: len(fakes)]]
        texts += [*said, *fakes]
        real += [1.0] * len(said) + [0.0] * len(fakes)
    pairs = [(e.caption, e.photos[0].photo) for e in examples if e.photos and e.photos[0].score >= TRUE_ENOUGH]
    return Lesson(
        texts,
        np.array(real, np.float32),
        [text for text, _ in pairs],
        np.array([photo for _, photo in pairs], np.int64),
    )


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
