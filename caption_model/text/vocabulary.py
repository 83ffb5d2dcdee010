"""What a decoder's integers stand for: grapheme clusters (social) or words (descriptive).

Both start with the same four specials, so that networks and samplers need not know which one they serve.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import regex

from caption_model.errors import BundleError
from caption_model.text import graphemes

PAD, START, END, UNKNOWN = 0, 1, 2, 3
SPECIALS = ("<pad>", "<start>", "<end>", "<unk>")
WORD = regex.compile(r"[a-z0-9']+")
LONGEST = 64  # code points of a symbol
UNSHOWN = regex.compile(r"[\p{Cc}\p{Cs}]")  # control characters and halves of characters


def _is_symbol(text: str) -> bool:
    """Whether a text can be part of a caption: not empty, not endless, and in letters that can be written."""
    return 0 < len(text) <= LONGEST and not UNSHOWN.search(text)


@dataclass(frozen=True)
class Vocabulary:
    """An ordered set of symbols; subclasses say how a text is cut into them and put together again."""

    symbols: tuple[str, ...]
    kind: ClassVar[str] = ""

    @classmethod
    def split(cls, text: str) -> list[str]:
        """Cut a text into symbols."""
        raise NotImplementedError

    @classmethod
    def join(cls, symbols: Iterable[str]) -> str:
        """Put symbols together to a text."""
        raise NotImplementedError

    @classmethod
    def fit(cls, texts: Iterable[str], min_count: int = 1) -> Self:
        """The symbols seen at least ``min_count`` times, most frequent first (ties in code point order)."""
        counts = Counter(symbol for text in texts for symbol in cls.split(text))
        kept = [symbol for symbol, count in counts.items() if count >= min_count and symbol not in SPECIALS]
        return cls((*SPECIALS, *sorted(kept, key=lambda symbol: (-counts[symbol], symbol))))

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """Read what ``to_json`` gave.

        Raises:
            BundleError: it is of another kind or not a list of distinct symbols.
        """
        symbols = content.get("symbols") if isinstance(content, dict) and content.get("kind") == cls.kind else None
        if not isinstance(symbols, list) or not all(isinstance(symbol, str) for symbol in symbols):
            raise BundleError(f"this is no vocabulary of {cls.kind}s: get the bundle again.")
        if tuple(symbols[:4]) != SPECIALS or len(set(symbols)) != len(symbols) or not all(map(_is_symbol, symbols)):
            raise BundleError(f"this is no vocabulary of {cls.kind}s: get the bundle again.")
        return cls(tuple(symbols))

    def to_json(self) -> dict[str, Any]:
        """As saved in a bundle."""
        return {"kind": self.kind, "symbols": list(self.symbols)}

    def __len__(self) -> int:
        return len(self.symbols)

    @cached_property
    def index(self) -> dict[str, int]:
        """Symbol → integer."""
        return {symbol: number for number, symbol in enumerate(self.symbols)}

    def encode(self, text: str) -> list[int]:
        """Text → integers without start and end; what is not known becomes ``UNKNOWN``."""
        return [self.index.get(symbol, UNKNOWN) for symbol in self.split(text)]

    def decode(self, numbers: Sequence[int]) -> str:
        """Integers → text, up to the first ``END``; other specials are left out."""
        symbols = []
        for number in numbers:
            if number == END:
                break
            if number > UNKNOWN:
                symbols.append(self.symbols[number])
        return self.join(symbols)


class GraphemeVocabulary(Vocabulary):
    """One symbol is one grapheme cluster of the normalised text: emojis stay whole."""

    kind = "grapheme"

    @classmethod
    def split(cls, text: str) -> list[str]:
        """Grapheme clusters of the NFC text with fully-qualified emojis."""
        return graphemes.split(graphemes.normalise(text))

    @classmethod
    def join(cls, symbols: Iterable[str]) -> str:
        """Concatenate."""
        return "".join(symbols)


class WordVocabulary(Vocabulary):
    """One symbol is one lower-case word; punctuation is left out, as the captioning metrics do."""

    kind = "word"

    @classmethod
    def split(cls, text: str) -> list[str]:
        """Lower-case words."""
        return WORD.findall(text.lower())

    @classmethod
    def join(cls, symbols: Iterable[str]) -> str:
        """Words with blanks between them."""
        return " ".join(symbols)
