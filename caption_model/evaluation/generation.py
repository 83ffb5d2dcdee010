"""What the suggester writes on many photos: variety, emojis, spelling, parroting, control accuracy."""

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from caption_model.generation.options import GenerationOptions
from caption_model.text import graphemes
from caption_model.text.controls import CHOICES
from caption_model.text.lexicon import STRETCH, Fingerprints, plain_form, words
from caption_model.text.mentioned_topics import mentioned_in_description, mentioned_in_post
from caption_model.vision.photos import open_photo

if TYPE_CHECKING:
    from caption_model.generation.caption import Caption
    from caption_model.generation.reranking import Reranker

ZIPF = 1.5  # a word rarer than three in a hundred million words is taken for a slip
ASKED = ("emoji", "length", "ending", "case")


class Writer(Protocol):
    """What is measured; ``Captioner`` is one."""

    @property
    def encoder(self) -> Any:
        """It has a ``size``: (height, width) in pixels."""

    def look(self, pixels: NDArray[np.uint8]) -> Any:
        """Encode one opened photo."""

    def write(self, seen: Any, options: GenerationOptions) -> "Sequence[Caption]":
        """Caption it."""


def measure_generation(captions: Sequence[Sequence[str]], training: Fingerprints) -> dict[str, float | int]:
    """Figures of the suggestions for many photos.

    Args:
        captions: of each photo, best first.
        training: of the captions that were learnt from.

    Returns:
        ``photos``, ``captions``; ``distinct_first`` (share of photos whose first suggestion no other photo has),
        ``distinct2`` (share of word pairs that differ), ``emoji_rate`` (share of captions with an emoji),
        ``word_validity`` (share of words that English knows, by wordfreq), ``verbatim`` (share that repeats a training
        caption), ``longest`` (graphemes), ``seldom`` (share of photos with fewer suggestions than the others).
    """
    every = [caption for several in captions for caption in several]
    first = [several[0].casefold() for several in captions if several]
    pairs = [pair for caption in every for pair in pairwise(words(caption))]
    said = [word for caption in every for word in words(caption)]
    most = max(map(len, captions), default=0)
    return {
        "photos": len(captions),
        "captions": len(every),
        "distinct_first": len(set(first)) / max(1, len(captions)),
        "distinct2": len(set(pairs)) / max(1, len(pairs)),
        "emoji_rate": _share(bool(graphemes.emojis(caption)) for caption in every),
        "word_validity": _share(map(is_word, said)),
        "verbatim": _share(caption in training for caption in every),
        "longest": max(map(graphemes.length, every), default=0),
        "seldom": _share(len(several) < most for several in captions),
    }


def control_accuracy(captioner: Writer, photos: Sequence[Path], n: int = 5, seed: int = 7) -> dict[str, float]:
    """For each control that can be measured, the share of captions that fulfil it; a missing caption fails.

    Each photo is encoded once.

    Returns:
        ``{"emoji=none": …, …, "length=long": …}``.
    """
    seen = [captioner.look(open_photo(photo, captioner.encoder.size)) for photo in photos]
    shares = {}
    for name in ASKED:
        for value in CHOICES[name]:
            options = GenerationOptions(n, seed, **{name: value})  # type: ignore[arg-type]
            fulfilled = options.controls().fulfilled_by
            obeyed = sum(fulfilled(caption.text) for one in seen for caption in captioner.write(one, options))
            shares[f"{name}={value}"] = obeyed / max(1, n * len(photos))
    return shares


def unwritten(captions: Sequence[Sequence[str]], reranker: "Reranker") -> float:
    """Share of suggestions with a run of words, or of word classes, that nobody wrote."""
    return _share(
        bool(reranker.word_ngrams.unknown(caption) + reranker.class_ngrams.unknown(caption))
        for several in captions
        for caption in several
    )


def truth(
    captions: Sequence[Sequence[str]], references: Sequence[Sequence[str]], known: Collection[str] | None = None
) -> dict[str, float]:
    """Whether people saw what suggestions name, by what they said of the photos.

    Args:
        captions: of each photo.
        references: people's descriptions of the same photos.
        known: topics that count, as in ``mentioned_in_post``.

    Returns:
        ``names_seen``: share of suggestions that name things, all of which people named; ``names_unseen``: share that
        name one which nobody did. The others name no topic.
    """
    seen = [
        frozenset[str]().union(*(mentioned_in_description(text, known) for text in several)) for several in references
    ]
    named = [
        (mentioned_in_post(caption, known), there)
        for several, there in zip(captions, seen, strict=True)
        for caption in several
    ]
    return {
        "names_seen": _share(bool(things) and things <= there for things, there in named),
        "names_unseen": _share(bool(things - there) for things, there in named),
    }


def is_word(word: str) -> bool:
    """Whether English knows a word, in its own or in an unstretched form ("soooo")."""
    from wordfreq import zipf_frequency

    forms = {word, STRETCH.sub(r"\1", word), STRETCH.sub(r"\1\1", word), plain_form(word)}
    return any(zipf_frequency(form, "en") >= ZIPF for form in forms)


def _share(values: Iterable[bool]) -> float:
    found = list(values)
    return sum(found) / len(found) if found else 0.0
