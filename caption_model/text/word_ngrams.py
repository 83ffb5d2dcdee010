"""Runs of two and three neighbouring words that people wrote: what a suggestion is pieced together from.

A grapheme model spells better than it builds sentences. A run of three words that nobody wrote is where it lost its
thread; of captions without one most read as people's do, though they are nobody's (a back-off n-gram model's question,
Katz 1987, asked of its counts' presence alone).
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Self

import regex

from caption_model.text import graphemes
from caption_model.text.hash_set import HashSet
from caption_model.text.lexicon import plain_form, words

CLAUSE = regex.compile(r"[.!?…:;()|\n]+")
SIZES = (2, 3)  # of runs
BITS = 28  # of a hash: of half a million runs, one in five hundred unknown ones is taken for known
EDGE = ""  # stands for a clause's beginning and end
REMEMBERED = 1 << 10  # texts whose clauses are: runs of words and of word classes are asked one after the other
ANY = "*"  # stands for every word before an emoji that goes with them all
EVERYWHERE = 100  # different words before an emoji from which it goes with any
AGREED = 2  # captions with a word and an emoji behind it from which they go together: one may be a private joke


class Phrases(HashSet):
    """Hashes of runs of words and of the words before emojis."""

    @classmethod
    def fit(cls, captions: Iterable[str]) -> Self:
        """Collect the runs of captions."""
        captions = list(captions)
        found = {_hash(run) for caption in captions for run in _runs(caption)}
        for symbol, several in words_before(captions).items():
            found.update(_hash((word, symbol)) for word, count in several.items() if count >= AGREED)
            if len(several) >= EVERYWHERE:
                found.add(_hash((ANY, symbol)))
        return cls.of(found)

    def unknown(self, text: str, ended: bool = True) -> int:
        """How many runs of a text nobody wrote, and how many of its emojis stand behind a word that none follows.

        A text that has not ``ended`` may go on behind its last word.
        """
        missing = sum(self.missing(clause, _ending, _hash) for clause in clauses(text, ended))
        if text.isascii():  # no emoji there
            return missing
        pairs = list(_decorated(text))
        own, general = self.recognises(pairs, _hash), self.recognises(_any(pairs), _hash)
        return missing + sum(not (one or other) for one, other in zip(own, general, strict=True))


def _any(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(ANY, symbol) for _, symbol in pairs]


def _hash(run: tuple[str, ...]) -> int:
    return zlib.crc32(" ".join(run).encode()) >> (32 - BITS)


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    """Pairs and triples of neighbouring words, clause by clause."""
    for clause in clauses(text):
        for end in range(1, len(clause) + 1):
            yield from _ending(clause[:end])


def _ending(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The pair and the triple that such words end with."""
    return [words[-size:] for size in SIZES if size <= len(words)]


@lru_cache(REMEMBERED)
def clauses(text: str, ended: bool = True) -> tuple[tuple[str, ...], ...]:
    """The words of each part between signs and emojis that end a thought, ``EDGE`` before and after them.

    Behind the last part of a text that has not ``ended`` there is no edge, if no sign stands there.
    """
    plain = text
    if not text.isascii():
        plain = "".join("\n" if graphemes.is_emoji(symbol) else symbol for symbol in graphemes.split(text))
    *closed, last = (tuple(map(plain_form, words(part))) for part in CLAUSE.split(plain))
    found = [(EDGE, *said, EDGE) for said in closed if said]
    if last:
        found.append((EDGE, *last, *[EDGE] * ended))
    return tuple(found)


def words_before(captions: Iterable[str]) -> dict[str, Counter[str]]:
    """For each emoji, skin tones aside, the words that it stands behind and in how many captions."""
    before: dict[str, Counter[str]] = defaultdict(Counter)
    for caption in captions:
        for word, symbol in set(_decorated(caption)):
            before[symbol][word] += 1
    return before


def _decorated(text: str) -> Iterator[tuple[str, str]]:
    """Each emoji that stands behind a word, with that word and without its skin tone."""
    word, said = "", ""
    for symbol in graphemes.split(text):
        if graphemes.is_emoji(symbol):
            if found := words(said):
                word = plain_form(found[-1])
            said = ""
            if word:
                yield word, graphemes.without_tone(symbol)
        else:
            said += symbol
