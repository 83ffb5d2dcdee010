"""Plain descriptions of photos: a descriptive decoder's likeliest sentences, and how far they can be trusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import Bundle
from caption_model.errors import BundleError
from caption_model.generation.beam_search import BeamSearch
from caption_model.generation.calibration import Confidence, mean_log_probability
from caption_model.networks.config import DescriptiveConfig
from caption_model.networks.descriptive_onnx import PreparedDescriptive
from caption_model.text.mentioned_topics import mentioned_in_description
from caption_model.text.vocabulary import WordVocabulary
from caption_model.vision.encoders import Encoder

BATCH = 32
STEERED = BeamSearch(width=8)  # sentences to choose from where topics are known
STEERING = 0.2  # weight of the topics' support beside a sentence's normalised log-probability
USUAL = 0.2  # probability of a topic that speaks neither for nor against a sentence that mentions it
MOST_SUPPORT = 2.0  # nats of one topic


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
        decoder = bundle.load_network(
            DescriptiveConfig, lambda config, weights: PreparedDescriptive(config, weights, threads)
        )
        vocabulary = WordVocabulary.from_json(bundle.vocabulary())
        if len(vocabulary) != decoder.config.symbols or decoder.config.grid != tuple(encoder.grid_shape):
            raise BundleError(f"{folder} does not fit its vocabulary or the encoder: get the bundle again.")
        return cls(decoder, vocabulary, Confidence.load(bundle))

    def describe(
        self, grids: NDArray[np.float32], topics: Sequence[Mapping[str, float]] | None = None
    ) -> list[Description]:
        """Describe photos.

        Args:
            grids: features (N, rows, columns, channels).
            topics: the probability of each topic, a mapping a photo. Of the likeliest sentences the one wins whose
                topics the photo shows; without, the likeliest.
        """
        scored = describe_scored(self.decoder, self.vocabulary, grids, topics=topics)
        return [
            Description(text[:1].upper() + text[1:] + ".", self.confidence(logp) if self.confidence else None)
            for text, logp in scored
        ]


def describe_grids(
    decoder: PreparedDescriptive, vocabulary: WordVocabulary, grids: NDArray[Any], beam: BeamSearch | None = None
) -> list[str]:
    """Beam search over photos: grids (N, rows, columns, channels) → N lower-case sentences."""
    return [sentence for sentence, _ in describe_scored(decoder, vocabulary, grids, beam)]


def describe_scored(
    decoder: PreparedDescriptive,
    vocabulary: WordVocabulary,
    grids: NDArray[Any],
    beam: BeamSearch | None = None,
    topics: Sequence[Mapping[str, float]] | None = None,
) -> list[tuple[str, float]]:
    """As ``describe_grids``, each sentence with its mean log-probability a word, in nats; ``topics`` as above."""
    beam = beam or (BeamSearch() if topics is None else STEERED)
    described = []
    for start in range(0, len(grids), BATCH):
        state = decoder.begin(grids[start : start + BATCH].astype(np.float32))
        several, all_scores = beam.hypotheses(decoder, state)
        for photo, (symbols, scores) in enumerate(zip(several, all_scores, strict=True), start):
            texts = [vocabulary.decode(row.tolist()) for row in symbols]
            shown = [0.0] * len(texts) if topics is None else [support(text, topics[photo]) for text in texts]
            best = int(np.argmax(scores + STEERING * np.array(shown, np.float32)))
            described.append((texts[best], mean_log_probability(symbols[best], float(scores[best]), beam.alpha)))
    return described


def support(sentence: str, topics: Mapping[str, float]) -> float:
    """How much likelier than usual the topics are that a sentence mentions: the sum of bounded log-ratios, in nats."""
    ratios = (log(max(topics[topic], 1e-6) / USUAL) for topic in mentioned_in_description(sentence, topics))
    return sum(min(MOST_SUPPORT, max(-MOST_SUPPORT, ratio)) for ratio in ratios)
