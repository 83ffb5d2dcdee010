"""Train the descriptive decoder on photos that people described: read → encode → fit → save."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundle import network_weights, save_bundle
from caption_model.confidence import AGREES_FROM, Confidence, calibrate
from caption_model.confidence import FILE as CONFIDENCE
from caption_model.decoders.descriptive import DescriptiveConfig, DescriptiveDecoder, build_descriptive
from caption_model.encoders import Encoder
from caption_model.errors import TrainingError
from caption_model.evaluation.description import agreement, describe_grids, describe_surely, score_descriptions
from caption_model.features import FeatureCache
from caption_model.precision import dtype_policy, training_policy
from caption_model.teacher_forcing import teacher_forcing
from caption_model.training.buckets import bucketed
from caption_model.training.loop import Batch, Schedule, assign, fit
from caption_model.training.loss_curve import draw
from caption_model.training.provenance import card, file_hashes, versions
from caption_model.training.self_critical import Rollouts, SelfCritical, self_critical
from caption_model.vocabulary import PAD, WordVocabulary
from caption_model.weights import as_stored
from datasets.flickr8k import read_captions, read_list

log = logging.getLogger(__name__)

LONGEST = 23  # words; one caption in a hundred has more and is left out
OTHER_SIDE = {"left": "right", "right": "left"}
SIDES = re.compile(r"\b(left|right)\b", re.IGNORECASE)
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
    """How to train; saved in the bundle. ``self_critical`` epochs follow those of teacher forcing."""

    epochs: int = 12
    batch: int = 128
    learning_rate: float = 1.5e-3
    label_smoothing: float = 0.1
    patience: int = 3
    min_count: int = 4
    self_critical: int = 4
    seed: int = 7


class DescriptiveBatches:
    """Epoch number → batches of (words, grid), every description once, bucketed by length.

    Each description is put on its photo or, half the time, on the photo's mirror image, left and right
    exchanged in both.
    """

    def __init__(
        self,
        described: Sequence[Sequence[str]],
        grids: NDArray[np.float16],
        mirrored: NDArray[np.float16],
        vocabulary: WordVocabulary,
        batch: int,
        seed: int = 7,
    ) -> None:
        pairs = [
            (row, vocabulary.encode(text), vocabulary.encode(mirror(text)))
            for row, texts in enumerate(described)
            for text in texts
        ]
        pairs = [pair for pair in pairs if 0 < len(pair[1]) <= LONGEST]
        self.photo = np.array([row for row, _, _ in pairs])
        self.words = ([words for _, words, _ in pairs], [words for _, _, words in pairs])
        self.bucket = np.searchsorted(BUCKETS, [len(words) + 1 for words in self.words[0]])
        self.grids = np.concatenate([grids, mirrored])
        self.batch = batch
        self.seed = seed

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return sum(-(-int((self.bucket == bucket).sum()) // self.batch) for bucket in range(len(BUCKETS)))

    def __call__(self, epoch: int) -> Iterator[Batch]:
        """The batches of one epoch, the same for the same number."""
        random = np.random.default_rng([self.seed, epoch])
        turned = random.random(len(self.photo)) < 0.5
        for rows in bucketed(np.arange(len(self.photo)), self.bucket, self.batch, random):
            yield self.make(rows, turned[rows])

    def make(self, rows: NDArray[np.int64], turned: NDArray[np.bool_]) -> Batch:
        """Make a batch of these pairs, some of them mirrored."""
        words = [self.words[int(turn)][row] for row, turn in zip(rows, turned, strict=True)]
        inputs, targets = teacher_forcing(words, BUCKETS[int(self.bucket[rows].max())])
        grids = self.grids[self.photo[rows] + turned * (len(self.grids) // 2)].astype(np.float32)
        return Batch((inputs, grids), targets, (targets != PAD).astype(np.float32))


def mirror(text: str) -> str:
    """What is said of a photo's mirror image."""
    return SIDES.sub(lambda side: OTHER_SIDE[side.group().lower()], text)


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
    photos = [sources.images / name for name in train]
    grids, mirrored = cached.grids(photos), cached.grids(photos, mirrored=True)
    judged = cached.grids([sources.images / name for name in validation])

    vocabulary = WordVocabulary.fit((text for name in train for text in references[name]), training.min_count)
    rows, columns, channels = encoder.grid_shape
    config = DescriptiveConfig(symbols=len(vocabulary), grid=(rows, columns, channels))
    with dtype_policy(training_policy()):
        network = build_descriptive(config)
    network.fit_grid_scale(grids)
    shipped = build_descriptive(config)  # in float32, as it will be used

    def measure() -> dict[str, float | int]:
        assign(shipped.weights, as_stored(network_weights(network)))
        written = dict(zip(validation, describe_grids(shipped, vocabulary, judged), strict=True))
        return score_descriptions(written, {name: references[name] for name in validation})

    def score() -> float:
        return -float(measure()["cider"])

    described = [references[name] for name in train]
    batches = DescriptiveBatches(described, grids, mirrored, vocabulary, training.batch, training.seed)
    schedule = Schedule(
        training.epochs,
        batches.steps,
        training.learning_rate,
        label_smoothing=training.label_smoothing,
        patience=training.patience,
    )
    history = fit(network, batches, score, schedule, run)
    settings = SelfCritical(training.self_critical)
    sentences = [[vocabulary.encode(text) for text in texts] for texts in described]
    further = self_critical(network, Rollouts(network, grids, sentences, settings, training.seed), score, settings)

    metrics = measure()  # what ships
    weights = network_weights(shipped)
    confidence = _calibrated(shipped, vocabulary, judged, validation, references)
    facts = {
        "photos": len(train),
        "symbols": len(vocabulary),
        "epochs": len(history),
        "further": len(further) - 1,
        "minutes": round(sum(record["seconds"] for record in [*history, *further]) / 60),
    }
    save_bundle(
        out,
        "descriptive",
        {
            "network": asdict(config),
            "encoder": {"name": encoder.name, "sha256": encoder.sha256},
            "training": {**asdict(training), "self_critical": asdict(settings)},
            "data": file_hashes([sources.captions, sources.train, sources.validation]),
            "versions": versions(),
        },
        weights,
        card(
            "descriptive",
            **{**facts, "further": _second_school(further)},
            **{name: f"{value:.3f}" if isinstance(value, float) else value for name, value in metrics.items()},
        ),
        vocabulary=vocabulary.to_json(),
        metrics={**facts, "validation": metrics, "history": history, "self_critical": further},
        extra={
            "loss.png": draw(history, "validation photos", of_its_own="CIDEr"),
            CONFIDENCE: confidence.to_bytes(),
        },
    )
    return {**facts, **metrics}


def _second_school(further: Sequence[Mapping[str, float]]) -> str:
    """What the model card says of self-critical training."""
    if len(further) < 2:
        return ""
    return f"; then {len(further) - 1} epochs of self-critical training on CIDEr-D (Rennie et al. 2017)"


def _calibrated(
    network: DescriptiveDecoder,
    vocabulary: WordVocabulary,
    grids: NDArray[np.float16],
    names: Sequence[str],
    references: Mapping[str, Sequence[str]],
) -> Confidence:
    described = describe_surely(network, vocabulary, grids)
    agreed = agreement({name: text for name, (text, _) in zip(names, described, strict=True)}, references)
    return calibrate(
        np.array([mean for _, mean in described]), np.array([agreed[name] >= AGREES_FROM for name in names])
    )
