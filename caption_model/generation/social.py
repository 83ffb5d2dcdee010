"""A loaded social bundle, and the captions it samples for photos."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.generation.beginning import LEAST_ROOM, Beginning, with_room
from caption_model.generation.caption import Caption
from caption_model.generation.constraints import CaptionRules
from caption_model.generation.grounding import present, subjects, subjects_in_turn
from caption_model.generation.guide import Guide, RowGuide
from caption_model.generation.options import GenerationOptions
from caption_model.generation.reranking import Reranker
from caption_model.generation.sampling import TopPSampler, uniforms
from caption_model.generation.social_bundle import read_social
from caption_model.networks.config import SocialConfig
from caption_model.networks.social_onnx import PreparedSocial
from caption_model.text import graphemes
from caption_model.text.controls import MAX_GRAPHEMES, MEDIUM, SHORT, Controls, EmojiAmount, Length
from caption_model.text.vocabulary import GraphemeVocabulary
from caption_model.vision.encoders import Encoder
from datasets.cleaning import Cleaner, CleaningConfig

SAMPLES = 96  # a photo and round, at least
SAMPLES_A_CAPTION = 6  # at least so many for each caption wanted
# Bounds on the symbols of a sample, end included, by the length that a person asks for.
STEPS: dict[Length, int] = {"short": SHORT + 1, "medium": MEDIUM + 1, "long": MAX_GRAPHEMES + 1}
# What samples are asked for in turn where a control is left open: as short as most posts, and with emojis as often.
OPEN_LENGTH: tuple[Length, ...] = ("short", "medium", "short", "medium", "medium", "short")
OPEN_EMOJI: tuple[EmojiAmount | None, ...] = ("some", "none", "none", None, None, "none")
# Bounds on such samples, which need not be as short as they were asked to be. One that has not ended by then rarely
# ends well, and would take as long as several others.
OPEN_STEPS: dict[Length, int] = {"short": 38, "medium": MEDIUM + 1}
OPEN_ROOM = 12  # graphemes behind a beginning, at least, where the length is left open: two or three words
REDRAWN = 1.25  # draws of a constrained sample for each symbol that it may have
Ids = NDArray[np.int32]
# Text made of English words needs no language detector, which takes a second to load.
DISABLED_RULES = frozenset({"language"})


@dataclass(frozen=True)
class SocialModel:
    """A loaded social bundle: the decoder, and what chooses among its samples."""

    decoder: PreparedSocial
    vocabulary: GraphemeVocabulary
    reranker: Reranker
    rules: CaptionRules
    guide: Guide | None = None

    @classmethod
    def load(cls, folder: Path, encoder: Encoder, threads: int | None = None) -> "SocialModel":
        """Verify a bundle and prepare it for inference on ``threads`` threads, by default on all cores.

        Raises:
            BundleError: not a whole social bundle, or trained on another encoder.
        """
        parts = read_social(folder, encoder.name, encoder.sha256, encoder.grid_shape[-1])
        cleaner = Cleaner(CleaningConfig(max_graphemes=MAX_GRAPHEMES, disabled=DISABLED_RULES))
        reranker = Reranker(parts.lexicon, parts.phrases, parts.constructions, parts.fingerprints, cleaner)
        decoder = PreparedSocial(parts.config, parts.weights, threads)
        rules = CaptionRules(parts.vocabulary, reranker)
        guide = Guide(parts.vocabulary, parts.continuations) if parts.continuations else None
        return cls(decoder, parts.vocabulary, reranker, rules, guide)


def sample_captions(
    model: SocialModel,
    pooled: NDArray[np.float32],
    salts: Sequence[bytes],
    options: GenerationOptions,
    *,
    topics: Sequence[Mapping[str, float]] | None = None,
    constrained: bool = False,
    widely: bool = False,
    unconditional: bool = False,
) -> list[list[Caption]]:
    """Draw captions for P photos; those that do not end in time are left out.

    Args:
        model: the decoder that writes.
        pooled: features float32 (P, channels).
        salts: one a photo; the same options, salt and photo give the same captions.
        options: controls, sampling, ``samples`` and ``starts_with``; ``avoid`` and ``like`` are not looked at here.
        topics: the probability of each topic, a mapping a photo. Half of a photo's samples are told its subjects. Where
            it has none, or a subject is asked for, half of them are written without looking at the photo. ``None``
            shows every sample its photo, and tells none a subject.
        constrained: whether to take back words that nobody would write so while samples are written. Where ``topics``
            are known, what they refute and what sticks to an emoji is taken back in any case.
        widely: whether ``constrained`` captions may go on as captions about less likely topics do, too.
        unconditional: whether to compute log p(caption) without the photo even if guidance does not need it.
    """
    controls = options.controls()
    rows = options.samples or max(SAMPLES, SAMPLES_A_CAPTION * options.n)
    beginning = Beginning.of(options.starts_with)
    begun = graphemes.split(beginning.text)
    turns = controls_in_turn(controls)
    if begun:
        turns = [_with_room(one, len(begun), LEAST_ROOM if controls.length else OPEN_ROOM) for one in turns]
    asked = [turns[row % len(turns)] for row in range(rows)]
    steps = {**STEPS, **OPEN_STEPS} if controls.length is None else STEPS
    bounds = np.array([steps[one.length] - len(begun) for one in asked if one.length], np.int32)
    found = [[] for _ in salts] if topics is None else [subjects(one) for one in topics]
    told = [_told(model.decoder.config, asked, controls, one) for one in found]
    trusted = [topics is None or (bool(one) and not controls.subject) for one in found]
    # Without a guide nearly every long caption has a word that would be taken back.
    strict = constrained and topics is not None and (controls.length != "long" or model.guide is not None)
    ways = None
    if strict and model.guide is not None and topics is not None:
        shown = [present(one, controls.subject, salt, widely) for one, salt in zip(topics, salts, strict=True)]
        ways = RowGuide([model.guide.among(one) for one in shown], rows, beginning.text)
    constraint = None if topics is None else model.rules.constraint(controls, topics, rows, beginning, strict)
    draws = int(bounds.max() * REDRAWN) if strict else int(bounds.max())

    def begin(sees: float) -> Any:
        looks = [sees * looks_at_photo(rows, one) for one in trusted]
        begun = [_begin(model.decoder, *one) for one in zip(pooled, looks, told, strict=True)]
        return tuple(map(np.concatenate, zip(*begun, strict=True)))

    sampler = TopPSampler.from_options(options)
    samples = sampler.sample(
        model.decoder,
        begin(1.0),
        begin(0.0) if unconditional or sampler.guided else None,
        np.concatenate([uniforms(options.seed, salt, rows, draws) for salt in salts]),
        np.tile(bounds, len(salts)),
        constraint,
        model.vocabulary.encode(beginning.text),
        ways,
    )
    drawn: list[list[Caption]] = [[] for _ in salts]
    for row in np.flatnonzero(samples.finished):
        text = (beginning.text + model.vocabulary.decode(samples.symbols[row].tolist())).strip()
        if graphemes.split(text)[: len(begun)] != begun:  # half a flag, with the other half behind it
            continue
        without_photo = None if samples.unconditional_logp is None else float(samples.unconditional_logp[row])
        logp = float(samples.conditional_logp[row])
        drawn[row // rows].append(Caption(text, logp, without_photo, beginning=beginning.text))
    return drawn


def controls_in_turn(controls: Controls) -> list[Controls]:
    """The controls that samples are made with, one after another, where length and emojis are left open."""
    return [
        replace(controls, length=controls.length or length, emoji=controls.emoji or emoji)
        for length, emoji in zip(OPEN_LENGTH, OPEN_EMOJI, strict=True)
    ]


def looks_at_photo(rows: int, trusted: bool) -> NDArray[np.float32]:
    """Which rows look at their photo, 1 or 0, float32 (rows,): all if its subjects are ``trusted``, else half."""
    return ((np.arange(rows) // len(OPEN_LENGTH) % 2 == 0) | trusted).astype(np.float32)


def _with_room(controls: Controls, begun: int, room: int) -> Controls:
    """Controls that a caption can have whose beginning has ``begun`` graphemes, and so much room behind it."""
    return replace(controls, length=controls.length and with_room(controls.length, begun, room))


def _told(config: SocialConfig, asked: Sequence[Controls], controls: Controls, found: Sequence[str]) -> Ids:
    """What each row of a photo is told: controls and subject, int32 (rows, number of controls + 1)."""
    turns = -(-len(asked) // len(OPEN_LENGTH))
    in_turn = [controls.subject] * turns if controls.subject else subjects_in_turn(found, turns)
    numbers = np.repeat([config.topic(subject) for subject in in_turn], len(OPEN_LENGTH))[: len(asked)]
    return np.column_stack([np.array([one.ids() for one in asked]), numbers]).astype(np.int32)


def _begin(decoder: PreparedSocial, photo: NDArray[np.float32], looks: NDArray[np.float32], told: Ids) -> Any:
    """State of one photo (channels,) for as many rows as are told something; ``looks`` as in ``looks_at_photo``."""
    return decoder.begin(np.tile(photo, (len(told), 1)), looks, told)
