"""Likeness to given captions: none like those to avoid, and for "more like this", those closest to a liked one."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import lru_cache

from caption_model.generation.caption import Caption
from caption_model.generation.options import GenerationOptions
from caption_model.generation.reranking import Reranker, likeness, trigrams
from caption_model.text.controls import Controls
from caption_model.text.mentioned_topics import mentioned_in_post

ROUNDS = 3  # all are drawn before the closest are chosen
CLOSENESS = 4.0  # added to the score of a caption that has all trigrams of the liked one
SAME = 0.75  # likeness from which two captions read the same


def sampling_options(options: GenerationOptions, known: Collection[str]) -> GenerationOptions:
    """What samples are drawn with: for "more like this" whatever can be measured on the liked caption.

    The decoder is asked for the liked caption's emojis, length, ending, case and one of its topics, if
    it is among those ``known`` to the decoder. Only what ``options`` itself asks for has to be fulfilled in the end.
    """
    if options.like is None:
        return options
    measured = Controls.measure(options.like)
    return replace(
        options,
        emoji=measured.emoji,
        length=measured.length,
        ending=measured.ending,
        case=measured.case,
        subject=min(mentioned_in_post(options.like, known), default=None),
    )


def round_salt(options: GenerationOptions, number: int) -> bytes:
    """What tells the random numbers of one round of sampling from those of the others."""
    if options.like is None:
        return bytes([number])
    return hashlib.sha256(f"{options.like}\0{len(options.avoid)}\0{number}".encode()).digest()


def without(candidates: Sequence[Caption], avoid: Collection[str]) -> list[Caption]:
    """The candidates that read like none of the captions to avoid."""
    read = lru_cache(maxsize=None)(trigrams)
    return [one for one in candidates if not any(_alike(one, text, read) >= SAME for text in avoid)]


def closest(reranker: Reranker, candidates: Sequence[Caption], options: GenerationOptions) -> list[Caption]:
    """At most ``n`` candidates by score and likeness to the liked caption, no two of which read the same.

    Raises:
        ValueError: the options name no liked caption.
    """
    if options.like is None:
        raise ValueError("closest needs a liked caption")
    liked, controls, read = options.like, options.controls(), lru_cache(maxsize=None)(trigrams)

    def closeness(candidate: Caption) -> tuple[float, str]:
        return reranker.score(candidate) + CLOSENESS * _alike(candidate, liked, read), candidate.text

    chosen: list[Caption] = []
    taken = [liked]
    for candidate in sorted(candidates, key=closeness, reverse=True):
        if len(chosen) == options.n:
            break
        fresh = all(_alike(candidate, text, read) < SAME for text in taken)
        if fresh and reranker.acceptable(candidate.text, controls, candidate.beginning):
            chosen.append(candidate)
            taken.append(candidate.text)
    return chosen


def _alike(caption: Caption, text: str, read: Callable[[str], set[str]]) -> float:
    """Likeness of a caption to a text: of what was added, where both have its beginning, which would drown the rest."""
    if text.startswith(caption.beginning):
        return likeness(read(caption.added), read(text.removeprefix(caption.beginning)))
    return likeness(read(caption.text), read(text))
