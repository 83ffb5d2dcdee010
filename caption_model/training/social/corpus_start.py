"""A base's weights for a decoder of other tones and topics: rows of embeddings go by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import Bundle
from caption_model.bundles.weights import Weights
from caption_model.networks.config import SocialConfig
from caption_model.networks.precision import dtype_policy, training_policy
from caption_model.networks.social_keras import SocialDecoder, build_social
from caption_model.text.controls import CHOICES
from caption_model.text.vocabulary import GraphemeVocabulary
from caption_model.training.engine import devices
from caption_model.training.engine.progress import assign
from caption_model.training.social import voice

TONE, TOPIC = "social_decoder/control_tone/embeddings", "social_decoder/topic/embeddings"
# Bundles do not name their tones; those before ours had these.
FORMER_TONES = ("gram", "funny", "romantic", "tweet", "plain")


def carried_over(
    table: NDArray[np.float32], old: Sequence[str], new: Sequence[str], like: str | None = None
) -> NDArray[np.float32]:
    """An embedding's rows under new names.

    Args:
        table: (1 + old names, width); row 0 is that of what is left open.
        old: names of its rows.
        new: names of the rows to make.
        like: the old name whose row a new name starts from; without, it starts from zeros.

    Returns:
        (1 + new names, width).
    """
    rows: Mapping[str, NDArray[np.float32]] = dict(zip(old, table[1:], strict=True))
    begin = rows[like] if like else np.zeros_like(table[0])
    return np.stack([table[0], *(rows.get(name, begin) for name in new)])


def from_base_by_name(
    bundle: Bundle, captions: Sequence[str], topics: Sequence[str], settings: Any, grows: bool
) -> tuple[SocialDecoder, SocialConfig, GraphemeVocabulary]:
    """A decoder that goes on from a base, its topics trained with all the rest; with ``grows`` captions add symbols.

    Raises:
        BundleError: the base's weights cannot be read.
    """
    known = GraphemeVocabulary.from_json(bundle.vocabulary())
    vocabulary = voice.extended(known, captions, settings.min_count) if grows else known
    config = SocialConfig(
        **{
            **bundle.config["network"],
            "symbols": len(vocabulary),
            "topics": tuple(topics),
            "dropout": settings.dropout,
            "weight_dropout": settings.weight_dropout,
        }
    )
    weights = dict(voice.grown(bundle.weights, known, vocabulary, captions))
    weights[TONE] = _tones(weights[TONE])
    weights[TOPIC] = _topics(bundle, weights, topics)
    with devices.strategy().scope(), dtype_policy(training_policy()):
        network = build_social(config)
    assign(network.weights, weights)
    return network, config, vocabulary


def fresh(
    captions: Sequence[str], photo: int, topics: Sequence[str], settings: Any
) -> tuple[SocialDecoder, SocialConfig, GraphemeVocabulary]:
    """A random decoder with the symbols of the captions."""
    vocabulary = GraphemeVocabulary.fit(captions, settings.min_count)
    config = SocialConfig(
        len(vocabulary),
        photo,
        units=settings.units,
        dropout=settings.dropout,
        weight_dropout=settings.weight_dropout,
        topics=tuple(topics),
    )
    with devices.strategy().scope(), dtype_policy(training_policy()):
        return build_social(config), config, vocabulary


def _tones(table: NDArray[np.float32]) -> NDArray[np.float32]:
    tones = CHOICES["tone"]
    return carried_over(table, tones if len(table) == 1 + len(tones) else FORMER_TONES, tones, like="gram")


def _topics(bundle: Bundle, weights: Weights, topics: Sequence[str]) -> NDArray[np.float32]:
    """Vectors of topics as they were learnt: some bundles store them longer, and tell how much."""
    old = tuple(bundle.config["network"].get("topics", ()))
    if TOPIC not in weights:
        return np.zeros((1 + len(topics), weights[TONE].shape[1]), np.float32)
    if old == tuple(topics):
        return weights[TOPIC]
    strength = bundle.config.get("topics", {}).get("strength", 1.0)
    table = weights[TOPIC].copy()
    table[1:] /= np.float32(strength)
    return carried_over(table, old, topics)
