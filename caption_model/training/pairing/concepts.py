"""The topics table read loosely, to pair captions with photos: a word that only hints at a topic is welcome here.

Words are matched whole and in lower case, with and without a plural "s"; a phrase wherever all of its words occur.
"""

from collections.abc import Mapping, Set
from functools import lru_cache
from typing import NamedTuple

from caption_model.text import graphemes
from caption_model.text.topics import all_topics


class Phrases(NamedTuple):
    """Words and, each as its words, phrases of several."""

    words: frozenset[str]
    longer: tuple[tuple[str, ...], ...]

    def occur_in(self, said: Set[str]) -> bool:
        """Whether any of them is among the words of a text."""
        return bool(self.words & said) or any(said >= set(phrase) for phrase in self.longer)


class Concept(NamedTuple):
    """How captions, by words and emojis, and descriptions may speak of a topic."""

    posts: Phrases
    emojis: frozenset[str]
    described: Phrases


@lru_cache(maxsize=1)
def concepts() -> Mapping[str, Concept]:
    """Every topic of the table that captions are paired by, by its name."""
    found = {}
    for name, topic in all_topics().items():
        if topic.pairs:
            drawn = frozenset(filter(graphemes.is_emoji, topic.hints))
            posts = _phrases(topic.words.posts | topic.hints - drawn)
            found[name] = Concept(posts, topic.words.emojis | drawn, _phrases(topic.words.described))
    return found


def in_post(said: Set[str], drawn: Set[str]) -> frozenset[str]:
    """Names of the concepts that a caption's words or emojis may mean."""
    return frozenset(name for name, one in concepts().items() if one.emojis & drawn or one.posts.occur_in(said))


def in_description(said: Set[str]) -> frozenset[str]:
    """Names of the concepts that a description's words name."""
    return frozenset(name for name, one in concepts().items() if one.described.occur_in(said))


def concept_emojis(without: Set[str] = frozenset()) -> frozenset[str]:
    """The emojis of all concepts but those named."""
    return frozenset().union(*(one.emojis for name, one in concepts().items() if name not in without))


def _phrases(texts: Set[str]) -> Phrases:
    split = [tuple(text.split()) for text in sorted(texts)]
    return Phrases(frozenset(word for word, *rest in split if not rest), tuple(part for part in split if len(part) > 1))
