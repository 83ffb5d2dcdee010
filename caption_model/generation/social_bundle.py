"""What a social bundle holds, read and checked, but nothing made ready yet: for captioning, and to judge voices by."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from caption_model.bundles.bundle import Bundle
from caption_model.bundles.weights import Weights
from caption_model.errors import BundleError
from caption_model.networks.config import SocialConfig
from caption_model.text.class_ngrams import CLASSES_FILE, Constructions
from caption_model.text.continuations import Continuations
from caption_model.text.lexicon import Fingerprints, Lexicon
from caption_model.text.vocabulary import GraphemeVocabulary
from caption_model.text.word_ngrams import Phrases

WAYS_FILE = "continuations.bin"
T = TypeVar("T")


@dataclass(frozen=True)
class SocialParts:
    """Network, symbols and what is known of people's posts; all parts fit one another."""

    config: SocialConfig
    weights: Weights
    vocabulary: GraphemeVocabulary
    lexicon: Lexicon
    phrases: Phrases
    constructions: Constructions
    fingerprints: Fingerprints
    continuations: Continuations | None  # bundles made before there were any have none


def read_social(folder: Path, encoder: str, sha256: str, photo: int | None = None) -> SocialParts:
    """Verify a social bundle and read all of it.

    Args:
        folder: the bundle.
        encoder: name of the encoder in use.
        sha256: of its weights.
        photo: length of its pooled features, if that is known.

    Raises:
        BundleError: not a whole social bundle, trained on another encoder, or its parts do not fit one another.
    """
    bundle = Bundle.load(folder, "social")
    bundle.check_encoder(encoder, sha256)
    config, weights = bundle.load_network(SocialConfig, lambda config, weights: (config, weights))
    if photo is not None and config.photo != photo:
        raise BundleError(f"{folder} reads {config.photo} features of a photo, not {photo}: retrain the decoder.")
    vocabulary = GraphemeVocabulary.from_json(bundle.vocabulary())
    if len(vocabulary) != config.symbols:
        raise BundleError(
            f"{folder} has a vocabulary of {len(vocabulary)} symbols for a network of {config.symbols}: "
            "get the bundle again."
        )
    return SocialParts(
        config,
        weights,
        vocabulary,
        _parsed(bundle, "lexicon.txt", lambda: Lexicon.from_bytes(bundle.read("lexicon.txt"))),
        _parsed(bundle, "phrases.bin", lambda: Phrases.from_bytes(bundle.read("phrases.bin"))),
        _parsed(bundle, CLASSES_FILE, lambda: Constructions.from_files(bundle.read)),
        _parsed(bundle, "fingerprints.bin", lambda: Fingerprints.from_bytes(bundle.read("fingerprints.bin"))),
        _parsed(bundle, WAYS_FILE, lambda: continuations_of(bundle)),
    )


def continuations_of(bundle: Bundle) -> Continuations | None:
    """The attested ways that a bundle knows, if it does.

    Raises:
        ValueError: they cannot be read.
    """
    return Continuations.from_bytes(bundle.read(WAYS_FILE)) if WAYS_FILE in bundle.files else None


def _parsed(bundle: Bundle, name: str, parse: Callable[[], T]) -> T:
    try:
        return parse()
    except ValueError as error:
        raise BundleError(f"{bundle.folder / name} cannot be read ({error}): get the bundle again.") from error
