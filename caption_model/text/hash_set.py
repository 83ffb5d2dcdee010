"""A set of texts that is known by its hashes alone: enough to recognise one, too little to give one back."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


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
        """Read what ``to_bytes`` gave."""
        planes = np.frombuffer(zlib.decompress(content), np.uint8).reshape(4, -1)
        steps = np.ascontiguousarray(planes.T).view("<u4")[:, 0]
        return cls(np.cumsum(steps, dtype=np.uint32))

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
