"""Captions met before: the same text, or one that differs in case, marks, emoji count or a single word."""

import regex

from caption_model.text import graphemes

WORD = regex.compile(r"[\p{L}\p{N}]+(?:'\p{L}+)?")
STRETCHED = regex.compile(r"(\p{L})\1+")
FEWEST_WORDS = 5  # shorter texts that differ in a word say different things


class SeenCaptions:
    """Remembers captions; each look costs time in proportion to the caption's words, not to what was seen."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._keys: set[int] = set()

    def add_exact(self, text: str) -> bool:
        """Remember a caption; whether this very text was seen before."""
        seen = text in self._texts
        self._texts.add(text)
        return seen

    def add_near(self, text: str) -> bool:
        """Remember a caption; whether one of nearly the same wording was seen before."""
        keys = {hash(key) for key in _keys(text)}
        seen = not self._keys.isdisjoint(keys)
        if not seen:
            self._keys |= keys
        return seen


def _keys(text: str) -> list[tuple[object, ...]]:
    words = tuple(STRETCHED.sub(r"\1", word) for word in WORD.findall(text.casefold()))
    if not words:
        return [("emojis", *sorted(set(graphemes.emojis(text))))]
    if len(words) < FEWEST_WORDS:
        return [("words", words)]
    return [("words", words)] + [("gap", words[:i], words[i + 1 :]) for i in range(len(words))]
