"""Plain descriptions of photos: a descriptive decoder's likeliest sentences, and how far they can be trusted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import Bundle
from caption_model.generation.beam_search import BeamSearch
from caption_model.generation.calibration import Confidence, mean_log_probability
from caption_model.networks.config import DescriptiveConfig
from caption_model.networks.descriptive_onnx import PreparedDescriptive
from caption_model.text.vocabulary import WordVocabulary
from caption_model.vision.encoders import Encoder

BATCH = 32


class Description(NamedTuple):
    """A sentence with a capital and a full stop, and the chance that people agree with it, if that was calibrated."""

    text: str
    confidence: float | None


@dataclass(frozen=True)
class DescriptiveModel:
    """A loaded descriptive bundle; ``confidence`` where it was calibrated."""

    decoder: PreparedDescriptive
    vocabulary: WordVocabulary
    confidence: Confidence | None = None

    @classmethod
    def load(cls, folder: Path, encoder: Encoder, threads: int | None = None) -> "DescriptiveModel":
        """Verify a bundle and prepare it for inference on ``threads`` threads, by default on all cores.

        Raises:
            BundleError: not a whole descriptive bundle, or trained on another encoder.
        """
        bundle = Bundle.load(folder, "descriptive")
        bundle.check_encoder(encoder.name, encoder.sha256)
        config = DescriptiveConfig(**bundle.config["network"])
        decoder = PreparedDescriptive(config, bundle.checked_weights(config.shapes()), threads)
        return cls(decoder, WordVocabulary.from_json(bundle.vocabulary()), Confidence.load(bundle))

    def describe(self, grids: NDArray[np.float32]) -> list[Description]:
        """Describe photos with features (N, rows, columns, channels)."""
        return [
            Description(text[:1].upper() + text[1:] + ".", self.confidence(logp) if self.confidence else None)
            for text, logp in describe_scored(self.decoder, self.vocabulary, grids)
        ]


def describe_grids(
    decoder: PreparedDescriptive, vocabulary: WordVocabulary, grids: NDArray[Any], beam: BeamSearch | None = None
) -> list[str]:
    """Beam search over photos: grids (N, rows, columns, channels) → N lower-case sentences."""
    return [sentence for sentence, _ in describe_scored(decoder, vocabulary, grids, beam)]


def describe_scored(
    decoder: PreparedDescriptive, vocabulary: WordVocabulary, grids: NDArray[Any], beam: BeamSearch | None = None
) -> list[tuple[str, float]]:
    """As ``describe_grids``, each sentence with its mean log-probability a word, in nats."""
    beam = beam or BeamSearch()
    described = []
    for start in range(0, len(grids), BATCH):
        state = decoder.begin(grids[start : start + BATCH].astype(np.float32))
        symbols, scores = beam.search(decoder, state)
        described += [
            (vocabulary.decode(row.tolist()), mean_log_probability(row, float(score), beam.alpha))
            for row, score in zip(symbols, scores, strict=True)
        ]
    return described
