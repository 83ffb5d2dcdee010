"""Train the descriptive decoder on photos that people described: read → encode → fit → save."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from caption_model.bundles.bundle import network_weights
from caption_model.bundles.provenance import card, file_hashes, versions
from caption_model.bundles.saving import save_bundle
from caption_model.bundles.weights import Weights, as_stored
from caption_model.evaluation.description import agreement, score_descriptions
from caption_model.generation.beam_search import BeamSearch
from caption_model.generation.calibration import AGREES_FROM, Confidence
from caption_model.generation.calibration import FILE as CONFIDENCE
from caption_model.generation.descriptive import describe_grids, describe_scored
from caption_model.networks.config import DescriptiveConfig
from caption_model.networks.descriptive_keras import build_descriptive
from caption_model.networks.descriptive_onnx import PreparedDescriptive
from caption_model.networks.precision import dtype_policy, training_policy
from caption_model.training.corpus.table import corpus_hashes
from caption_model.training.descriptive.confidence import calibrate
from caption_model.training.descriptive.data import Described, DescriptiveBatches, DescriptiveSources, gather_described
from caption_model.training.descriptive.self_critical import Rollouts, SelfCritical, train_self_critical
from caption_model.training.engine.loop import History, Schedule, fit
from caption_model.training.engine.loss_curve import draw
from caption_model.vision.encoders import Encoder

PREDICTIONS = "predictions.json"


@dataclass(frozen=True)
class DescriptiveTraining:
    """How to train; saved in the bundle. Teacher forcing comes first, ``self_critical`` training after it."""

    epochs: int = 6
    batch: int = 128
    learning_rate: float = 1.5e-3
    label_smoothing: float = 0.1
    dropout: float = 0.5
    average: float = 0.995
    patience: int = 3
    min_count: int = 4
    self_critical: SelfCritical = field(default_factory=SelfCritical)
    seed: int = 7


@dataclass(frozen=True)
class Learnt:
    """A trained decoder, with the weights that a bundle will give back, and how it came to them."""

    config: DescriptiveConfig
    weights: Weights
    history: History
    further: History

    @property
    def decoder(self) -> PreparedDescriptive:
        """Made ready to write."""
        return PreparedDescriptive(self.config, self.weights)


def learn(data: Described, training: DescriptiveTraining, run: Path) -> Learnt:
    """Train on ``data``: teacher forcing, then self-critical; checkpoints and log in ``run``, resumed from there."""
    import keras

    keras.utils.set_random_seed(training.seed)
    config = DescriptiveConfig(len(data.vocabulary), grid=data.grids.shape[1:], dropout=training.dropout)
    with dtype_policy(training_policy()):
        network = build_descriptive(config)
    network.fit_grid_scale(data.grids)

    def score() -> float:
        return -float(measure(PreparedDescriptive(config, as_stored(network_weights(network))), data)["cider"])

    batches = DescriptiveBatches(data.texts, data.grids, data.mirrored, data.vocabulary, training.batch, training.seed)
    schedule = Schedule(
        training.epochs,
        batches.steps,
        training.learning_rate,
        label_smoothing=training.label_smoothing,
        patience=training.patience,
        average=training.average,
    )
    history = fit(network, batches, score, schedule, run)
    further: History = []
    if training.self_critical.epochs:
        rollouts = Rollouts(network, data, training.self_critical, training.seed)
        further = train_self_critical(network, rollouts, score, training.self_critical, run / "self-critical")
    return Learnt(config, as_stored(network_weights(network)), history, further)


def measure(decoder: PreparedDescriptive, data: Described, beam: BeamSearch | None = None) -> dict[str, float | int]:
    """Scores on the judging photos; of several sets of them, CIDEr is the mean of the sets'."""
    written = describe_grids(decoder, data.vocabulary, data.judged, beam)
    said = dict(zip(data.references, written, strict=True))
    scores = score_descriptions(said, data.references)
    if len(data.groups) > 1:
        sets = [score_descriptions({name: said[name] for name in names}, data.references) for names in _sets(data)]
        scores["cider"] = float(np.mean([one["cider"] for one in sets]))
    return scores


def _sets(data: Described) -> list[list[str]]:
    """Names of the judging photos of each set."""
    names, ends = list(data.references), np.cumsum(data.groups)
    return [names[end - size : end] for end, size in zip(ends, data.groups, strict=True)]


def train_descriptive(
    sources: DescriptiveSources,
    encoder: Encoder,
    out: Path,
    run: Path,
    training: DescriptiveTraining,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Train and save a bundle in ``out``; checkpoints and log in ``run``. Returns the metrics.

    The bundle tells what it says of each judging photo (``predictions.json``), never what people said of it.

    Raises:
        DumpError: a source cannot be read.
        TrainingError: a listed image has no description.
        PhotoError: a listed image cannot be opened.
    """
    data = gather_described(sources, encoder, cache, training.min_count, run / "photos")
    learnt = learn(data, training, run)
    said = dict(zip(data.references, describe_scored(learnt.decoder, data.vocabulary, data.judged), strict=True))
    predictions = {name: text for name, (text, _) in said.items()}
    metrics = score_descriptions(predictions, data.references)
    sets = {}
    if len(data.groups) > 1:
        of_each = [
            score_descriptions({n: predictions[n] for n in names}, {n: data.references[n] for n in names})
            for names in _sets(data)
        ]
        metrics, sets = of_each[0], {"dev": of_each[1]}
    facts = {
        "photos": len(data.texts),
        "symbols": len(data.vocabulary),
        "epochs": len(learnt.history),
        "further": max(0, len(learnt.further) - 1),
        "minutes": round(sum(record["seconds"] for record in [*learnt.history, *learnt.further]) / 60),
    }
    save_bundle(
        out,
        "descriptive",
        {
            "network": asdict(learnt.config),
            "encoder": {"name": encoder.name, "sha256": encoder.sha256},
            "training": asdict(training),
            "data": {
                **file_hashes([sources.captions, sources.train, sources.validation]),
                **({**corpus_hashes(sources.corpus), "repeat": sources.repeat} if sources.corpus else {}),
            },
            "versions": versions(),
        },
        learnt.weights,
        card(
            "descriptive",
            **{**facts, "further": _second_school(learnt.further), "photos": facts["photos"] - data.own},
            min_count=training.min_count,
            beside=_beside(data, sources, sets),
            **{name: f"{value:.3f}" if isinstance(value, float) else value for name, value in metrics.items()},
        ),
        vocabulary=data.vocabulary.to_json(),
        metrics={**facts, "validation": metrics, **sets, "history": learnt.history, "self_critical": learnt.further},
        extra={
            "loss.png": draw(learnt.history, "validation photos", of_its_own="CIDEr"),
            CONFIDENCE: _calibrated({name: mean for name, (_, mean) in said.items()}, predictions, data).to_bytes(),
            PREDICTIONS: json.dumps(predictions, indent=1).encode("utf-8"),
        },
    )
    return {**facts, **metrics}


def _beside(data: Described, sources: DescriptiveSources, sets: Mapping[str, Mapping[str, float]]) -> str:
    """What the model card says of the corpus."""
    if not sources.corpus:
        return ""
    told = f" Besides, {data.own} photos of the project's own corpus, their descriptions shown {sources.repeat} times"
    measured = f"; on {data.groups[-1]} of its dev photos, CIDEr is {sets['dev']['cider']:.3f}" if sets else ""
    return f"{told} an epoch{measured}. The best epoch has the highest mean CIDEr of both sets of judging photos."


def _second_school(further: Sequence[Mapping[str, float]]) -> str:
    """What the model card says of self-critical training."""
    if len(further) < 2:
        return ""
    return f"; then {len(further) - 1} epochs of self-critical training on CIDEr-D (Rennie et al. 2017)"


def _calibrated(means: Mapping[str, float], predictions: Mapping[str, str], data: Described) -> Confidence:
    """Confidence from each photo's mean log-probability of a word, in nats."""
    agreed = agreement(predictions, data.references)
    return calibrate(np.array(list(means.values())), np.array([agreed[name] >= AGREES_FROM for name in means]))
