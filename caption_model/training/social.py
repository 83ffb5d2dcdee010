"""Train the social decoder: read → clean → encode → fit → save."""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from caption_model.bundle import Bundle, network_weights, save_bundle
from caption_model.decoders.social import SocialConfig, SocialDecoder, build_social
from caption_model.encoders import Encoder, pool
from caption_model.errors import TrainingError
from caption_model.evaluation.bits import bits_per_symbol
from caption_model.features import FeatureCache
from caption_model.lexicon import Fingerprints, Lexicon, WordPairs
from caption_model.precision import dtype_policy, training_policy
from caption_model.training.loop import Schedule, assign, fit
from caption_model.training.loss_curve import draw
from caption_model.training.provenance import card, file_hashes, versions
from caption_model.training.social_data import Mixture, SocialBatches, is_validation
from caption_model.training.social_sources import SocialSources, gather
from caption_model.vocabulary import GraphemeVocabulary
from caption_model.weights import as_stored

log = logging.getLogger(__name__)

# Everything teaches the language at first; the voice of the main posts dominates at the end.
MIXTURE = {
    "posts": Mixture(1.0, 2.0),
    "also": Mixture(1.0, 1.0),
    "tweets": Mixture(0.7, 0.1),
    "style": Mixture(0.7, 0.5),
}
# Going on from a trained bundle: the language is there, the voice is what is left to learn.
MIXTURE_FROM_BASE = {
    "posts": Mixture(2.0, 2.0),
    "also": Mixture(0.7, 0.7),
    "tweets": Mixture(0.1, 0.1),
    "style": Mixture(0.3, 0.3),
}
FEWEST = 50  # captions


@dataclass(frozen=True)
class SocialTraining:
    """How to train; saved in the bundle."""

    epochs: int = 6
    batch: int = 128
    learning_rate: float = 2e-3
    patience: int = 2
    min_count: int = 3
    units: int = 512
    dropout: float = 0.2
    seed: int = 7


def train_social(
    sources: SocialSources,
    encoder: Encoder,
    out: Path,
    run: Path,
    training: SocialTraining,
    cache: Path | None = None,
    base: Path | None = None,
) -> dict[str, Any]:
    """Train and save a bundle in ``out``; checkpoints and log in ``run``. Returns the metrics.

    With ``base``, a social bundle, training goes on from its weights, with its vocabulary and sizes.

    Raises:
        BundleError: ``base`` is no social bundle, or was trained on another encoder.
        DumpError: a source cannot be read.
        TrainingError: too few captions are left after cleaning.
    """
    import keras

    keras.utils.set_random_seed(training.seed)
    examples, images = gather(sources)
    kept = [example for example in examples if not is_validation(example.caption)]
    held_out = [e.caption for e in examples if e.source == "posts" and is_validation(e.caption)]
    if len(kept) < FEWEST or not held_out:
        raise TrainingError(f"only {len(kept)} captions are left after cleaning: bring at least {FEWEST}.")
    log.info("%d captions to train on, %d held out, %d photos", len(kept), len(held_out), len(images))

    cached = FeatureCache(encoder, cache)
    photos = pool(cached.grids(images)) if images else np.zeros((1, encoder.grid_shape[-1]), np.float32)
    bundle = Bundle.load(base, "social") if base else None
    if bundle is None:
        mixture = MIXTURE
        vocabulary = GraphemeVocabulary.fit((example.caption for example in kept), training.min_count)
        config = SocialConfig(len(vocabulary), photos.shape[1], units=training.units, dropout=training.dropout)
        network = _build(config)
        if images:
            network.fit_photo_scale(photos)
    else:
        mixture = MIXTURE_FROM_BASE
        bundle.check_encoder(encoder.name, encoder.sha256)
        vocabulary = GraphemeVocabulary.from_json(bundle.vocabulary())
        config = SocialConfig(**{**bundle.config["network"], "dropout": training.dropout})
        network = _build(config)
        bundle.assign(network)
    batches = SocialBatches(
        kept, vocabulary, photos, mixture, epochs=training.epochs, batch=training.batch, seed=training.seed
    )

    def score() -> float:
        return float(bits_per_symbol(network, vocabulary, held_out)["bits_per_symbol"])

    schedule = Schedule(training.epochs, batches.steps, training.learning_rate, patience=training.patience)
    history = fit(network, batches, score, schedule, run)

    weights = network_weights(network)
    network = build_social(config)  # measure what ships, in float32
    assign(network.weights, as_stored(weights))
    facts = {
        "captions": len(kept),
        "held_out": len(held_out),
        "photos": len(images),
        "symbols": len(vocabulary),
        "epochs": len(history),
        "minutes": round(sum(record["seconds"] for record in history) / 60),
        "bits": round(score(), 3),
    }
    settings = {
        "network": asdict(config),
        "encoder": {"name": encoder.name, "sha256": encoder.sha256},
        "training": asdict(training),
        "mixture": {name: asdict(part) for name, part in mixture.items()},
        "base": bundle.sha256 if bundle else None,
        "data": file_hashes(sources.files()),
        "versions": versions(),
    }
    texts = [example.caption for example in kept]
    lexicon, pairs, fingerprints = Lexicon.fit(texts), WordPairs.fit(texts), Fingerprints.fit(texts)
    if bundle:  # what the base has learnt stays known
        lexicon = Lexicon(lexicon.known | Lexicon.from_bytes(bundle.read("lexicon.txt")).known)
        pairs = WordPairs(pairs.hashes | WordPairs.from_bytes(bundle.read("pairs.bin")).hashes)
        learnt = Fingerprints.from_bytes(bundle.read("fingerprints.bin"))
        fingerprints = Fingerprints(fingerprints.hashes | learnt.hashes)
    save_bundle(
        out,
        "social",
        settings,
        weights,
        card("social", **facts, before=_before(bundle)),
        vocabulary=vocabulary.to_json(),
        metrics={**facts, "history": history},
        extra={
            "loss.png": draw(history, "held-out posts, no photo"),
            "lexicon.txt": lexicon.to_bytes(),
            "pairs.bin": pairs.to_bytes(),
            "fingerprints.bin": fingerprints.to_bytes(),
        },
    )
    return facts


def _build(config: SocialConfig) -> SocialDecoder:
    with dtype_policy(training_policy()):
        return build_social(config)


def _before(base: Bundle | None) -> str:
    """The model card's sentence on what training went on from."""
    if base is None:
        return ""
    facts = json.loads(base.read("metrics.json"))
    made = f"{facts['epochs']} epochs ({facts['minutes']} minutes)"
    return f" Before that, {made} made the weights with SHA-256 {base.sha256}."
