"""Words that a suggestion may use, and captions it may not repeat; learnt from training captions."""

import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import regex

from caption_model.text import graphemes
from caption_model.text.hash_set import HashSet

WORD = regex.compile(r"\p{L}+(?:['’]\p{L}+)*")
STRETCH = regex.compile(r"(\p{L})\1{2,}")
DOUBLED = regex.compile(r"(\p{L})\1+")
LONG = 3  # words from which a caption is somebody's, whatever its emojis
LETTERS = regex.compile(r"[^\p{L}\p{N}]+")
REMEMBERED_TEXTS, REMEMBERED_WORDS = 1 << 11, 1 << 14  # several rules read the same text, and the same words come often


def words(text: str) -> list[str]:
    """Words of a text in lower case, apostrophes straight."""
    return list(_words(text))


@lru_cache(REMEMBERED_TEXTS)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("’", "'") for word in WORD.findall(text.lower()))


@lru_cache(REMEMBERED_WORDS)
def plain_form(word: str) -> str:
    """A word with each letter once where it is doubled: "soooo" goes where "so" does."""
    return DOUBLED.sub(r"\1", word)


@dataclass(frozen=True)
class Lexicon:
    """The words that several training captions use."""

    known: frozenset[str]

    @classmethod
    def fit(cls, captions: Iterable[str], min_count: int = 2) -> Self:
        """Words found in at least ``min_count`` captions."""
        counts = Counter(word for caption in captions for word in set(words(caption)))
        return cls(frozenset(word for word, count in counts.items() if count >= min_count))

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what ``to_bytes`` gave."""
        return cls(frozenset(content.decode("utf-8").split()))

    def to_bytes(self) -> bytes:
        """One word a line, sorted, UTF-8."""
        return "\n".join(sorted(self.known)).encode("utf-8")

    def knows(self, word: str) -> bool:
        """Whether a word is known, or is a stretched form ("soooo") of one that is."""
        if word in self.known:
            return True
        return (
            any(STRETCH.sub(short, word) in self.known for short in (r"\1", r"\1\1")) if STRETCH.search(word) else False
        )

    def validity(self, text: str) -> float:
        """Share of a text's words that are known; 1 for a text without words."""
        found = words(text)
        return sum(map(self.knows, found)) / len(found) if found else 1.0


class Fingerprints(HashSet):
    """Hashes of the training captions, of their letters alone where these tell them apart from what anybody says."""

    @classmethod
    def fit(cls, captions: Iterable[str]) -> Self:
        """Hash captions of two words or more."""
        return cls.of(_fingerprint(caption) for caption in captions if len(words(caption)) > 1)

    def __contains__(self, caption: str) -> bool:
        return bool(self.holds([_fingerprint(caption)])[0])


def _fingerprint(caption: str) -> int:
    """Of three words or more the letters; two ("beach day") are somebody's only together with their emojis."""
    letters = LETTERS.sub("", caption.casefold())
    drawn = "".join(graphemes.emojis(caption)) if len(words(caption)) < LONG else ""
    return zlib.crc32(f"{letters} {drawn}".encode())
