"""A loaded social bundle, and the captions it samples for photos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.generation import grounding as evidence
from caption_model.generation.constraints import Proofreader
from caption_model.generation.reranking import Candidate, Ranker
from caption_model.generation.sampling import TopPSampler, uniforms
from caption_model.generation.social_bundle import read_social
from caption_model.networks.config import SocialConfig
from caption_model.networks.social_onnx import PreparedSocial
from caption_model.text.controls import MAX_GRAPHEMES, MEDIUM, SHORT, Controls, EmojiAmount, Length
from caption_model.text.vocabulary import GraphemeVocabulary
from caption_model.vision.encoders import Encoder
from datasets.cleaning import Cleaner, CleaningConfig

SAMPLES = 48  # a photo and round
# Bounds on the symbols of a sample, by the length that a person wishes for.
STEPS: dict[Length, int] = {"short": SHORT + 1, "medium": MEDIUM + 1, "long": MAX_GRAPHEMES + 1}
# What samples are asked for, in turn, where a wish is left open: as short as most posts are, and with emojis as often.
OPEN_LENGTH: tuple[Length, ...] = ("short", "medium", "short", "medium", "medium", "short")
OPEN_EMOJI: tuple[EmojiAmount | None, ...] = ("some", "none", "none", None, None, "none")
# Bounds on the symbols of such samples, which need not be as short as they were asked to be. What has not ended by then
# rarely ends well, and would take as long as several others.
OPEN_STEPS: dict[Length, int] = {"short": 38, "medium": MEDIUM + 1}
REDRAWN = 1.25  # draws of a proofread sample, by the symbols that it may have
Ids = NDArray[np.int32]
# What is made of English words needs no language detector, which takes a second to load.
SURELY_KEPT = frozenset({"language"})


@dataclass(frozen=True)
class SocialModel:
    """A loaded social bundle."""

    decoder: PreparedSocial
    vocabulary: GraphemeVocabulary
    ranker: Ranker
    proofreader: Proofreader

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> "SocialModel":
        """Verify and make ready.

        Raises:
            BundleError: not a whole social bundle, or trained on another encoder.
        """
        parts = read_social(folder, encoder.name, encoder.sha256, encoder.grid_shape[-1])
        cleaner = Cleaner(CleaningConfig(max_graphemes=MAX_GRAPHEMES, disabled=SURELY_KEPT))
        ranker = Ranker(parts.lexicon, parts.phrases, parts.constructions, parts.fingerprints, cleaner)
        decoder = PreparedSocial(parts.config, parts.weights)
        return cls(decoder, parts.vocabulary, ranker, Proofreader(parts.vocabulary, ranker))


def sample_captions(
    model: SocialModel,
    pooled: NDArray[np.float32],
    salts: Sequence[bytes],
    seed: int,
    controls: Controls,
    sampler: TopPSampler,
    rows: int = SAMPLES,
    blind: bool = False,
    about: Sequence[Sequence[str]] | None = None,
    shown: Sequence[Mapping[str, float]] | None = None,
) -> list[list[Candidate]]:
    """Draw captions for photos; those that do not end in time are left out.

    Args:
        model: who writes.
        pooled: features (P, channels).
        salts: one a photo; same seed, salt and photo: same captions.
        seed: of the random numbers.
        controls: wishes for the captions.
        sampler: how they are drawn.
        rows: how many a photo.
        blind: whether to tell how likely each caption is without its photo, even if no guidance asks.
        about: of each photo topics, surest first, that half of its captions are to be about. Where there are none, or a
            person wishes for another, half of the captions are written without looking at the photo.
        shown: of each photo the chances of things: what is proofread while it is written; none reads nothing.
    """
    wishes = in_turn(controls)
    asked = [wishes[row % len(wishes)] for row in range(rows)]
    steps = OPEN_STEPS if controls.length is None else STEPS
    bounds = np.array([steps[wish.length] for wish in asked if wish.length], np.int32)
    several = about or [()] * len(salts)
    told = [_told(model.decoder.config, asked, controls, topics) for topics in several]
    known = [about is None or (bool(topics) and not controls.about) for topics in several]
    if controls.length == "long":
        shown = None  # nearly every long caption has a word that a proofreader would take back
    draws = int(bounds.max() * (1 if shown is None else REDRAWN))
    proof = None if shown is None else model.proofreader.reader(controls, shown, rows)

    def view(seen: float) -> Any:
        looks = [seen * looked_at(rows, one) for one in known]
        begun = [_begin(model.decoder, *one) for one in zip(pooled, looks, told, strict=True)]
        return tuple(map(np.concatenate, zip(*begun, strict=True)))

    samples = sampler.sample(
        model.decoder,
        view(1.0),
        view(0.0) if blind or sampler.guided else None,
        np.concatenate([uniforms(seed, salt, rows, draws) for salt in salts]),
        np.tile(bounds, len(salts)),
        proof,
    )
    drawn: list[list[Candidate]] = [[] for _ in salts]
    for row in np.flatnonzero(samples.finished):
        text = model.vocabulary.decode(samples.symbols[row].tolist()).strip()
        unseen = None if samples.blind is None else float(samples.blind[row])
        drawn[row // rows].append(Candidate(text, float(samples.seen[row]), unseen))
    return drawn


def in_turn(controls: Controls) -> list[Controls]:
    """The wishes that samples are made with, one after another, where length and emojis are left open."""
    return [
        replace(controls, length=controls.length or length, emoji=controls.emoji or emoji)
        for length, emoji in zip(OPEN_LENGTH, OPEN_EMOJI, strict=True)
    ]


def looked_at(rows: int, known: bool) -> NDArray[np.float32]:
    """Which rows of a photo look at it, 1 or 0: all of one that is ``known``, half of another's."""
    return ((np.arange(rows) // len(OPEN_LENGTH) % 2 == 0) | known).astype(np.float32)


def _told(config: SocialConfig, asked: Sequence[Controls], controls: Controls, about: Sequence[str]) -> Ids:
    """What each row of a photo is told: controls and topic, int32 (rows, number of controls + 1)."""
    turns = -(-len(asked) // len(OPEN_LENGTH))
    topics = [controls.about] * turns if controls.about else evidence.in_turn(about, turns)
    numbers = np.repeat([config.topic(topic) for topic in topics], len(OPEN_LENGTH))[: len(asked)]
    return np.column_stack([np.array([wish.ids() for wish in asked]), numbers]).astype(np.int32)


def _begin(decoder: PreparedSocial, photo: NDArray[np.float32], looks: NDArray[np.float32], told: Ids) -> Any:
    """State of one photo (channels,) for as many rows as are told something; ``looks`` as in ``looked_at``."""
    return decoder.begin(np.tile(photo, (len(told), 1)), looks, told)
