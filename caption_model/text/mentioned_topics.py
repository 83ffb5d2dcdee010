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
        known: the topics that a bundle's head or decoder was trained on: only these count, by the words that it was
            trained with. Without, the whole table counts.
    """
    return _in_post(caption) if known is None else _in_post(caption, bundled=True).intersection(known)


def mentioned_in_description(description: str, known: Collection[str] | None = None) -> frozenset[str]:
    """Topics that a plain description names; ``known`` as in ``mentioned_in_post``."""
    said = words(description)
    return _reader().described.find(said) if known is None else _reader(True).described.find(said).intersection(known)


@lru_cache(REMEMBERED)
def _in_post(caption: str, bundled: bool = False) -> frozenset[str]:
    reader = _reader(bundled)
    drawn = (reader.emojis.get(graphemes.without_tone(symbol)) for symbol in graphemes.emojis(caption))
    return reader.posts.find(words(caption)).union(*filter(None, drawn))


class _Reader(NamedTuple):
    """The table's words, ready to be looked up."""

    posts: PhraseIndex
    described: PhraseIndex
    emojis: Mapping[str, frozenset[str]]


@lru_cache(maxsize=2)
def _reader(bundled: bool = False) -> _Reader:
    used = {name: topic.bundled if bundled else topic.words for name, topic in topics().items()}
    exceptions = {name: words.exceptions for name, words in used.items()}
    symbols = frozenset[str]().union(*(words.emojis for words in used.values()))
    return _Reader(
        PhraseIndex({name: words.posts for name, words in used.items()}, exceptions),
        PhraseIndex({name: words.described for name, words in used.items()}, exceptions),
        {symbol: frozenset(name for name, words in used.items() if symbol in words.emojis) for symbol in symbols},
    )
