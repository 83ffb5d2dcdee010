"""Train the social decoder on our own corpus, topics told: read → encode → fit → save."""

import logging
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import Bundle, network_weights
from caption_model.bundles.provenance import card, file_hashes, versions
from caption_model.bundles.saving import save_bundle
from caption_model.errors import TrainingError
from caption_model.text.vocabulary import GraphemeVocabulary
from caption_model.training.corpus.photos import corpus_photos
from caption_model.training.corpus.table import corpus_hashes, read_corpus
from caption_model.training.corpus.taught import taught_topics
from caption_model.training.engine.loop import Schedule, fit
from caption_model.training.engine.loss_curve import draw
from caption_model.training.engine.watch import Watch
from caption_model.training.social.corpus import MIXTURES, Phase, attested, lessons, of_posts, read_listed, ways
from caption_model.training.social.corpus_start import fresh, from_base_by_name
from caption_model.training.social.data import Example, Mixture, SocialBatches
from caption_model.training.social.sources import PhotoRows, SocialSources, gather
from caption_model.training.social.start import SCALED_BY
from caption_model.training.social.text_statistics import known_of
from caption_model.training.social.train import SocialTraining
from caption_model.vision.encoders import Encoder
from caption_model.vision.feature_cache import FeatureCache

log = logging.getLogger(__name__)

CORPUS = SocialTraining(epochs=6, learning_rate=1.2e-3, dropout=0.2, weight_dropout=0.15, average=0.998)
TOPIC_DROPOUT = 0.1
WARMUP = 150  # steps
OTHER_PHOTO = 17  # places further in a batch: whose photo a caption is judged under instead
FEWEST = 20  # captions
# What chooses the best epoch. Of patterns a network is to find the expansions that it is not taught: along such runs of
# words it is guided when it writes.
SCORE: dict[Phase, str] = {"pairs": "bits", "simple": "bits_simple", "patterns": "bits_patterns"}


class Judge:
    """Bits per character of held-out examples."""

    def __init__(
        self,
        examples: Sequence[Example],
        vocabulary: GraphemeVocabulary,
        photos: NDArray[np.float32],
        topics: Sequence[str],
        batch: int,
    ) -> None:
        alike = [replace(example, source="judges") for example in examples]
        mixture = {"judges": Mixture(1.0, 1.0)}
        self._batches = SocialBatches(
            alike, vocabulary, photos, mixture, epochs=1, batch=batch, topics=topics, topic_dropout=0.0
        )
        self._order = np.argsort(self._batches.bucket, kind="stable")

    def pairs(self, network: Any, shift: int = 0) -> float:
        """Under their photos and told their controls, no topic; with ``shift`` under one another's photos."""
        return self._bits(network, lambda symbols, photo, seen, told: (symbols, np.roll(photo, shift, 0), seen, told))

    def alone(self, network: Any) -> float:
        """Without photos, told their topic and tone "gram" and nothing else: as most captions are asked for."""

        def blind(symbols: Any, photo: Any, seen: Any, told: Any) -> tuple[Any, ...]:
            told = told.copy()
            told[:, :-1] = 0
            told[:, 0] = 1
            return symbols, photo, np.zeros_like(seen), told

        return self._bits(network, blind, np.random.default_rng(1))

    def _bits(self, network: Any, asked: Any, random: np.random.Generator | None = None) -> float:
        import tensorflow as tf

        nats = symbols = 0.0
        for start in range(0, len(self._order), self._batches.batch):
            batch = self._batches.make(self._order[start : start + self._batches.batch], random)
            logits = tf.cast(network(asked(*batch.inputs), training=False), tf.float32)
            cost = tf.nn.sparse_softmax_cross_entropy_with_logits(batch.targets, logits).numpy()
            nats += float((cost * batch.weights).sum())
            symbols += float(batch.weights.sum())
        return nats / max(1.0, symbols) / math.log(2)


def train_on_corpus(
    sources: SocialSources,
    places: Sequence[str],
    phase: Phase,
    encoder: Encoder,
    out: Path,
    run: Path,
    training: SocialTraining = CORPUS,
    cache: Path | None = None,
    base: Path | None = None,
    listed: Path | None = None,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Train and save a bundle in ``out``; checkpoints and log in ``run``. Returns the metrics.

    Args:
        sources: with ``corpus``, and dumps of posts if any.
        places: where the corpus's photos lie, as ``corpus_photos`` takes them; none: its captions are text alone.
        phase: whose mixture is learnt, and which held-out captions choose the best epoch.
        encoder: of the photos.
        out: bundle to write.
        run: folder of checkpoints, and of photos unpacked from tars.
        training: settings.
        cache: of encoded photos.
        base: social bundle to go on from; its tones and topics may differ. Phase "simple" adds no symbols to it.
        listed: CSV of captions that others list by topic, or none.
        watch: is told of steps and epochs; told to stop, training ends with its best epoch.

    Raises:
        BundleError: ``base`` is no social bundle.
        DumpError: a dump cannot be read.
        TrainingError: the corpus or its photos cannot be read, or too little is left to learn from or to judge by.
    """
    import keras

    if sources.corpus is None:
        raise TrainingError("name the folder of the corpus as --corpus.")
    keras.utils.set_random_seed(training.seed)
    corpus = read_corpus(sources.corpus)
    wanted = {one.photo for one in corpus.captions if corpus.parts[one.photo] != "test"}
    found = corpus_photos(places, wanted, run / "photos")
    rows = PhotoRows()
    taught = lessons(corpus, found, rows)
    examples = [*taught.examples, *(read_listed(listed) if listed else ()), *of_posts(gather(sources)[0])]
    photos, usable = FeatureCache(encoder, cache).pooled(rows.paths)
    examples, judges = _usable(examples, usable), [e for e in _usable(taught.judges, usable) if e.photos]
    chosen = {"pairs": judges, "simple": taught.simple_judges, "patterns": taught.expansion_judges}[phase]
    if len(examples) < FEWEST or not chosen:
        raise TrainingError(
            f"{len(examples)} captions to learn and {len(chosen)} to judge by are too few: phase {phase} needs more"
            + (", and photos of the corpus's dev part (--corpus-photos)." if phase == "pairs" else ".")
        )
    learnt = [example for example in examples if example.source in MIXTURES[phase]]
    counts = Counter(example.source for example in learnt)
    log.info("%s; %d judge under their photo, %d alone", dict(counts), len(judges), len(taught.simple_judges))

    texts, topics = [example.caption for example in learnt], taught_topics()
    bundle = Bundle.load(base, "social") if base else None
    network, config, vocabulary = (
        from_base_by_name(bundle, texts, topics, training, grows=phase != "simple")
        if bundle
        else fresh(texts, photos.shape[1], topics, training)
    )
    if usable.any():
        network.fit_photo_scale(photos[np.flatnonzero(usable)[:SCALED_BY]])
    batches = SocialBatches(
        learnt,
        vocabulary,
        photos,
        MIXTURES[phase],
        epochs=training.epochs,
        batch=training.batch,
        topics=topics,
        topic_dropout=TOPIC_DROPOUT,
        seed=training.seed,
    )
    seen = Judge(judges, vocabulary, photos, topics, training.batch) if judges else None
    alone, found_itself = (
        Judge(several, vocabulary, photos, topics, training.batch) if several else None
        for several in (taught.simple_judges, taught.expansion_judges)
    )

    def measure() -> dict[str, float | None]:
        return {
            "bits": seen.pairs(network) if seen else None,
            "bits_other_photo": seen.pairs(network, OTHER_PHOTO) if seen else None,
            "bits_simple": alone.alone(network) if alone else None,
            "bits_patterns": found_itself.alone(network) if found_itself else None,
        }

    def score() -> float:
        measured = measure()
        log.info("held out: %s", measured)
        return float(measured[SCORE[phase]] or 0.0)

    schedule = Schedule(
        training.epochs,
        batches.steps,
        training.learning_rate,
        warmup=min(WARMUP, 1 + training.epochs * batches.steps // 10),
        patience=training.patience,
        seconds=60 * training.minutes if training.minutes else None,
        average=training.average,
    )
    history = fit(network, batches, score, schedule, run, None, watch)
    facts: dict[str, Any] = {
        "captions": len(learnt),
        "sources": dict(counts),
        "phase": phase,
        "held_out": len(judges),
        "simple_held_out": len(taught.simple_judges),
        "photos": int(usable.sum()),
        "symbols": len(vocabulary),
        "epochs": len(history),
        "minutes": round(sum(record["seconds"] for record in history) / 60),
        **{name: None if value is None else round(value, 3) for name, value in measure().items()},
    }
    told = {name: "–" if value is None else value for name, value in facts.items()}
    save_bundle(
        out,
        "social",
        {
            "network": asdict(config),
            "encoder": {"name": encoder.name, "sha256": encoder.sha256},
            "training": {**asdict(training), "topic_dropout": TOPIC_DROPOUT, "phase": phase},
            "mixture": {name: asdict(part) for name, part in MIXTURES[phase].items()},
            "base": {"sha256": bundle.sha256} if bundle else None,
            "data": {**file_hashes([*sources.files(), *([listed] if listed else [])]), **corpus_hashes(sources.corpus)},
            "versions": versions(),
        },
        network_weights(network),
        card(
            "corpus_social",
            **{**told, "sources": ", ".join(f"{name} {count:,}" for name, count in counts.items())},
            before=f" It went on from the weights with SHA-256 {bundle.sha256}." if bundle else "",
        ),
        vocabulary=vocabulary.to_json(),
        metrics={**facts, "history": history},
        extra={
            "loss.png": draw(
                history, "dev captions, with photo" if phase == "pairs" else "held-out captions, no photo"
            ),
            **known_of([*examples, *taught.simple_judges, *attested(corpus)], None, False, ways(corpus)),
        },
    )
    return facts


def _usable(examples: Sequence[Example], usable: NDArray[np.bool_]) -> list[Example]:
    """The examples without the photos that cannot be opened."""
    return [replace(e, photos=tuple(p for p in e.photos if usable[p.photo])) if e.photos else e for e in examples]
