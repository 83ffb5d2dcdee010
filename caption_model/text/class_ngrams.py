"""Runs of four word classes that people wrote: whether a caption's grammar is anybody's.

Runs of three words (``phrases``) let "I love this dog is so cute" pass: each three were written, never all in a row.
Four words in a row are too seldom written twice to ask for; four classes of words (Brown et al. 1992, "Class-Based
n-gram Models of Natural Language") are not: "back in the water" is built as "back in the sun" is.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from caption_model.text.hash_set import HashSet
from caption_model.text.word_ngrams import EDGE, clauses

SIZE = 4
BITS = 23  # of a hash: of a third of a million runs, one in twenty-five unknown ones is taken for known
CLASSES_FILE, RUNS_FILE = "word_classes.txt", "constructions.bin"


@dataclass(frozen=True, eq=False)
class Constructions:
    """Runs of four classes.

    Attributes:
        classes: class of each frequent word, in its plain form; any other word is a class of its own.
        runs: hashes of the runs that somebody wrote.
    """

    classes: Mapping[str, int]
    runs: HashSet

    @classmethod
    def fit(cls, captions: Iterable[str], classes: Mapping[str, int]) -> Self:
        """Collect the runs of captions."""
        return cls(classes, HashSet.of(_hash(run) for caption in captions for run in _runs(caption, classes)))

    @classmethod
    def from_files(cls, read: Callable[[str], bytes]) -> Self:
        """Read what ``to_files`` gave; ``read`` gives the content of a named file (``Bundle.read``)."""
        lines = read(CLASSES_FILE).decode("utf-8").splitlines()
        classes = {word: number for number, line in enumerate(lines) for word in line.split()}
        return cls(classes, HashSet.from_bytes(read(RUNS_FILE)))

    def to_files(self) -> dict[str, bytes]:
        """Two files: the words of one class a line, sorted; the hashes."""
        lines: list[list[str]] = [[] for _ in range(1 + max(self.classes.values(), default=-1))]
        for word in sorted(self.classes):
            lines[self.classes[word]].append(word)
        return {CLASSES_FILE: "\n".join(map(" ".join, lines)).encode("utf-8"), RUNS_FILE: self.runs.to_bytes()}

    def joined(self, other: Self) -> Self:
        """What either knows; both must have the same classes."""
        return type(self)(self.classes, self.runs.joined(other.runs))

    def unknown(self, text: str, ended: bool = True) -> int:
        """How many runs of a text nobody wrote; one that has not ``ended`` may go on behind its last word."""
        return sum(self.runs.missing(clause, self._ending, _hash) for clause in clauses(text, ended))

    def _ending(self, words: tuple[str, ...]) -> list[tuple[str, ...]]:
        return _ending(words, self.classes)


def _runs(text: str, classes: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    """A text's runs, clause by clause."""
    for clause in clauses(text):
        for end in range(SIZE, len(clause) + 1):
            yield from _ending(clause[:end], classes)


def _ending(words: tuple[str, ...], classes: Mapping[str, int]) -> list[tuple[str, ...]]:
    """The run that words end with, but for two words between both edges: they would be the whole caption."""
    if len(words) < SIZE or words[-SIZE] == words[-1] == EDGE:
        return []
    return [tuple(str(classes.get(word, word)) for word in words[-SIZE:])]


def _hash(run: tuple[str, ...]) -> int:
    return zlib.crc32(" ".join(run).encode()) >> (32 - BITS)
