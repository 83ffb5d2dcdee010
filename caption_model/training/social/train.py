"""Train the social decoder: read → clean → encode → fit → save."""

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import Bundle
from caption_model.bundles.provenance import card, file_hashes, versions
from caption_model.bundles.saving import change_bundle, save_bundle
from caption_model.errors import TrainingError
from caption_model.evaluation.bits import bits_per_symbol
from caption_model.training.engine.checkpoint import STATE
from caption_model.training.engine.loop import Schedule, fit
from caption_model.training.engine.loss_curve import draw
from caption_model.training.engine.watch import Watch
from caption_model.training.social.comparison import compare_suggestions
from caption_model.training.social.data import (
    LLM_GENERATED,
    PSEUDO_LABELLED,
    VALIDATION,
    Example,
    SocialBatches,
    held_out_share,
    is_validation,
)
from caption_model.training.social.measuring import measured, settled
from caption_model.training.social.sources import SocialSources, gather, read_judges
from caption_model.training.social.start import from_base, from_scratch
from caption_model.training.social.text_statistics import as_before, known_of
from caption_model.vision.encoders import Encoder
from caption_model.vision.feature_cache import FeatureCache, Progress

log = logging.getLogger(__name__)

FEWEST, FEWEST_OF_VOICE = 50, 20  # captions
TELL_EVERY = 30.0  # seconds


@dataclass(frozen=True)
class SocialTraining:
    """How to train; saved in the bundle.

    ``keep`` is the weight of the divergence from a base, above 0 for a voice; ``minutes`` bounds the time; ``rank``,
    above 0, is that of the terms that alone are learnt beside a base's kernels.
    """

    epochs: int = 24
    batch: int = 128
    learning_rate: float = 2e-3
    patience: int = 3
    min_count: int = 3
    units: int = 768
    dropout: float = 0.1
    weight_dropout: float = 0.0
    average: float = 0.999
    seed: int = 7
    keep: float = 0.0
    minutes: float | None = None
    rank: int = 0


# On its own best captions; it knows the language.
REFINED = SocialTraining(epochs=4, learning_rate=6e-4, dropout=0.2, weight_dropout=0.1)
# Beside a base's kernels: little is learnt, so little need be dropped.
LOW_RANK = SocialTraining(epochs=4, learning_rate=2e-3, dropout=0.1, weight_dropout=0.05)
# Few posts are soon learnt by heart: more dropout.
VOICE = SocialTraining(
    epochs=18,
    batch=64,
    learning_rate=1e-3,
    min_count=2,
    dropout=0.2,
    weight_dropout=0.2,
    average=0.99,
    keep=0.5,
)


def train_social(
    sources: SocialSources,
    encoder: Encoder,
    out: Path,
    run: Path,
    training: SocialTraining,
    cache: Path | None = None,
    base: Path | None = None,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Train and save a bundle in ``out``; checkpoints and log in ``run``. Returns the metrics.

    ``watch`` is told ``reading``, ``read``, ``encoded`` (photos), ``learning``, then of steps and epochs as by ``fit``,
    and ``measuring``; told to stop before anything was learnt, training ends in an error, later with its best epoch.

    With ``base``, a social bundle, training goes on from its weights, with its sizes and its symbols and those that
    the captions add; with ``training.keep`` it makes a voice of it. Without, the base may have had other weights of the
    same encoder: when the encoder is retrained, the language need not be.

    Raises:
        BundleError: ``base`` is no social bundle, or was trained on another encoder.
        DumpError: a source cannot be read.
        TrainingError: too few captions are left after cleaning, it was stopped before it had begun, or low-rank terms
            are wanted of a voice or without a base.
    """
    import keras

    if training.rank and (base is None or training.keep):
        raise TrainingError("low-rank terms are learnt beside a base's kernels: name a --base, and --keep 0.")

    started = time.monotonic()
    watch = watch or Watch()
    watch.tell("reading")
    keras.utils.set_random_seed(training.seed)
    bundle = Bundle.load(base, "social") if base else None
    past = _history_of(bundle) if bundle else None
    other_encoder = bundle is not None and not training.keep and bundle.encoder_sha256 != encoder.sha256
    if bundle:
        bundle.check_encoder(encoder.name, bundle.encoder_sha256 if other_encoder else encoder.sha256)
    examples, images = gather(sources)
    kept, held_out = _split(examples, is_voice=bundle is not None and training.keep > 0)
    log.info("%d captions to train on, %d held out, %d photos", len(kept), len(held_out), len(images))
    watch.tell("read", captions=len(kept), held_out=len(held_out), photos=len(images))
    photos, usable = FeatureCache(encoder, cache).pooled(images, _encoding(watch))
    if not usable.all():
        log.warning("%d photos cannot be opened: their captions are used without them", (~usable).sum())
        kept, held_out = _without(kept, usable), _without(held_out, usable)

    _check_stop(watch)
    watch.tell("learning")
    if bundle:
        start = from_base(bundle, kept, photos, usable, training, other_encoder)
    else:
        start = from_scratch(kept, photos, usable, training)
    batches = SocialBatches(
        start.examples,
        start.vocabulary,
        start.photos,
        start.mixture,
        epochs=training.epochs,
        batch=training.batch,
        seed=training.seed,
    )
    judged = [example.caption for example in held_out]

    def score() -> float:
        return float(bits_per_symbol(start.network, start.vocabulary, judged)["bits_per_symbol"])

    schedule = Schedule(
        training.epochs,
        batches.steps,
        training.learning_rate,
        warmup=min(200, 1 + training.epochs * batches.steps // 10),
        patience=training.patience,
        seconds=_seconds(training, started),
        keep=training.keep,
        average=training.average,
    )
    if not (run / STATE).exists():
        _check_stop(watch)
    history = fit(start.network, batches, score, schedule, run, start.frozen, watch)
    watch.tell("measuring")

    share, weights = settled(start)
    facts: dict[str, Any] = {
        "captions": sum(example.source not in (PSEUDO_LABELLED, LLM_GENERATED) for example in kept),
        "own": sum(example.source == PSEUDO_LABELLED for example in kept),
        "written": sum(example.source == LLM_GENERATED for example in kept),
        "held_out": len(held_out),
        "photos": int(usable.sum()),
        "unreadable": int((~usable).sum()),
        "symbols": len(start.vocabulary),
        "epochs": len(history),
        "minutes": round(sum(record["seconds"] for record in history) / 60),
        **({"share": share} if start.base else {}),
        **({"rank": training.rank} if training.rank else {}),
        **measured(start, weights, judged, read_judges(sources.judges) if start.base and sources.judges else ()),
    }
    save_bundle(
        out,
        "social",
        {
            "network": asdict(start.config),
            "encoder": {"name": encoder.name, "sha256": encoder.sha256},
            "training": asdict(training),
            "mixture": {name: asdict(part) for name, part in start.mixture.items()},
            "base": past,
            "data": file_hashes(sources.files()),
            "versions": versions(),
        },
        weights,
        _card(facts, bundle, training, start.base is not None),
        vocabulary=start.vocabulary.to_json(),
        metrics={**facts, "history": history},
        extra=as_before(bundle)
        if bundle and training.rank
        else {
            "loss.png": draw(history, "held-out posts, no photo"),
            **known_of(kept, bundle, start.base is not None),
        },
    )
    if base and start.base:
        facts["suggestions"] = compare_suggestions(base, out, encoder, _photos_of([*held_out, *kept], images))
        change_bundle(out, out, "social", {"metrics.json": {**facts, "history": history}})
    return facts


def _split(examples: Sequence[Example], is_voice: bool) -> tuple[list[Example], list[Example]]:
    """Captions to learn, of all sources, and those of the posts that judge; duplicates fall on one side."""
    posts = sum(example.source == "posts" for example in examples)
    share = held_out_share(posts) if is_voice else VALIDATION
    held_out = [e for e in examples if e.source == "posts" and is_validation(e.caption, share)]
    kept = [example for example in examples if not is_validation(example.caption, share)]
    fewest = FEWEST_OF_VOICE if is_voice else FEWEST
    if len(kept) < fewest or not held_out:
        raise TrainingError(f"only {len(kept)} captions are left after cleaning: bring at least {fewest}.")
    return kept, held_out


def _without(examples: Sequence[Example], usable: NDArray[np.bool_]) -> list[Example]:
    """The examples without the photos that cannot be opened."""
    return [replace(e, photos=tuple(p for p in e.photos if usable[p.photo])) if e.photos else e for e in examples]


def _check_stop(watch: Watch) -> None:
    if watch.stop():
        raise TrainingError("stopped before anything was learnt: run the same command again; encoded photos are kept.")


def _encoding(watch: Watch) -> Progress:
    """Says now and then how many photos are encoded, and how long the others will take."""
    started = told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        now = time.monotonic()
        watch.tell("encoded", photos=done, of=total)
        _check_stop(watch)
        if now - told > TELL_EVERY:
            told = now
            left = (now - started) * (total - done) / done / 60
            log.info("%d of %d photos encoded, about %.0f min left", done, total, left + 0.5)

    return tell


def _seconds(training: SocialTraining, started: float) -> float | None:
    """What reading and encoding have left of the time, at least half of it."""
    if training.minutes is None:
        return None
    whole = 60 * training.minutes
    return max(whole - (time.monotonic() - started), whole / 2)


def _photos_of(examples: Sequence[Example], images: Sequence[Path]) -> list[Path]:
    """The examples' own photos, each once."""
    return list(dict.fromkeys(images[example.photos[0].photo] for example in examples if example.photos))


def _history_of(base: Bundle) -> dict[str, Any]:
    """All that a base tells about itself, its own base included."""
    return {"sha256": base.sha256, "config": base.config, "metrics": base.metrics()}


def _card(facts: dict[str, Any], base: Bundle | None, training: SocialTraining, is_voice: bool) -> str:
    """The model card: a voice's own; of low-rank terms a paragraph below what the base's card tells."""
    if base and is_voice:
        return card("voice", base=base.sha256, **facts)
    if base and training.rank:
        told = base.read("MODEL_CARD.md").decode("utf-8")
        return told + card("low_rank", **facts, base=base.sha256)
    return card("social", **{**facts, "own": _pseudo_label_sentence(facts["own"])}, before=_sentence(base))


def _pseudo_label_sentence(count: int) -> str:
    """The model card's sentence on self-training."""
    if not count:
        return ""
    return (
        f" Then it was shown {count} captions on the photos that they fit best, by the meaning of the photos'"
        " descriptions and by the critic: the best of those that it had written itself under them, and short posts."
    )


def _sentence(base: Bundle | None) -> str:
    """The model card's sentences on what training went on from, and on what that had gone on from."""
    told, past = "", _history_of(base) if base else None
    while isinstance(past, dict):  # what others' bundles tell of themselves may be anything
        metrics, config = (part if isinstance(part := past.get(name), dict) else {} for name in ("metrics", "config"))
        made = f"{metrics.get('epochs', '?')} epochs ({metrics.get('minutes', '?')} minutes)"
        told += f" Before that, {made} made the weights with SHA-256 {past.get('sha256', '?')}."
        past = config.get("base")
    return told
