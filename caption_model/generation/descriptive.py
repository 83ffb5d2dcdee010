"""Plain descriptions of photos: a descriptive decoder's likeliest sentences."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.generation.beam_search import BeamSearch
from caption_model.generation.calibration import mean_log_probability
from caption_model.networks.descriptive_onnx import PreparedDescriptive
from caption_model.text.vocabulary import WordVocabulary

BATCH = 32


def describe_grids(
    decoder: PreparedDescriptive, vocabulary: WordVocabulary, grids: NDArray[Any], beam: BeamSearch | None = None
) -> list[str]:
    """Beam search over photos: grids (N, rows, columns, channels) → N lower-case sentences."""
    return [sentence for sentence, _ in describe_surely(decoder, vocabulary, grids, beam)]


def describe_surely(
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
