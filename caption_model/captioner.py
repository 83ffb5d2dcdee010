"""A photo's way: open → encode → decode → rank → show."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import MODELS, Bundle
from caption_model.bundles.chosen import encoder_named
from caption_model.errors import BundleError
from caption_model.generation.calibration import SURE_FROM, Confidence
from caption_model.generation.descriptive import describe_surely
from caption_model.generation.grounding import evidence, topics, weigh
from caption_model.generation.reranking import Candidate
from caption_model.generation.sampling import TopPSampler
from caption_model.generation.social import SAMPLES, SocialModel, sample_captions
from caption_model.networks.config import DescriptiveConfig
from caption_model.networks.critic_onnx import Judge
from caption_model.networks.descriptive_onnx import PreparedDescriptive
from caption_model.text.controls import Controls
from caption_model.text.vocabulary import WordVocabulary
from caption_model.vision.encoders import DEFAULT, Encoder, load_encoder, load_trained, trained_beside
from caption_model.vision.photos import Source, name_of, open_photo

ROUNDS = 6
PROOFREAD = 3  # rounds whose samples are proofread while they are written; what was not found by then may be rougher
SAW = 3  # classes that are told of what the eye saw
GRAM = Controls(tone="gram")
SAMPLER = TopPSampler()


@dataclass(frozen=True)
class Suggestions:
    """What is shown for one photo: its name, social captions best first, a plain description, seconds it took.

    ``confidence`` and ``saw`` as in ``Captions``.
    """

    photo: str
    social: tuple[str, ...]
    descriptive: str
    seconds: float
    confidence: float | None = None
    saw: tuple[tuple[str, float], ...] = ()

    @property
    def unsure(self) -> bool:
        """Whether the description had better be called a guess."""
        return self.confidence is not None and self.confidence < SURE_FROM


class Captions(NamedTuple):
    """What is written for one photo: social captions best first, and a plain description.

    Attributes:
        confidence: chance that the description agrees with people, where the bundle was calibrated.
        saw: what the eye takes the photo for, with probabilities, where the encoder has a read-out.
    """

    social: tuple[str, ...]
    descriptive: str
    confidence: float | None = None
    saw: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class DescriptiveModel:
    """A loaded descriptive bundle; ``confidence`` where it was calibrated."""

    decoder: PreparedDescriptive
    vocabulary: WordVocabulary
    confidence: Confidence | None = None

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> "DescriptiveModel":
        """Verify and make ready.

        Raises:
            BundleError: not a whole descriptive bundle, or trained on another encoder.
        """
        bundle = Bundle.load(folder, "descriptive")
        bundle.check_encoder(encoder.name, encoder.sha256)
        decoder = bundle.load_network(DescriptiveConfig, PreparedDescriptive)
        vocabulary = WordVocabulary.from_json(bundle.vocabulary())
        if len(vocabulary) != decoder.config.symbols or decoder.config.grid != tuple(encoder.grid_shape):
            raise BundleError(f"{folder} does not fit its vocabulary or the encoder: get the bundle again.")
        return cls(decoder, vocabulary, Confidence.load(bundle))


def encoder_of(folder: Path) -> Encoder:
    """The encoder that a decoder's bundle names: beside it, or of the registry.

    Raises:
        BundleError: no configuration there.
        EncoderError: it cannot be loaded.
    """
    name = encoder_named(folder)
    trained = trained_beside(folder) if name == DEFAULT else None
    return load_trained(trained) if trained else load_encoder(name)


@dataclass(frozen=True)
class Captioner:
    """Everything that is needed to caption photos."""

    encoder: Encoder
    social: SocialModel
    descriptive: DescriptiveModel
    critic: Judge | None = None

    @classmethod
    def load(cls, models: Path = MODELS, voice: Path | None = None) -> "Captioner":
        """Load the bundles ``social`` and ``descriptive`` of a folder, ``critic`` if it is there, and the encoder.

        ``voice``, a social bundle that the user trained, takes the place of ``social``.

        Raises:
            CaptionError: a bundle or the encoder cannot be loaded, or they do not fit together.
        """
        encoder = encoder_of(models / "social")
        return cls(
            encoder,
            SocialModel.load(voice or models / "social", encoder),
            DescriptiveModel.load(models / "descriptive", encoder),
            Judge.load(models / "critic", encoder.name, encoder.sha256, encoder.grid_shape[-1])
            if (models / "critic").is_dir()
            else None,
        )

    def with_voice(self, voice: Path) -> "Captioner":
        """The same with another social bundle; encoder and descriptive decoder are shared.

        Raises:
            BundleError: not a whole social bundle, or trained on another encoder.
        """
        return replace(self, social=SocialModel.load(voice, self.encoder))

    def suggest(
        self,
        source: Source,
        n: int = 5,
        seed: int = 7,
        controls: Controls = GRAM,
        sampler: TopPSampler = SAMPLER,
    ) -> Suggestions:
        """Caption one photo.

        Args:
            source: path, bytes or a binary file.
            n: social captions wanted.
            seed: same photo, models and seed: same captions.
            controls: wishes for the social captions.
            sampler: how they are drawn.

        Raises:
            PhotoError: the photo cannot be opened.
        """
        started = time.perf_counter()
        pixels = open_photo(source, self.encoder.size)
        (written,) = self.caption(pixels[None], n, seed, controls, sampler)
        seconds = round(time.perf_counter() - started, 3)
        return Suggestions(
            name_of(source), written.social, written.descriptive, seconds, written.confidence, written.saw
        )

    def caption(
        self,
        photos: NDArray[np.uint8],
        n: int = 5,
        seed: int = 7,
        controls: Controls = GRAM,
        sampler: TopPSampler = SAMPLER,
        batch: int = 1,
    ) -> list[Captions]:
        """Caption opened photos, RGB uint8 (B, height, width, 3) of the encoder's ``size``.

        The networks always see ``batch`` photos, black ones where there are no more: shapes that never change give a
        photo the same rounding, and so the same captions, in any company.
        """
        captions: list[Captions] = []
        for start in range(0, len(photos), batch):
            some = photos[start : start + batch]
            padded = np.zeros((batch, *photos.shape[1:]), np.uint8)
            padded[: len(some)] = some
            features = self.encoder.encode(padded)
            salts = [hashlib.sha256(photo.tobytes()).digest() for photo in some]
            described = self.describe_surely(features.grid)
            shown = self.shown(features.pooled, described)
            social = self.write_all(features.pooled, shown, salts, n, seed, controls, sampler)
            saw = self.encoder.readout.top(features.pooled, SAW) if self.encoder.readout else [()] * len(padded)
            captions += [
                Captions(tuple(several), *description, tuple(classes))
                for several, description, classes in zip(social, described, saw, strict=False)
            ]
        return captions

    def shown(
        self, pooled: NDArray[np.float32], described: Sequence[tuple[str, float | None]]
    ) -> list[dict[str, float]]:
        """For each photo the chances that it shows the things that captions name.

        Args:
            pooled: features (B, channels).
            described: as ``describe_surely`` does.
        """
        eye = self.encoder.things.chances(pooled) if self.encoder.things else [None] * len(described)
        return [evidence(chances, *description) for chances, description in zip(eye, described, strict=True)]

    def write_all(
        self,
        pooled: NDArray[np.float32],
        shown: Sequence[Mapping[str, float]],
        salts: Sequence[bytes],
        n: int,
        seed: int,
        controls: Controls,
        sampler: TopPSampler,
    ) -> list[list[str]]:
        """Social captions of photos, best first; fewer than ``n`` only if sampling cannot find more.

        Args:
            pooled: features (B, channels).
            shown: chances of things in the photos.
            salts: one for each of the first photos; the others are padding.
        """
        candidates: list[list[Candidate]] = [[] for _ in salts]
        chosen: list[list[str]] = [[] for _ in salts]
        for number in range(ROUNDS):
            short = [photo for photo, found in enumerate(chosen) if len(found) < n]
            if not short:
                break
            fresh = [salts[photo] + bytes([number]) for photo in short]
            there = [shown[photo] for photo in short]
            drawn = self.sample(pooled[short], there, fresh, n, seed, controls, sampler, number < PROOFREAD)
            for photo, samples in zip(short, drawn, strict=True):
                candidates[photo] += samples
                chosen[photo] = self.social.ranker.choose(candidates[photo], n, controls)
        return chosen

    def sample(
        self,
        pooled: NDArray[np.float32],
        shown: Sequence[Mapping[str, float]],
        salts: Sequence[bytes],
        n: int,
        seed: int,
        controls: Controls,
        sampler: TopPSampler,
        proofread: bool = True,
    ) -> list[list[Candidate]]:
        """Captions drawn for P photos, judged but unranked: features (P, channels), chances and a salt each."""
        rows, blind = max(SAMPLES, 6 * n), self.critic is None
        about = [topics(chances) for chances in shown]
        drawn = sample_captions(
            self.social, pooled, salts, seed, controls, sampler, rows, blind, about, shown if proofread else None
        )
        return [
            self._judged(_compared(samples, chances), photo)
            for samples, chances, photo in zip(drawn, shown, pooled, strict=True)
        ]

    def _judged(self, samples: list[Candidate], photo: NDArray[np.float32]) -> list[Candidate]:
        """Samples of one photo (channels,) with the critic's verdict, if there is a critic."""
        if not self.critic or not samples:
            return samples
        verdict = self.critic([sample.text for sample in samples], photo)
        return [
            replace(sample, real=float(real), fit=float(fit))
            for sample, real, fit in zip(samples, *verdict, strict=True)
        ]

    def describe_surely(self, grids: NDArray[np.float32]) -> list[tuple[str, float | None]]:
        """A plain sentence a photo, grids (B, rows, columns, channels), and the chance that it agrees with people."""
        model = self.descriptive
        return [
            (text[:1].upper() + text[1:] + ".", model.confidence(mean) if model.confidence else None)
            for text, mean in describe_surely(model.decoder, model.vocabulary, grids)
        ]


def _compared(samples: Sequence[Candidate], chances: Mapping[str, float]) -> list[Candidate]:
    """Samples of one photo with what the photo says to what they name."""
    weighed = [weigh(sample.text, chances) for sample in samples]
    return [
        replace(sample, confirmed=confirmed, doubtful=doubtful)
        for sample, (confirmed, doubtful) in zip(samples, weighed, strict=True)
    ]
