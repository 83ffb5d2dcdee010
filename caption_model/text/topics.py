"""The topics table: what captions and descriptions name, what the topic head sees, what labels and classes stand for.

One table, ``topics.toml`` beside this module, serves all of it; its head comment explains the columns. The table may
hold more topics than a trained network knows: each bundle lists the names that its head or decoder was trained on.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

import emoji

Group = Literal["animal", "person", "food", "place", "nature", "vehicle", "activity", "thing", "time", "weather"]
TABLE = Path(__file__).with_name("topics.toml")
RANGE = ".."  # between the first and the last of a run of ImageNet classes
COLUMNS = frozenset(
    {"group", "posts", "emojis", "described", "except", "imagenet", "hints", "backdrop", "pairing_only"}
)
Index = dict[str, list[tuple[str, tuple[str, ...]]]]


@dataclass(frozen=True)
class Words:
    """How a topic is named. Words are in lower case; a phrase has blanks between its words.

    Attributes:
        posts: words and phrases of captions.
        emojis: emojis of captions, fully qualified and without skin tone.
        described: words and phrases of descriptions.
        exceptions: phrases whose words name nothing ("coffee table").
    """

    posts: frozenset[str] = frozenset()
    emojis: frozenset[str] = frozenset()
    described: frozenset[str] = frozenset()
    exceptions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Topic:
    """A row of the table.

    Attributes:
        name: by which bundles, options and labels know it.
        group: what kind of topic it is; ``None`` for those that serve for pairing alone.
        words: that name it.
        imagenet: ImageNet classes that show it, as ``class_rows`` reads them.
        hints: words and emojis of captions that only hint at it: they pair captions with photos.
        pairs: whether captions are paired with photos by it.
        backdrop: whether nearly every photo shows it, so that no caption is about it.
    """

    name: str
    group: Group | None
    words: Words
    imagenet: tuple[str, ...] = ()
    hints: frozenset[str] = frozenset()
    pairs: bool = False
    backdrop: bool = False


@lru_cache(maxsize=1)
def all_topics() -> Mapping[str, Topic]:
    """Every row of the table by its name, in the table's order, those for pairing alone included.

    Raises:
        ValueError: the table has a row that it cannot have.
    """
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return MappingProxyType({name: _topic(name, row) for name, row in rows.items()})


@lru_cache(maxsize=1)
def topics() -> Mapping[str, Topic]:
    """The topics that photos show and captions name, by their names, in the table's order."""
    return MappingProxyType({name: topic for name, topic in all_topics().items() if topic.group is not None})


@lru_cache(maxsize=16)
def in_group(group: Group) -> frozenset[str]:
    """Names of the topics of a group."""
    return frozenset(name for name, topic in topics().items() if topic.group == group)


@lru_cache(maxsize=1)
def backdrop() -> frozenset[str]:
    """Names of the topics that nearly every photo shows."""
    return frozenset(name for name, topic in topics().items() if topic.backdrop)


def class_rows(topic: Topic, names: Sequence[str]) -> list[int]:
    """Rows of the ImageNet classes that show a topic.

    Args:
        topic: of the table.
        names: first name of each class, in the order of the classifier's outputs.

    Raises:
        ValueError: the classifier has no class of such a name.
    """
    rows: list[int] = []
    for entry in topic.imagenet:
        first, _, last = entry.partition(RANGE)
        rows += range(names.index(first), names.index(last or first) + 1)
    return rows


class PhraseIndex:
    """Finds the names whose words or phrases occur in a sequence of words."""

    def __init__(
        self, phrases: Mapping[str, Iterable[str]], exceptions: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self._phrases = _by_first_word(phrases)
        self._exceptions = _by_first_word(exceptions or {})

    def find(self, words: Sequence[str]) -> frozenset[str]:
        """Names of which at least one word or phrase occurs outside their exceptions."""
        hidden: defaultdict[str, set[int]] = defaultdict(set)
        for name, start, length in _occurrences(self._exceptions, words):
            hidden[name].update(range(start, start + length))
        found = _occurrences(self._phrases, words)
        return frozenset(
            name
            for name, start, length in found
            if name not in hidden or hidden[name].isdisjoint(range(start, start + length))
        )


def _by_first_word(phrases: Mapping[str, Iterable[str]]) -> Index:
    index: defaultdict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
    for name, several in phrases.items():
        for phrase in several:
            first, *rest = phrase.split()
            index[first].append((name, tuple(rest)))
    return dict(index)


def _occurrences(index: Index, words: Sequence[str]) -> Iterable[tuple[str, int, int]]:
    """Name, first position and number of words of each phrase that occurs."""
    for start, word in enumerate(words):
        for name, rest in index.get(word, ()):
            end = start + 1 + len(rest)
            if not rest or tuple(words[start + 1 : end]) == rest:
                yield name, start, 1 + len(rest)


def _topic(name: str, row: Mapping[str, Any]) -> Topic:
    if unknown := row.keys() - COLUMNS:
        raise ValueError(f"{TABLE.name}: [{name}] has the unknown column {min(unknown)!r}")
    alone, group = _flag(name, row, "pairing_only"), row.get("group")
    if alone == (group is not None) or not (alone or group in get_args(Group)):
        raise ValueError(f"{TABLE.name}: [{name}] needs a group, one of {', '.join(get_args(Group))}")
    return Topic(
        name,
        group,
        _words(name, row),
        tuple(row.get("imagenet", ())),
        frozenset(row.get("hints", ())),
        "hints" in row,
        _flag(name, row, "backdrop"),
    )


def _flag(name: str, row: Mapping[str, Any], column: str) -> bool:
    value = row.get(column, False)
    if not isinstance(value, bool):
        raise ValueError(f"{TABLE.name}: [{name}] has {column} = {value!r}, which is neither true nor false")
    return value


def _words(name: str, row: Mapping[str, Any]) -> Words:
    words = Words(*(frozenset(row.get(column, ())) for column in ("posts", "emojis", "described", "except")))
    if strange := sorted(symbol for symbol in words.emojis if not emoji.is_emoji(symbol)):
        raise ValueError(f"{TABLE.name}: {strange[0]!r} of [{name}] is no emoji")
    return words
