"""A photo's way: open → encode → decode → rank → show."""

import hashlib
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundle import MODELS, Bundle, read_json
from caption_model.controls import MAX_GRAPHEMES, Controls
from caption_model.decoders.descriptive import DescriptiveConfig, DescriptiveDecoder, build_descriptive
from caption_model.decoders.social import SocialConfig, SocialDecoder, build_social
from caption_model.encoders import Encoder, Features, load_encoder
from caption_model.lexicon import Fingerprints, Lexicon, WordPairs
from caption_model.photos import Source, name_of, open_photo
from caption_model.ranking import Candidate, Ranker
from caption_model.sampling import BeamSearch, TopPSampler, uniforms
from caption_model.vocabulary import GraphemeVocabulary, WordVocabulary
from datasets.cleaning import Cleaner, CleaningConfig

SAMPLES = 64  # a photo and round
ROUNDS = 6
# What is made of English words needs no language detector, which takes a second to load.
SURELY_KEPT = frozenset({"language"})
GRAM = Controls(tone="gram")
SAMPLER = TopPSampler()


@dataclass(frozen=True)
class Suggestions:
    """What is shown for one photo: its name, social captions best first, a plain description, seconds it took."""

    photo: str
    social: tuple[str, ...]
    descriptive: str
    seconds: float


@dataclass(frozen=True)
class SocialModel:
    """A loaded social bundle."""

    decoder: SocialDecoder
    vocabulary: GraphemeVocabulary
    ranker: Ranker

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> "SocialModel":
        """Verify, build, weights.

        Raises:
            BundleError: not a whole social bundle, or trained on another encoder.
        """
        bundle = Bundle.load(folder, "social")
        bundle.check_encoder(encoder.name, encoder.sha256)
        decoder = build_social(SocialConfig(**bundle.config["network"]))
        bundle.assign(decoder)
        ranker = Ranker(
            Lexicon.from_bytes(bundle.read("lexicon.txt")),
            WordPairs.from_bytes(bundle.read("pairs.bin")),
            Fingerprints.from_bytes(bundle.read("fingerprints.bin")),
            Cleaner(CleaningConfig(max_graphemes=MAX_GRAPHEMES, disabled=SURELY_KEPT)),
        )
        return cls(decoder, GraphemeVocabulary.from_json(bundle.vocabulary()), ranker)


@dataclass(frozen=True)
class DescriptiveModel:
    """A loaded descriptive bundle."""

    decoder: DescriptiveDecoder
    vocabulary: WordVocabulary

    @classmethod
    def load(cls, folder: Path, encoder: Encoder) -> "DescriptiveModel":
        """Verify, build, weights.

        Raises:
            BundleError: not a whole descriptive bundle, or trained on another encoder.
        """
        bundle = Bundle.load(folder, "descriptive")
        bundle.check_encoder(encoder.name, encoder.sha256)
        network = bundle.config["network"]
        decoder = build_descriptive(DescriptiveConfig(**{**network, "grid": tuple(network["grid"])}))
        bundle.assign(decoder)
        return cls(decoder, WordVocabulary.from_json(bundle.vocabulary()))


def encoder_of(folder: Path) -> Encoder:
    """The encoder that a decoder's bundle names.

    Raises:
        BundleError: no configuration there.
        EncoderError: it cannot be loaded.
    """
    return load_encoder(str(read_json(folder / "config.json").get("encoder", {}).get("name")))


@dataclass(frozen=True)
class Captioner:
    """Everything that is needed to caption photos."""

    encoder: Encoder
    social: SocialModel
    descriptive: DescriptiveModel

    @classmethod
    def load(cls, models: Path = MODELS, voice: Path | None = None) -> "Captioner":
        """Load the bundles ``social`` and ``descriptive`` of a folder and the encoder they name.

        ``voice``, a social bundle that the user trained, takes the place of ``social``.

        Raises:
            CaptionError: a bundle or the encoder cannot be loaded, or they do not fit together.
        """
        social = voice or models / "social"
        encoder = encoder_of(social)
        return cls(
            encoder,
            SocialModel.load(social, encoder),
            DescriptiveModel.load(models / "descriptive", encoder),
        )

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
        features = self.encoder.encode(pixels[None])
        social = self.write(features, hashlib.sha256(pixels.tobytes()).digest(), n, seed, controls, sampler)
        return Suggestions(
            name_of(source), tuple(social), self.describe(features), round(time.perf_counter() - started, 3)
        )

    def write(
        self, features: Features, salt: bytes, n: int, seed: int, controls: Controls, sampler: TopPSampler
    ) -> list[str]:
        """Social captions for one encoded photo, best first; fewer than ``n`` only if sampling cannot find more."""
        candidates: list[Candidate] = []
        chosen: list[str] = []
        for number in range(ROUNDS):
            candidates += self._sample(features.pooled[0], salt + bytes([number]), n, seed, controls, sampler)
            chosen = self.social.ranker.choose(candidates, n, controls)
            if len(chosen) == n:
                break
        return chosen

    def describe(self, features: Features) -> str:
        """A plain sentence for one encoded photo."""
        symbols, _ = BeamSearch().search(self.descriptive.decoder, self.descriptive.decoder.begin(features.grid))
        text = self.descriptive.vocabulary.decode(symbols[0].tolist())
        return text[:1].upper() + text[1:] + "."

    def _sample(
        self,
        pooled: NDArray[np.float32],
        salt: bytes,
        n: int,
        seed: int,
        controls: Controls,
        sampler: TopPSampler,
    ) -> list[Candidate]:
        decoder, vocabulary = self.social.decoder, self.social.vocabulary
        rows = max(SAMPLES, 6 * n)
        photo: NDArray[Any] = np.tile(pooled, (rows, 1))
        # Sampling below temperature 1 starves emojis: where they are left open, every third sample asks for some.
        lively = controls if controls.emoji else replace(controls, emoji="some")
        wishes = np.array([(controls if row % 3 else lively).ids() for row in range(rows)], np.int32)
        samples = sampler.sample(
            decoder,
            decoder.begin(photo, np.ones(rows, np.float32), wishes),
            decoder.begin(photo, np.zeros(rows, np.float32), wishes),
            uniforms(seed, salt, rows, MAX_GRAPHEMES + 1),
        )
        return [
            Candidate(vocabulary.decode(symbols).strip(), float(seen), float(blind))
            for symbols, finished, seen, blind in zip(samples.symbols.tolist(), *samples[1:], strict=True)
            if finished
        ]
