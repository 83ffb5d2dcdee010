"""Visible things by their names: how captions speak of them, in words and emojis, and how descriptions do.

There are two lists of them: a strict one that judges (``claims``), and a loose one that pairs captions with photos
(``training.concepts``), where a word that only hints at a thing is welcome.
"""

from collections.abc import Mapping, Set
from typing import NamedTuple


class Concept(NamedTuple):
    """How posts and how descriptions speak of one visible thing."""

    posts: frozenset[str]
    emojis: frozenset[str]
    described: frozenset[str]


def concept(posts: str, emojis: str, described: str) -> Concept:
    """A concept from three lists with blanks between."""
    return Concept(frozenset(posts.split()), frozenset(emojis.split()), frozenset(described.split()))


def in_post(concepts: Mapping[str, Concept], said: Set[str], drawn: Set[str]) -> frozenset[str]:
    """Names of the concepts that a caption's words or emojis name."""
    return frozenset(name for name, one in concepts.items() if one.posts & said or one.emojis & drawn)


def in_description(concepts: Mapping[str, Concept], said: Set[str]) -> frozenset[str]:
    """Names of the concepts that a description's words name."""
    return frozenset(name for name, one in concepts.items() if one.described & said)
