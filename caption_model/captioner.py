"""A photo's way: open → look → write → rerank → show.

    captioner = Captioner.load()
    seen = captioner.look(open_photo("dog.jpg", captioner.encoder.size))
    for caption in captioner.write(seen, GenerationOptions(n=3, tone="playful")):
        print(caption.text)

``look`` encodes a photo once. Whatever is written afterwards, with other options or for "more like this", starts from
what it found.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import MODELS
from caption_model.bundles.chosen import encoder_named
from caption_model.generation import more_like
from caption_model.generation.caption import Caption
from caption_model.generation.descriptive import Description, DescriptiveModel
from caption_model.generation.grounding import ground, topic_probabilities
from caption_model.generation.options import GenerationOptions
from caption_model.generation.seen import Seen
from caption_model.generation.social import SocialModel, sample_captions
from caption_model.networks.critic_onnx import Judge
from caption_model.vision.encoders import DEFAULT, Encoder, load_encoder, load_trained, trained_beside
from caption_model.vision.photos import Source, name_of, open_photo

if TYPE_CHECKING:
    from caption_model.generation.caption_book import BookCaption

ROUNDS = 6  # of sampling, until enough captions are found
CONSTRAINED_ROUNDS = 3  # the first ones; captions that constrained decoding did not find may be rougher
GUIDED_ROUNDS = 5  # the same where a guide leads constrained captions: they are hardly ever too few
CLASSES = 3  # of ImageNet's that are shown
DEFAULT_OPTIONS = GenerationOptions()


@dataclass(frozen=True)
class Suggestions:
    """What is shown for one photo: its name, what was seen in it, captions best first, and the seconds it took."""

    photo: str
    seen: Seen
    captions: tuple[Caption, ...]
    seconds: float

    @property
    def texts(self) -> tuple[str, ...]:
        """The captions' texts, best first."""
        return tuple(caption.text for caption in self.captions)


@dataclass(frozen=True)
class Captioner:
    """Everything that is needed to caption photos; ``threads`` of the networks, ``None`` for all cores."""

    encoder: Encoder
    social: SocialModel
    descriptive: DescriptiveModel
    critic: Judge | None = None
    threads: int | None = None

    @classmethod
    def load(cls, models: Path = MODELS, voice: Path | None = None, threads: int | None = None) -> "Captioner":
        """Load the bundles ``social`` and ``descriptive`` of a folder, ``critic`` if it is there, and the encoder.

        Args:
            models: folder of the bundles.
            voice: a social bundle that the user trained, in place of ``social``.
            threads: that each network runs on; by default all cores.

        Raises:
            CaptionError: a bundle or the encoder cannot be loaded, or they do not fit together.
        """
        encoder, critic = encoder_of(models / "social", threads), models / "critic"
        channels = encoder.grid_shape[-1]
        return cls(
            encoder,
            SocialModel.load(voice or models / "social", encoder, threads),
            DescriptiveModel.load(models / "descriptive", encoder, threads),
            Judge.load(critic, encoder.name, encoder.sha256, channels, threads) if critic.is_dir() else None,
            threads,
        )

    def with_voice(self, voice: Path) -> "Captioner":
        """The same with another social bundle; encoder and descriptive decoder, and so ``Seen``, are shared.

        Raises:
            BundleError: not a whole social bundle, or trained on another encoder.
        """
        return replace(self, social=SocialModel.load(voice, self.encoder, self.threads))

    def suggest(self, source: Source, options: GenerationOptions = DEFAULT_OPTIONS) -> Suggestions:
        """Caption one photo: a path, bytes or a binary file.

        Raises:
            PhotoError: the photo cannot be opened.
        """
        started = time.perf_counter()
        pixels = open_photo(source, self.encoder.size)
        seen = self.look(pixels)
        captions = self.write(seen, options)
        return Suggestions(name_of(source), seen, tuple(captions), round(time.perf_counter() - started, 3))

    def look(self, pixels: NDArray[np.uint8]) -> Seen:
        """Encode and describe one opened photo, RGB uint8 (height, width, 3) of the encoder's ``size``."""
        (seen,) = self.look_all(pixels[None])
        return seen

    def look_all(self, photos: NDArray[np.uint8], batch: int = 1) -> list[Seen]:
        """Encode and describe opened photos, RGB uint8 (B, height, width, 3) of the encoder's ``size``.

        The networks always see ``batch`` photos, black ones where there are no more: shapes that never change give a
        photo the same rounding, and so the same captions, in any company.
        """
        seen: list[Seen] = []
        for start in range(0, len(photos), batch):
            some = photos[start : start + batch]
            padded = np.zeros((batch, *photos.shape[1:]), np.uint8)
            padded[: len(some)] = some
            features = self.encoder.encode(padded)
            head = self.encoder.topic_head
            seen_topics = head.probabilities(features.grid) if head else None
            described = self.descriptive.describe(features.grid, seen_topics)
            topics, classes = _topics(seen_topics, described), self._classes(features.pooled)
            seen += [
                Seen(
                    features.grid[row],
                    features.pooled[row],
                    described[row].text,
                    described[row].confidence,
                    topics[row],
                    classes[row],
                    hashlib.sha256(photo.tobytes()).digest(),
                )
                for row, photo in enumerate(some)
            ]
        return seen

    def write(self, seen: Seen, options: GenerationOptions = DEFAULT_OPTIONS) -> list[Caption]:
        """Captions of one photo, best first; fewer than ``n`` only if sampling finds no more that may be shown."""
        (captions,) = self.write_all([seen], options)
        return captions

    def write_all(self, seen: Sequence[Seen], options: GenerationOptions = DEFAULT_OPTIONS) -> list[list[Caption]]:
        """The same of several photos; each gets what it gets alone."""
        candidates: list[list[Caption]] = [[] for _ in seen]
        chosen: list[list[Caption]] = [[] for _ in seen]
        for number in range(ROUNDS if options.like is None else more_like.ROUNDS):
            short = [
                photo for photo, captions in enumerate(chosen) if options.like is not None or len(captions) < options.n
            ]
            if not short:
                break
            for photo, drawn in zip(short, self.sample([seen[photo] for photo in short], options, number), strict=True):
                candidates[photo] += drawn
                chosen[photo] = self.rerank(candidates[photo], options)
        return chosen

    def sample(self, seen: Sequence[Seen], options: GenerationOptions, number: int = 0) -> list[list[Caption]]:
        """Round ``number`` of sampling: captions of each photo with all their scores, not yet filtered or ranked."""
        pooled = np.stack([one.pooled for one in seen])
        drawn = sample_captions(
            self.social,
            pooled,
            [one.salt + more_like.round_salt(options, number) for one in seen],
            more_like.sampling_options(options, self.social.decoder.config.topics),
            topics=[one.topics for one in seen],
            constrained=number < (GUIDED_ROUNDS if self.social.guide else CONSTRAINED_ROUNDS),
            widely=number > 1,
            unconditional=self.critic is None,
        )
        return [self._scored(samples, one) for samples, one in zip(drawn, seen, strict=True)]

    def rerank(self, candidates: Sequence[Caption], options: GenerationOptions) -> list[Caption]:
        """At most ``n`` of one photo's samples that may be shown, best first."""
        fresh = more_like.without(candidates, options.avoid)
        if options.like is not None:
            return more_like.closest(self.social.reranker, fresh, options)
        return self.social.reranker.choose(fresh, options.n, options.controls())

    def from_book(self, seen: Seen, n: int = 3, options: GenerationOptions = DEFAULT_OPTIONS) -> "list[BookCaption]":
        """At most ``n`` ready captions from the caption book that fit a photo; no decoder wrote them.

        Raises:
            DumpError: the book cannot be read.
        """
        from caption_model.generation.caption_book import caption_book  # which most never ask for

        return caption_book().choose(seen, n, options, self.critic, self.social.reranker.clean)

    def _scored(self, samples: Sequence[Caption], seen: Seen) -> list[Caption]:
        """Samples of one photo with their grounding and, if there is a critic, its logits."""
        grounded = [replace(one, **ground(one.text, seen.topics)._asdict()) for one in samples]
        if not self.critic or not samples:
            return grounded
        verdict = self.critic([one.text for one in samples], seen.pooled)
        return [
            replace(one, real_logit=float(real), fit_logit=float(fit))
            for one, real, fit in zip(grounded, *verdict, strict=True)
        ]

    def _classes(self, pooled: NDArray[np.float32]) -> list[tuple[tuple[str, float], ...]]:
        if not self.encoder.class_head:
            return [()] * len(pooled)
        return [tuple(best) for best in self.encoder.class_head.top(pooled, CLASSES)]


def _topics(head: Sequence[Mapping[str, float]] | None, described: Sequence[Description]) -> list[dict[str, float]]:
    seen: Sequence[Mapping[str, float] | None] = head or [None] * len(described)
    return [topic_probabilities(one, *description) for one, description in zip(seen, described, strict=True)]


def encoder_of(folder: Path, threads: int | None = None) -> Encoder:
    """The encoder that a decoder's bundle names: beside it, or of the registry.

    Raises:
        BundleError: no configuration there.
        EncoderError: it cannot be loaded.
    """
    name = encoder_named(folder)
    trained = trained_beside(folder) if name == DEFAULT else None
    return load_trained(trained, threads) if trained else load_encoder(name, threads)
