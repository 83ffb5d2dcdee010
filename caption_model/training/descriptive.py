"""Train the descriptive decoder on photos that people described: read → encode → fit → save."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundle import network_weights, save_bundle
from caption_model.decoders.descriptive import DescriptiveConfig, DescriptiveDecoder, build_descriptive
from caption_model.encoders import Encoder
from caption_model.errors import TrainingError
from caption_model.evaluation.description import describe_grids, score_descriptions
from caption_model.features import FeatureCache
from caption_model.teacher_forcing import teacher_forcing
from caption_model.training.buckets import bucketed
from caption_model.training.loop import Batch, Schedule, assign, fit
from caption_model.training.loss_curve import draw
from caption_model.training.provenance import card, file_hashes, versions
from caption_model.vocabulary import PAD, WordVocabulary
from caption_model.weights import as_stored
from datasets.flickr8k import read_captions, read_list

log = logging.getLogger(__name__)

LONGEST = 23  # words; one caption in a hundred has more and is left out
BUCKETS = (8, 10, 12, 14, 16, 19, LONGEST + 1)  # symbols, end included


@dataclass(frozen=True)
class DescriptiveSources:
    """Flickr8k or a set in its layout: photos, descriptions (CSV), lists of training and validation images."""

    images: Path
    captions: Path
    train: Path
    validation: Path


@dataclass(frozen=True)
class DescriptiveTraining:
    """How to train; saved in the bundle."""

    epochs: int = 12
    batch: int = 128
    learning_rate: float = 1.5e-3
    label_smoothing: float = 0.1
    patience: int = 3
    min_count: int = 4
    seed: int = 7


class DescriptiveBatches:
    """Epoch number → batches of (words, grid), every description once, bucketed by length."""

    def __init__(
        self,
        described: Sequence[Sequence[str]],
        grids: NDArray[np.float16],
        vocabulary: WordVocabulary,
        batch: int,
        seed: int = 7,
    ) -> None:
        pairs = [(row, vocabulary.encode(text)) for row, texts in enumerate(described) for text in texts]
        pairs = [(row, words) for row, words in pairs if 0 < len(words) <= LONGEST]
        self.photo = np.array([row for row, _ in pairs])
        self.words = [words for _, words in pairs]
        self.bucket = np.searchsorted(BUCKETS, [len(words) + 1 for words in self.words])
        self.grids = grids
        self.batch = batch
        self.seed = seed

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return sum(-(-int((self.bucket == bucket).sum()) // self.batch) for bucket in range(len(BUCKETS)))

    def __call__(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch, the same for the same number."""
        random = np.random.default_rng([self.seed, epoch])
        for rows in bucketed(np.arange(len(self.words)), self.bucket, self.batch, random):
            yield self.make(rows)

    def make(self, rows: NDArray[np.int64]) -> Batch:
        """Make a batch of these pairs."""
        inputs, targets = teacher_forcing([self.words[row] for row in rows], BUCKETS[int(self.bucket[rows].max())])
        grids = self.grids[self.photo[rows]].astype(np.float32)
        return Batch((inputs, grids), targets, (targets != PAD).astype(np.float32))


def train_descriptive(
    sources: DescriptiveSources,
    encoder: Encoder,
    out: Path,
    run: Path,
    training: DescriptiveTraining,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Train and save a bundle in ``out``; checkpoints and log in ``run``. Returns the metrics.

    Raises:
        DumpError: a source cannot be read.
        TrainingError: a listed image has no description.
        PhotoError: a listed image cannot be opened.
    """
    import keras

    keras.utils.set_random_seed(training.seed)
    references = read_captions(sources.captions)
    train, validation = read_list(sources.train), read_list(sources.validation)
    missing = [name for name in [*train, *validation] if name not in references]
    if missing:
        raise TrainingError(f"{sources.captions} describes no {missing[0]} ({len(missing)} listed images in all).")
    cached = FeatureCache(encoder, cache)
    grids = cached.grids([sources.images / name for name in train])
    judged = cached.grids([sources.images / name for name in validation])

    vocabulary = WordVocabulary.fit((text for name in train for text in references[name]), training.min_count)
    rows, columns, channels = encoder.grid_shape
    config = DescriptiveConfig(symbols=len(vocabulary), grid=(rows, columns, channels))
    network = build_descriptive(config)
    network.fit_grid_scale(grids)
    batches = DescriptiveBatches([references[name] for name in train], grids, vocabulary, training.batch, training.seed)
    held_out = DescriptiveBatches([references[name] for name in validation], judged, vocabulary, training.batch)
    schedule = Schedule(
        training.epochs,
        batches.steps,
        training.learning_rate,
        label_smoothing=training.label_smoothing,
        patience=training.patience,
    )
    history = fit(network, batches, lambda: bits_per_word(network, held_out), schedule, run)

    weights = network_weights(network)
    assign(network.weights, as_stored(weights))  # measure what ships
    written = dict(zip(validation, describe_grids(network, vocabulary, judged), strict=True))
    metrics = score_descriptions(written, {name: references[name] for name in validation})
    facts = {
        "photos": len(train),
        "symbols": len(vocabulary),
        "epochs": len(history),
        "minutes": round(sum(record["seconds"] for record in history) / 60),
    }
    save_bundle(
        out,
        "descriptive",
        {
            "network": asdict(config),
            "encoder": {"name": encoder.name, "sha256": encoder.sha256},
            "training": asdict(training),
            "data": file_hashes([sources.captions, sources.train, sources.validation]),
            "versions": versions(),
        },
        weights,
        card("descriptive", **facts, **{name: f"{value:.3f}" for name, value in metrics.items()}),
        vocabulary=vocabulary.to_json(),
        metrics={**facts, "validation": metrics, "history": history},
        extra={"loss.png": draw(history, "validation photos")},
    )
    return {**facts, **metrics}


def bits_per_word(network: DescriptiveDecoder, batches: DescriptiveBatches) -> float:
    """Mean cost of a word of described photos, teacher-forced, in bits."""
    import tensorflow as tf

    total, count = 0.0, 0.0
    for batch in batches(0):
        cost = tf.nn.sparse_softmax_cross_entropy_with_logits(batch.targets, network(batch.inputs))
        total += float(tf.reduce_sum(cost * batch.weights))
        count += float(batch.weights.sum())
    return total / count / float(np.log(2))
