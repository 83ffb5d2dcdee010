"""Teach a finished social decoder to write about a topic: one vector a topic, all other weights as they are.

The vector joins the sum of what is known before the first grapheme, beside photo and controls, and is learnt from
captions that name the topic ("The Power of Scale for Parameter-Efficient Prompt Tuning", Lester et al. 2021). Photos
are not shown: what captions say of a topic is then known of things that no described photo shows, too.
"""

import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import Bundle, network_weights
from caption_model.bundles.provenance import card, file_hashes
from caption_model.bundles.saving import save_bundle
from caption_model.bundles.weights import as_stored
from caption_model.errors import TrainingError
from caption_model.networks.config import SocialConfig
from caption_model.networks.precision import dtype_policy, training_policy
from caption_model.networks.social_keras import SocialDecoder, build_social
from caption_model.text.mentioned_topics import mentioned_in_post
from caption_model.text.topics import topics as topics_table
from caption_model.text.vocabulary import GraphemeVocabulary
from caption_model.training.engine.buckets import bucketed
from caption_model.training.engine.loop import Batch, Schedule, fit
from caption_model.training.engine.progress import assign
from caption_model.training.social.data import Example, SocialBatches, is_validation
from caption_model.training.social.sources import SocialSources, gather
from caption_model.training.social.text_statistics import as_before

log = logging.getLogger(__name__)

FEWEST = 20  # captions that name a topic
JUDGES = frozenset({"posts", "also"})  # sources of the held-out captions


@dataclass(frozen=True)
class TopicTraining:
    """How topics are learnt; saved in the bundle.

    Attributes:
        a_topic: captions of each topic an epoch, so that rare ones are learnt as well.
        strength: factor on the learnt vectors, above 1 to be more on topic than people are: what guidance without a
            classifier does (Ho & Salimans 2022), for no work at all.
    """

    epochs: int = 5
    batch: int = 128
    learning_rate: float = 2e-2
    a_topic: int = 600
    strength: float = 1.5
    average: float = 0.98
    seed: int = 7


class TopicBatches:
    """Epoch number → batches: as many captions of each topic, none with its photo."""

    def __init__(
        self,
        examples: Sequence[Example],
        topics: Sequence[str],
        config: SocialConfig,
        vocabulary: GraphemeVocabulary,
        training: TopicTraining,
    ) -> None:
        nobody = np.zeros((1, config.photo), np.float32)
        unseen = [replace(example, photos=()) for example in examples]
        self._plain = SocialBatches(unseen, vocabulary, nobody, {}, epochs=1, batch=training.batch)
        self._members = members(examples, topics)
        self._training = training

    @property
    def steps(self) -> int:
        """Batches of an epoch, or a few more."""
        return len(self._members) * self._training.a_topic // self._training.batch + 1

    def __call__(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch, the same for the same number."""
        random = np.random.default_rng([self._training.seed, epoch])
        count = self._training.a_topic
        drawn = [random.choice(rows, count, replace=len(rows) < count) for rows in self._members]
        rows, told = np.concatenate(drawn), 1 + np.repeat(np.arange(len(drawn)), count)
        for places in bucketed(np.arange(len(rows)), self._plain.bucket[rows], self._training.batch, random):
            yield self.make(rows[places], told[places], random)

    def all(self) -> Iterator[Batch]:
        """Every caption once under each of its topics, all its controls told."""
        told = 1 + np.repeat(np.arange(len(self._members)), [len(rows) for rows in self._members])
        rows = np.concatenate(self._members)
        for start in range(0, len(rows), self._training.batch):
            part = slice(start, start + self._training.batch)
            yield self.make(rows[part], told[part], None)

    def make(self, rows: NDArray[np.int64], told: NDArray[np.int64], random: np.random.Generator | None) -> Batch:
        """A batch of these examples under topics of these numbers."""
        batch = self._plain.make(rows, random)
        *inputs, controls = batch.inputs
        return batch._replace(inputs=(*inputs, np.column_stack([controls, told]).astype(np.int32)))


def members(examples: Sequence[Example], topics: Sequence[str]) -> list[NDArray[np.int64]]:
    """For each topic the rows of the captions that name it."""
    named = [mentioned_in_post(example.caption) for example in examples]
    return [np.array([row for row, names in enumerate(named) if topic in names], np.int64) for topic in topics]


def train_topics(sources: SocialSources, base: Path, out: Path, run: Path, training: TopicTraining) -> dict[str, Any]:
    """Give the decoder of bundle ``base`` topics and save it in ``out``; checkpoints and log in ``run``.

    Returns:
        What was measured, with the bits per character of held-out captions that name a topic, told it (``bits``) and
        not (``bits_untold``).

    Raises:
        BundleError: ``base`` is no social bundle.
        DumpError: a source cannot be read.
        TrainingError: the captions name too few topics.
    """
    bundle = Bundle.load(base, "social")
    examples, _ = gather(sources)
    kept = [example for example in examples if not is_validation(example.caption)]
    held_out = [e for e in examples if is_validation(e.caption) and e.source in JUDGES]
    every = list(topics_table())
    topics = [topic for topic, rows in zip(every, members(kept, every), strict=True) if len(rows) >= FEWEST]
    if len(topics) < 2:
        raise TrainingError(f"{len(kept)} captions name too few topics to learn any: bring more posts.")
    log.info("%d captions, %d topics", len(kept), len(topics))
    vocabulary = GraphemeVocabulary.from_json(bundle.vocabulary())
    config = replace(bundle.network_config(SocialConfig), topics=tuple(topics))
    with dtype_policy(training_policy()):
        network = build_social(config)
    begin(network, bundle)
    batches = TopicBatches(kept, topics, config, vocabulary, training)
    judges = TopicBatches(held_out, topics, config, vocabulary, training)
    schedule = Schedule(
        training.epochs, batches.steps, training.learning_rate, warmup=20, weight_decay=0.0, average=training.average
    )
    history = fit(network, batches, lambda: bits_per_character(network, judges), schedule, run)

    weights = network_weights(network)
    table = next(name for name in weights if name not in bundle.weights)
    weights[table] *= training.strength
    shipped = build_social(config)
    assign(shipped.weights, as_stored(weights))
    facts = {
        "captions": len(kept),
        "held_out": len(held_out),
        "epochs": len(history),
        "bits": round(bits_per_character(shipped, judges), 3),
        "bits_untold": round(bits_per_character(shipped, judges, told=False), 3),
    }
    settings = {**asdict(training), "data": file_hashes(sources.files()), "base": bundle.sha256}
    metrics = bundle.metrics()
    save_bundle(
        out,
        "social",
        {**bundle.config, "network": asdict(config), "topics": settings},
        weights,
        bundle.read("MODEL_CARD.md").decode("utf-8")
        + card("topics", **facts, strength=f"{training.strength:g}", topics=", ".join(topics)),
        vocabulary=bundle.vocabulary(),
        metrics={**metrics, "topics": {**facts, "history": history}},
        extra=as_before(bundle),
    )
    return facts


def begin(network: SocialDecoder, base: Bundle) -> None:
    """The base's weights, and topics that change nothing yet: the only part that is left to learn."""
    for variable in network.weights:
        if variable.path in base.weights:
            variable.assign(base.weights[variable.path])
    for layer in network.layers:
        layer.trainable = layer is network.about


def bits_per_character(network: Any, judges: TopicBatches, told: bool = True) -> float:
    """Bits per character of captions under each of their topics; with ``told`` off the topic is not told."""
    import tensorflow as tf

    nats, symbols = 0.0, 0.0
    for batch in judges.all():
        *inputs, controls = batch.inputs
        if not told:
            controls[:, -1] = 0
        logits = tf.cast(network((*inputs, controls)), tf.float32)
        cost = tf.nn.sparse_softmax_cross_entropy_with_logits(batch.targets, logits).numpy()
        nats += float((cost * batch.weights).sum())
        symbols += float(batch.weights.sum())
    return nats / max(1.0, symbols) / math.log(2)
