"""Train a merge model over words: read → encode → fit → describe the judging photos → score.

Beside what every recipe leaves (``results``) the folder holds ``models/epoch-NN.safetensors``, ``model.safetensors``
(the epoch with the lowest loss on the judging photos), ``model.png``, ``history.json`` with ``loss.png`` and
``accuracy.png``, and ``captions.csv`` with what is written of each judging photo.
"""

import hashlib
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import log as ln
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from caption_model.bundles.bundle import file_sha256, network_weights, read_json, write_json
from caption_model.bundles.weights import save_tensors
from caption_model.errors import BundleError, TrainingError
from caption_model.evaluation.description import score_descriptions
from caption_model.generation.beam_search import BeamSearch
from caption_model.networks.precision import dtype_policy, training_policy
from caption_model.storage.replace import replace_bytes, replace_file
from caption_model.text.tables import write_csv
from caption_model.text.vocabulary import WordVocabulary
from caption_model.training.engine.loop import Batch, Schedule, fit
from caption_model.training.engine.loss_curve import draw_lines
from caption_model.training.engine.watch import Event, Watch
from caption_model.training.recipes.published.configuration import GLOVE, WordRecipe
from caption_model.training.recipes.published.glove import WordVectors, read_glove
from caption_model.training.recipes.published.merge_network import (
    MergeConfig,
    MergeWriter,
    build_merge,
    fit_photo_scale,
)
from caption_model.training.recipes.published.model_picture import draw_model
from caption_model.training.recipes.published.photo_texts import PhotoTexts
from caption_model.training.recipes.published.results import (
    TOKENIZER,
    claim,
    digest,
    seen_by,
    write_descriptions,
    write_features,
    write_scores,
    write_test_command,
)
from caption_model.training.recipes.published.word_batches import WordBatches
from caption_model.vision.encoders import Encoder
from caption_model.vision.feature_cache import FeatureCache

log = logging.getLogger(__name__)

MODEL, HISTORY = "model.safetensors", "history.json"
AT_ONCE = 128  # photos described
TELL_EVERY = 30.0  # seconds


@dataclass(frozen=True)
class Choices:
    """What a user chooses beside the recipe: as the command line names it."""

    name: str
    weights: str | None = None
    glove: Path | None = None
    cache: Path | None = None
    seed: int = 7


def train_words(
    recipe: WordRecipe,
    texts: PhotoTexts,
    encoder: Encoder,
    out: Path,
    run: Path,
    choices: Choices,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Train into ``out``; checkpoint and log in ``run``, from where an interrupted training goes on.

    Returns:
        The scores of the judging photos and the sizes of everything.

    Raises:
        TrainingError: too little data, a GloVe file that is missing or none, a folder of another training.
    """
    started = time.monotonic()
    if recipe.vectors == GLOVE and choices.glove is None:
        raise TrainingError(
            "this recipe reads word vectors: name a GloVe text file such as glove.6B.200d.txt, --glove."
        )
    keras.utils.set_random_seed(choices.seed)
    texts, features = _encoded(texts, encoder, choices.cache)
    learnt = features[: len(texts.train)]
    vocabulary = WordVocabulary.fit((text for several in texts.train.values() for text in several), recipe.min_count)
    if len(vocabulary) <= 4:
        raise TrainingError(f"no word occurs {recipe.min_count} times in the descriptions: check --data.")
    vectors = read_glove(choices.glove, vocabulary) if choices.glove else None
    config = MergeConfig(
        len(vocabulary),
        features.shape[1],
        vectors.table.shape[1] if vectors else recipe.embedding,
        recipe.units,
        recipe.dropout,
        vectors is not None,
    )
    claim(out, _facts(recipe, choices, config, encoder, texts, vectors))
    names = texts.names
    write_descriptions(out, _lines(texts))
    write_json(out / TOKENIZER, vocabulary.to_json())
    write_features(out, names, features)
    if vectors:
        log.info("%d of %d words have no vector, %s", len(vectors.unknown), len(vocabulary) - 4, vectors.unknown[:8])
    with dtype_policy(training_policy()):
        network = build_merge(config)
    fit_photo_scale(network, learnt)
    if vectors:
        network.get_layer("words").set_weights([vectors.table])
    replace_bytes(out / "model.png", draw_model(network, recipe.title))
    history = _fit(network, recipe, texts, features, vocabulary, out, run, choices.seed, watch)
    save_tensors(out / MODEL, network_weights(network))
    facts = _facts(recipe, choices, config, encoder, texts, vectors)
    claim(out, {**facts, "model_sha256": file_sha256(out / MODEL)})
    judged = features[len(texts.train) :]
    said = dict(zip(texts.judging, describe(network, vocabulary, judged, recipe), strict=True))
    replace_file(out / "captions.csv", lambda file: write_csv(file, ("image", "caption"), said.items()))
    scores = {
        **score_descriptions(said, texts.judging),
        "photos": len(texts.train),
        "descriptions": sum(map(len, texts.train.values())),
        "words": len(vocabulary) - 4,
        **({"words_without_vector": len(vectors.unknown)} if vectors else {}),
        "epochs": len(history),
        "minutes": round((time.monotonic() - started) / 60, 1),
    }
    write_scores(out, scores)
    options = ("--weights", choices.weights) if choices.weights else ()
    command = write_test_command(out, choices.name, texts.photos[next(iter(texts.judging))], *options)
    return {**scores, "test": command}


def describe(network: Any, vocabulary: WordVocabulary, features: NDArray[np.float32], recipe: WordRecipe) -> list[str]:
    """Descriptions of photos with these features, (N, P)."""
    writer, search = MergeWriter(network), BeamSearch(min(recipe.beam, len(vocabulary)), steps=recipe.longest + 1)
    said = []
    for start in range(0, len(features), AT_ONCE):
        symbols, _ = search.search(writer, writer.begin(features[start : start + AT_ONCE]))
        said += [vocabulary.decode(row.tolist()) for row in symbols]
    return said


def _encoded(texts: PhotoTexts, encoder: Encoder, cache: Path | None) -> tuple[PhotoTexts, NDArray[np.float32]]:
    """Features of the photos that can be opened, and their texts."""
    told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > TELL_EVERY:
            told = time.monotonic()
            log.info("%d of %d photos encoded", done, total)

    names = texts.names
    features, usable = FeatureCache(encoder, cache).pooled([texts.photos[name] for name in names], tell)
    gone = [name for name, fine in zip(names, usable, strict=True) if not fine]
    if gone:
        log.warning("%d photos cannot be opened and are left out, the first is %s", len(gone), gone[0])
    return texts.without(gone), np.asarray(features[usable])


def _facts(
    recipe: WordRecipe,
    choices: Choices,
    config: MergeConfig,
    encoder: Encoder,
    texts: PhotoTexts,
    vectors: WordVectors | None,
) -> dict[str, Any]:
    return {
        "recipe": choices.name,
        "kind": "words",
        "configuration": asdict(recipe),
        "network": asdict(config),
        "encoder": seen_by(encoder, choices.weights),
        "seed": choices.seed,
        "data": {
            "train": digest(texts.train),
            "judging": digest(texts.judging),
            "vectors": hashlib.sha256(vectors.table.tobytes()).hexdigest() if vectors else None,
        },
    }


def _lines(texts: PhotoTexts) -> Iterable[tuple[str, str]]:
    for part in (texts.train, texts.judging):
        for name, several in part.items():
            yield from ((name, " ".join(WordVocabulary.split(text))) for text in several)


def _fit(
    network: Any,
    recipe: WordRecipe,
    texts: PhotoTexts,
    features: NDArray[np.float32],
    vocabulary: WordVocabulary,
    out: Path,
    run: Path,
    seed: int,
    watch: Watch | None,
) -> list[dict[str, float]]:
    """Train in place, to the epoch with the lowest loss on the judging photos; returns a record an epoch.

    A record: epoch (from 1), loss and accuracy of a word on photos learnt from (the loss with dropout, as it was
    learnt; the accuracy without, on as many photos as judge), val_loss and val_accuracy on the judging photos.
    """
    first = len(texts.train)

    def batches(several: Sequence[Sequence[str]], seen: NDArray[np.float32]) -> WordBatches:
        return WordBatches(several, seen, vocabulary, recipe.batch, recipe.longest, seed)

    lessons = batches(list(texts.train.values()), features[:first])
    exam = batches(list(texts.judging.values()), features[first:])
    few = min(first, len(texts.judging))
    sample = batches(list(texts.train.values())[:few], features[:few])
    measure, measured = _measurer(network), {}

    def score() -> float:
        measured["val_loss"], measured["val_accuracy"] = measure(exam(0))
        return measured["val_loss"]

    def hear(event: Event) -> None:
        if event["event"] != "epoch":
            return
        number = int(event["epoch"]) + 1
        save_tensors(out / "models" / f"epoch-{number:02}.safetensors", network_weights(network))
        _, accuracy = measure(sample(0))
        record = {"epoch": number, "loss": event["bits"] * ln(2), "accuracy": accuracy, **measured}
        history = [*_before(out, number), record]
        write_json(out / HISTORY, history)
        for name in ("loss", "accuracy"):
            of = {f"{name}, learnt": name, f"{name}, judging": f"val_{name}"}
            lines = {label: [float(one[key]) for one in history] for label, key in of.items()}
            replace_bytes(out / f"{name}.png", draw_lines(lines, "nats a word" if name == "loss" else "share of words"))

    (out / "models").mkdir(parents=True, exist_ok=True)
    schedule = Schedule(
        recipe.epochs,
        lessons.steps,
        recipe.learning_rate,
        warmup=min(100, 1 + recipe.epochs * lessons.steps // 10),
        weight_decay=0.0,
        patience=recipe.patience,
    )
    fit(network, lessons, score, schedule, run, watch=Watch(hear, watch.stop if watch else lambda: False))
    return _before(out, recipe.epochs + 1)


def _before(out: Path, number: int) -> list[dict[str, float]]:
    """Records of the epochs before one, from an earlier start of the same training."""
    if not (out / HISTORY).exists():
        return []
    try:
        return [record for record in read_json(out / HISTORY) if record["epoch"] < number]
    except (BundleError, KeyError, TypeError) as error:
        raise TrainingError(f"{out / HISTORY} is damaged: remove it and run the same command again.") from error


def _measurer(network: Any) -> Any:
    """A function (batches) → mean loss of a word in nats, and the share of words that were thought likeliest."""

    @tf.function(reduce_retracing=True)
    def look(inputs: Any, targets: Any, weights: Any) -> Any:
        logits = tf.cast(network(inputs, training=False), tf.float32)
        cost = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
        right = tf.cast(tf.argmax(logits, axis=-1, output_type=tf.int32) == targets, tf.float32)
        return tf.reduce_sum(weights * cost), tf.reduce_sum(weights * right), tf.reduce_sum(weights)

    def measure(batches: Iterable[Batch]) -> tuple[float, float]:
        loss, right, words = np.sum(
            [[float(part) for part in look(*map(_tensors, batch[:3]))] for batch in batches], axis=0
        )
        return float(loss / words), float(right / words)

    return measure


def _tensors(part: Any) -> Any:
    return tf.nest.map_structure(tf.convert_to_tensor, part)
