"""Captions met before: the same text, or one that differs in case, marks, emoji count or a single word."""

from array import array

import regex

from caption_model.text import graphemes

WORD = regex.compile(r"[\p{L}\p{N}]+(?:'\p{L}+)?")
STRETCHED = regex.compile(r"(\p{L})\1+")
FEWEST_WORDS = 5  # shorter texts that differ in a word say different things


class HashTable:
    """64-bit hashes in a flat table: 12 to 24 bytes each, where a set of ints takes 60 to 140."""

    FULL = 2 / 3

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * 1024))  # 0 is an empty slot
        self._used = 0

    def bytes_held(self) -> int:
        """Memory that the table takes, in bytes."""
        return self._slots.itemsize * len(self._slots)

    def __len__(self) -> int:
        return self._used

    def __contains__(self, value: int) -> bool:
        return self._slots[self._place(value)] != 0

    def add(self, value: int) -> None:
        """Remember one."""
        place = self._place(value)
        if self._slots[place]:
            return
        self._slots[place] = _unsigned(value)
        self._used += 1
        if self._used > self.FULL * len(self._slots):
            self._grow()

    def _place(self, value: int) -> int:
        """Slot of a value, or the empty one where it would go."""
        slots, last = self._slots, len(self._slots) - 1
        sought = _unsigned(value)
        place = (sought ^ sought >> 32) & last
        while slots[place] and slots[place] != sought:
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        old = self._slots
        self._slots = array("Q", bytes(16 * len(old)))
        for value in old:
            if value:
                self._slots[self._place(value)] = value


def _unsigned(value: int) -> int:
    return value & 0xFFFF_FFFF_FFFF_FFFF or 1


class SeenCaptions:
    """Remembers captions by their hashes alone, some 100 bytes each, so that half a million fit in 150 MB.

    Each look costs time in proportion to the caption's words, not to what was seen. In one of a million dumps of that
    size two captions share a hash by chance.
    """

    def __init__(self) -> None:
        self._hashes = HashTable()

    def bytes_held(self) -> int:
        """Memory that the hashes take, in bytes."""
        return self._hashes.bytes_held()

    def add_exact(self, text: str) -> bool:
        """Remember a caption; whether this very text was seen before."""
        key = hash(("text", text))
        seen = key in self._hashes
        self._hashes.add(key)
        return seen

    def add_near(self, text: str) -> bool:
        """Remember a caption; whether one of nearly the same wording was seen before."""
        keys = [hash(key) for key in _keys(text)]
        seen = any(key in self._hashes for key in keys)
        if not seen:
            for key in keys:
                self._hashes.add(key)
        return seen


def _keys(text: str) -> list[tuple[object, ...]]:
    words = tuple(STRETCHED.sub(r"\1", word) for word in WORD.findall(text.casefold()))
    if not words:
        return [("emojis", *sorted(set(graphemes.emojis(text))))]
    if len(words) < FEWEST_WORDS:
        return [("words", words)]
    return [("words", words)] + [("gap", words[:i], words[i + 1 :]) for i in range(len(words))]
