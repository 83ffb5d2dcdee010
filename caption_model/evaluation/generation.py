"""What the suggester writes on many photos: variety, emojis, spelling, parroting, obedience."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from caption_model.text import graphemes
from caption_model.text.controls import CHOICES, Controls
from caption_model.text.lexicon import STRETCH, Fingerprints, plain_form, words
from caption_model.text.mentioned_topics import borne_out, claimed

if TYPE_CHECKING:
    from caption_model.captioner import Suggestions
    from caption_model.generation.reranking import Ranker

ZIPF = 1.5  # a word rarer than three in a hundred million words is taken for a slip
ASKED = ("emoji", "length", "ending", "case")


class Suggester(Protocol):
    """What is measured; ``Captioner`` is one."""

    def suggest(self, source: Any, n: int = ..., seed: int = ..., controls: Controls = ...) -> "Suggestions":
        """Caption one photo."""


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


def obedience(captioner: Suggester, photos: Sequence[Path], n: int = 5, seed: int = 7) -> dict[str, float]:
    """For each wish that can be measured, the share of suggestions that fulfil it; silence counts as disobedience.

    Returns:
        ``{"emoji=none": …, …, "length=long": …}``.
    """
    shares = {}
    for name in ASKED:
        for value in CHOICES[name]:
            controls = Controls(tone="gram", **{name: value})  # type: ignore[arg-type]
            obeyed = [
                sum(map(controls.fulfilled_by, captioner.suggest(photo, n, seed, controls).social)) for photo in photos
            ]
            shares[f"{name}={value}"] = sum(obeyed) / max(1, n * len(photos))
    return shares


def unwritten(captions: Sequence[Sequence[str]], ranker: "Ranker") -> float:
    """Share of suggestions with a run of words, or of word classes, that nobody wrote."""
    return _share(
        bool(ranker.phrases.unknown(caption) + ranker.constructions.unknown(caption))
        for several in captions
        for caption in several
    )


def truth(captions: Sequence[Sequence[str]], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Whether people saw what suggestions name, by what they said of the photos.

    Args:
        captions: of each photo.
        references: people's descriptions of the same photos.

    Returns:
        ``names_seen``: share of suggestions that name things, all of which people named; ``names_unseen``: share that
        name one which nobody did. The others name nothing that ``claims`` knows.
    """
    seen = [frozenset[str]().union(*map(borne_out, several)) for several in references]
    named = [(claimed(caption), there) for several, there in zip(captions, seen, strict=True) for caption in several]
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
