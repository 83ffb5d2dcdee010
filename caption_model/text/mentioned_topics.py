"""Which topics captions and descriptions mention.

Where a caption names a topic that the photo's description names as well, people mostly see it in the photo; where the
description does not, mostly not: the two decoders err independently. The words are those of the topics table.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import NamedTuple

from caption_model.text import graphemes
from caption_model.text.lexicon import words
from caption_model.text.topics import PhraseIndex, in_group, topics

REMEMBERED = 1 << 14  # captions: each is asked about at every word's end, and when it is whole
PERSON = in_group("person")  # whom, not what: decoders turn to them unasked


def mentioned_in_post(caption: str, known: Collection[str] | None = None) -> frozenset[str]:
    """Topics that a social caption names, by word or by emoji.

    Args:
        caption: of any length.
        known: the topics that a bundle's head or decoder was trained on: only these count. Without, the whole table
            counts.
    """
    found = _in_post(caption)
    return found if known is None else found.intersection(known)


def mentioned_in_description(description: str, known: Collection[str] | None = None) -> frozenset[str]:
    """Topics that a plain description names; ``known`` as in ``mentioned_in_post``."""
    found = _reader().described.find(words(description))
    return found if known is None else found.intersection(known)


@lru_cache(REMEMBERED)
def _in_post(caption: str) -> frozenset[str]:
    reader = _reader()
    drawn = (reader.emojis.get(graphemes.without_tone(symbol)) for symbol in graphemes.emojis(caption))
    return reader.posts.find(words(caption)).union(*filter(None, drawn))


class _Reader(NamedTuple):
    """The table's words, ready to be looked up."""

    posts: PhraseIndex
    described: PhraseIndex
    emojis: Mapping[str, frozenset[str]]


@lru_cache(maxsize=1)
def _reader() -> _Reader:
    used = {name: topic.words for name, topic in topics().items()}
    exceptions = {name: words.exceptions for name, words in used.items()}
    symbols = frozenset[str]().union(*(words.emojis for words in used.values()))
    return _Reader(
        PhraseIndex({name: words.posts for name, words in used.items()}, exceptions),
        PhraseIndex({name: words.described for name, words in used.items()}, exceptions),
        {symbol: frozenset(name for name, words in used.items() if symbol in words.emojis) for symbol in symbols},
    )
