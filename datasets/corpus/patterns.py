"""Patterns: captions with alternatives in brackets, each of whose expansions is a caption of its own.

``(Slow|Lazy) mornings with (coffee|a full cup)( ☕|)`` stands for eight captions. Brackets may be nested.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from caption_model.errors import DumpError

Item = TypeVar("Item")

OPENING, BETWEEN, CLOSING = "(", "|", ")"


@dataclass(frozen=True)
class Alternatives:
    """One of several sequences of texts and further alternatives."""

    sequences: Sequence[Sequence["str | Alternatives"]]

    def __len__(self) -> int:
        """How many expansions there are."""
        return sum(math.prod(1 if isinstance(p, str) else len(p) for p in parts) for parts in self.sequences)

    def expansions(self) -> Iterator[str]:
        """All expansions, in the order in which they are written."""
        for parts in self.sequences:
            texts = [""]
            for part in parts:
                ends = [part] if isinstance(part, str) else list(part.expansions())
                texts = [text + end for text in texts for end in ends]
            yield from texts


def parse(pattern: str) -> Alternatives:
    """Read a pattern.

    Raises:
        DumpError: a bracket is not closed or not opened, or ``|`` stands outside brackets.
    """
    open_lists: list[list[list[str | Alternatives]]] = [[[]]]
    text = ""
    for symbol in [*pattern, ""]:
        if symbol not in (OPENING, BETWEEN, CLOSING, ""):
            text += symbol
            continue
        if text:
            open_lists[-1][-1].append(text)
            text = ""
        if symbol == OPENING:
            open_lists.append([[]])
        elif symbol and len(open_lists) == 1:
            raise DumpError(f"{symbol} stands outside brackets in the pattern {pattern!r}.")
        elif symbol == BETWEEN:
            open_lists[-1].append([])
        elif symbol == CLOSING:
            closed = Alternatives(open_lists.pop())
            open_lists[-1][-1].append(closed)
    if len(open_lists) > 1:
        raise DumpError(f"a bracket is not closed in the pattern {pattern!r}.")
    return Alternatives(open_lists[0])


def sample(pattern: str, most: int, share: float = 1.0) -> list[str]:
    """Some expansions of a pattern, always the same ones: at most so many, and no more than a share of all, but one.

    Raises:
        DumpError: the pattern cannot be read.
    """
    every = list(dict.fromkeys(parse(pattern).expansions()))
    return sample_of(pattern, every, min(most, max(1, int(share * len(every)))))


def sample_of(text: str, items: Sequence[Item], most: int) -> list[Item]:
    """At most so many of the items, decided by a text: always the same ones."""
    random = Random(hashlib.sha256(text.encode()).digest())
    return random.sample(items, min(most, len(items)))
