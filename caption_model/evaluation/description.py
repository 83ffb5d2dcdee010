"""Descriptions against what people wrote: BLEU, ROUGE-L and CIDEr of ``pycocoevalcap``."""

import contextlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.beam_search import BeamSearch
from caption_model.confidence import mean_log_probability
from caption_model.decoders.prepared_descriptive import PreparedDescriptive
from caption_model.vocabulary import WordVocabulary

BATCH = 32


def score_descriptions(written: Mapping[str, str], references: Mapping[str, Sequence[str]]) -> dict[str, float | int]:
    """Score one description a photo against all its raw references.

    Both sides are cut into words by ``WordVocabulary.split``, which agrees with the Java PTB tokenizer within 0.1 BLEU.

    Returns:
        ``{"n", "bleu1".."bleu4", "rouge_l", "cider", "distinct"}``; fractions of 1, CIDEr not times 100.
    """
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    names = sorted(written)
    result = {name: [_tokenised(written[name])] for name in names}
    truth = {name: [_tokenised(text) for text in references[name]] for name in names}
    with contextlib.redirect_stdout(io.StringIO()):  # BLEU prints its lengths
        bleu, _ = Bleu(4).compute_score(truth, result, verbose=0)
    rouge, _ = Rouge().compute_score(truth, result)
    cider, _ = Cider().compute_score(truth, result)
    return {
        "n": len(names),
        **{f"bleu{order}": float(value) for order, value in enumerate(bleu, start=1)},
        "rouge_l": float(rouge),
        "cider": float(cider),
        "distinct": len({result[name][0] for name in names}),
    }


def agreement(written: Mapping[str, str], references: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """CIDEr of each photo's description against that photo's references."""
    from pycocoevalcap.cider.cider import Cider

    result = {name: [_tokenised(text)] for name, text in written.items()}
    truth = {name: [_tokenised(text) for text in references[name]] for name in written}
    _, scores = Cider().compute_score(truth, result)
    return dict(zip(truth, map(float, scores), strict=True))


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


def _tokenised(text: str) -> str:
    return " ".join(WordVocabulary.split(text))
