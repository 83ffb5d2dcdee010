"""A set of texts that is known by its hashes alone: enough to recognise one, too little to give one back."""

import zlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

REMEMBERED = 1 << 16  # answers: a few hundred bytes each
LONGEST_REMEMBERED = 40  # words: captions have fewer
MOST_BYTES = 32 << 20  # of hashes; all runs of half a million captions take 2 MB

Asked = TypeVar("Asked", bound=Hashable)


@dataclass(frozen=True, eq=False)
class HashSet:
    """Sorted hashes, uint32, each once."""

    hashes: NDArray[np.uint32]

    @classmethod
    def of(cls, hashes: Iterable[int]) -> Self:
        """Sort them."""
        return cls(np.array(sorted(set(hashes)), np.uint32))

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what ``to_bytes`` gave.

        Raises:
            ValueError: it is something else, or more than any set may hold.
        """
        inflating = zlib.decompressobj()
        try:
            planes = inflating.decompress(content, MOST_BYTES)
        except zlib.error as error:
            raise ValueError(f"no deflated hashes: {error}") from error
        if not inflating.eof or len(planes) % 4:
            raise ValueError("its hashes are cut short, or too many")
        found = np.ascontiguousarray(np.frombuffer(planes, np.uint8).reshape(4, -1).T).view("<u4").reshape(-1)
        hashes = np.cumsum(found, dtype=np.uint64)
        if len(hashes) and (hashes[-1] >= 1 << 32 or not found[1:].all()):
            raise ValueError("its hashes are not sorted")
        return cls(hashes.astype(np.uint32))

    def to_bytes(self) -> bytes:
        """Steps from hash to hash, little-endian, first all lowest bytes, then all next ones …, deflated."""
        steps = np.diff(self.hashes, prepend=np.uint32(0)).astype("<u4")
        return zlib.compress(steps.view(np.uint8).reshape(-1, 4).T.tobytes(), 9)

    def joined(self, other: Self) -> Self:
        """What either holds."""
        return type(self)(np.union1d(self.hashes, other.hashes))

    def holds(self, asked: Sequence[int]) -> NDArray[np.bool_]:
        """Which of N hashes are in it: bool (N,)."""
        if not len(self.hashes):
            return np.zeros(len(asked), np.bool_)
        sought = np.array(asked, np.uint32)
        place = np.minimum(np.searchsorted(self.hashes, sought), len(self.hashes) - 1)
        held: NDArray[np.bool_] = self.hashes[place] == sought
        return held

    def recognises(self, asked: Sequence[Asked], hashed: Callable[[Asked], int]) -> list[bool]:
        """Whether the hash of each thing asked for is in it; answers are remembered, as the same things come often.

        Args:
            asked: things of one kind; of two kinds with other hashes none may equal one of the other.
            hashed: gives the hash of one of them.
        """
        found: list[bool | None] = list(map(self._answers.get, asked))
        if None in found:
            if len(self._answers) > REMEMBERED:
                self._answers.clear()
            fresh = [place for place, answer in enumerate(found) if answer is None]
            held = self.holds([hashed(asked[place]) for place in fresh]).tolist()
            for place, answer in zip(fresh, held, strict=True):
                found[place] = self._answers[asked[place]] = answer
        return [bool(answer) for answer in found]

    def missing(self, words: tuple[str, ...], ending: Callable[[tuple[str, ...]], list[Asked]], hashed: Any) -> int:
        """How many runs of words are not in it; behind words that were asked about before, only new ones are looked up.

        Args:
            words: of one clause.
            ending: gives the runs behind whose last word such words end.
            hashed: gives the hash of a run.
        """
        if len(words) > LONGEST_REMEMBERED:
            runs = [run for end in range(1, len(words) + 1) for run in ending(words[:end])]
            return self.recognises(runs, hashed).count(False)
        found = self._missing.get(words)
        if found is None:
            before = self.missing(words[:-1], ending, hashed) if words else 0
            found = before + self.recognises(ending(words), hashed).count(False)
            if len(self._missing) > REMEMBERED:
                self._missing.clear()
            self._missing[words] = found
        return found

    @cached_property
    def _missing(self) -> dict[tuple[str, ...], int]:
        return {}

    @cached_property
    def _answers(self) -> dict[Any, bool]:
        return {}
