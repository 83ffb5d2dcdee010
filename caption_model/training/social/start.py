"""Where the social decoder's training starts: from nothing, or from a base that it goes on from or is held to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import Bundle
from caption_model.bundles.weights import Weights
from caption_model.networks.config import SocialConfig
from caption_model.networks.precision import dtype_policy, training_policy
from caption_model.networks.social_keras import SocialDecoder, build_social, load_social
from caption_model.text.vocabulary import GraphemeVocabulary
from caption_model.training.engine import devices
from caption_model.training.engine.progress import assign
from caption_model.training.social import voice
from caption_model.training.social.data import (
    LLM_GENERATED,
    PSEUDO_LABELLED,
    REHEARSAL,
    Example,
    Mixture,
    is_validation,
)
from caption_model.training.social.low_rank import build_low_rank, is_factor

# Everything teaches the language at first; the voice of the main posts dominates at the end.
MIXTURE = {
    "posts": Mixture(1.0, 3.0),
    "also": Mixture(1.0, 1.5),
    "further": Mixture(1.0, 0.5),
    "tweets": Mixture(0.7, 0.1),
    "style": Mixture(1.0, 0.7),
    "described": Mixture(0.7, 0.05),
    PSEUDO_LABELLED: Mixture(0.0, 1.0),
    LLM_GENERATED: Mixture(1.0, 0.0),
}
# Going on from a trained bundle: the language is there, the voice is what is left to learn.
MIXTURE_FROM_BASE = {
    "posts": Mixture(1.0, 2.0),
    "also": Mixture(1.0, 1.2),
    "further": Mixture(0.8, 0.5),
    "tweets": Mixture(0.6, 0.1),
    "style": Mixture(0.5, 0.5),
    "described": Mixture(0.05, 0.05),
    PSEUDO_LABELLED: Mixture(1.0, 1.0),
    LLM_GENERATED: Mixture(1.0, 1.0),
}
# Of few parameters, what the language teacher wrote is to shape most; posts keep it from forgetting theirs.
MIXTURE_LOW_RANK = {
    "posts": Mixture(1.0, 1.0),
    "also": Mixture(0.7, 0.7),
    "further": Mixture(0.3, 0.3),
    "tweets": Mixture(0.1, 0.1),
    "style": Mixture(0.3, 0.3),
    "described": Mixture(0.05, 0.05),
    PSEUDO_LABELLED: Mixture(1.0, 1.0),
    LLM_GENERATED: Mixture(2.0, 2.0),
}
FEWEST_SHOWN = 1000  # captions an epoch of a voice, so that few posts do not make epochs of a second
REHEARSED = 1.0  # rehearsed captions for each post shown
REHEARSED_HELD_OUT = 0.1  # share of them
SCALED_BY = 20_000  # photos that are enough to measure the features' mean and variance


@dataclass(frozen=True)
class Start:
    """A network ready to be trained and what it is to be trained on.

    ``base`` is the float32 base of a voice, ``frozen`` the same as the training loop asks it, ``begun`` its weights
    with the new symbols; ``rehearsed`` are captions the base wrote that are held out.
    """

    network: SocialDecoder
    config: SocialConfig
    vocabulary: GraphemeVocabulary
    examples: Sequence[Example]
    photos: NDArray[np.float32]
    mixture: dict[str, Mixture]
    base: SocialDecoder | None = None
    frozen: voice.Frozen | None = None
    begun: Weights | None = None
    rehearsed: tuple[str, ...] = ()

    @property
    def known(self) -> GraphemeVocabulary:
        """The base's symbols."""
        return GraphemeVocabulary(self.vocabulary.symbols[: self.base.config.symbols if self.base else None])


def from_scratch(
    examples: Sequence[Example], photos: NDArray[np.float32], usable: NDArray[np.bool_], settings: Any
) -> Start:
    """A random network with the symbols of the captions."""
    vocabulary = GraphemeVocabulary.fit((example.caption for example in examples), settings.min_count)
    config = SocialConfig(
        len(vocabulary),
        photos.shape[1],
        units=settings.units,
        dropout=settings.dropout,
        weight_dropout=settings.weight_dropout,
    )
    network = _build(config)
    if usable.any():
        _fit_photo_scale(network, photos, usable)
    return Start(network, config, vocabulary, examples, photos, MIXTURE)


def from_base(
    bundle: Bundle,
    examples: Sequence[Example],
    photos: NDArray[np.float32],
    usable: NDArray[np.bool_],
    settings: Any,
    other_encoder: bool = False,
) -> Start:
    """The base's weights and symbols; with ``settings.keep``, its language is to be kept: a voice.

    ``other_encoder``: the base saw other features; theirs are standardised anew.
    """
    known = GraphemeVocabulary.from_json(bundle.vocabulary())
    own = bundle.network_config(SocialConfig)
    captions = [example.caption for example in examples]
    vocabulary = known if settings.rank else voice.extended(known, captions, settings.min_count)
    config = replace(own, symbols=len(vocabulary), dropout=settings.dropout, weight_dropout=settings.weight_dropout)
    network = _build(config, settings.rank)
    begun = voice.grown(bundle.weights, known, vocabulary, captions)
    assign([variable for variable in network.weights if not is_factor(variable.path)], begun)
    if other_encoder and usable.any():
        _fit_photo_scale(network, photos, usable)
    if not settings.keep:
        mixture = MIXTURE_LOW_RANK if settings.rank else MIXTURE_FROM_BASE
        return Start(network, config, vocabulary, examples, photos, mixture)

    base = load_social(bundle)
    frozen = _build(own)
    bundle.assign(frozen)
    shown, rows = voice.photos_to_rehearse(photos, usable, base, settings.seed)
    count = min(max(len(examples), voice.FEWEST_REHEARSED), voice.MOST_REHEARSED)
    written = voice.rehearse(base, known, shown, rows, count, settings.seed)
    taught = [example for example in written if not is_validation(example.caption, REHEARSED_HELD_OUT)]
    return Start(
        network,
        config,
        vocabulary,
        [*examples, *taught],
        shown,
        voice_mixture(len(examples), len(taught)),
        base,
        voice.Frozen(frozen),
        begun,
        tuple(example.caption for example in written if is_validation(example.caption, REHEARSED_HELD_OUT)),
    )


def voice_mixture(posts: int, rehearsed: int) -> dict[str, Mixture]:
    """Every source alike, often enough for an epoch to be worth one, and rehearsed captions in proportion."""
    times = max(1.0, FEWEST_SHOWN / posts)
    again = REHEARSED * times * posts / max(1, rehearsed)
    return {name: Mixture(times, times) for name in MIXTURE} | {REHEARSAL: Mixture(again, again)}


def _fit_photo_scale(network: SocialDecoder, photos: NDArray[np.float32], usable: NDArray[np.bool_]) -> None:
    network.fit_photo_scale(photos[np.flatnonzero(usable)[:SCALED_BY]])


def _build(config: SocialConfig, rank: int = 0) -> SocialDecoder:
    with devices.strategy().scope(), dtype_policy(training_policy()):
        network = build_low_rank(config, rank) if rank else build_social(config)
    if network.about is not None:  # topics are learnt by themselves: see ``topics``
        network.about.trainable = False
    return network
