"""Descriptions against what people wrote: BLEU, ROUGE-L and CIDEr of ``pycocoevalcap``."""

import contextlib
import io
from collections.abc import Mapping, Sequence

from caption_model.text.vocabulary import WordVocabulary


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


def _tokenised(text: str) -> str:
    return " ".join(WordVocabulary.split(text))
