"""Sequences in the making as one tree of their prefixes, so that a decoder takes each step once.

Captions of a photo begin alike, and a word that is taken back is often drawn again letter by letter. A decoder answers
for a row alone, so what it once said behind a prefix holds for every row that comes there: the symbols drawn are the
same as if each row had been written by itself. A third of all steps are spared.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

State = tuple[Any, ...]
Places = NDArray[np.int64]
MOST_NODES = 4096  # prefixes that are remembered: of a photo and a little more, 6 kB each
FEWEST_NODES = 512


class Steps(Protocol):
    """A decoder as samplers see it."""

    def step(self, symbols: Any, state: State) -> tuple[Any, State]:
        """int32 (R,) and state → logits (R, V) and state."""


class Ways(Protocol):
    """Where each row's sequence may go, symbol by symbol; places are of any type that it chooses."""

    def group(self, row: int) -> int:
        """A number that rows with the same ways have in common."""

    def begin(self, row: int) -> Any:
        """The place before a row's first symbol."""

    def moved(self, place: Any, symbol: int) -> Any:
        """The place behind one more symbol."""

    def allowed(self, row: int, place: Any) -> NDArray[np.bool_] | None:
        """The symbols that may follow, bool (V,); ``None`` for all."""


class Outlook(NamedTuple):
    """What may follow each of N prefixes, the likeliest first.

    Attributes:
        symbols: int64 (N, K).
        nucleus: float32 (N, K), the nucleus's probabilities added up from left to right.
        last: int64 (N,), the last place that lies in the nucleus; -1 where nothing may follow.
        logp: float32 (N, K, views), log-probabilities in nats: with the photo, and perhaps without it.
    """

    symbols: NDArray[np.int64]
    nucleus: NDArray[np.float32]
    last: NDArray[np.int64]
    logp: NDArray[np.float32]


LookAhead = Callable[[NDArray[np.float32], NDArray[np.bool_] | None], Outlook]


class PrefixTree:
    """Prefixes that were met, what may follow them, and the decoder's state behind each.

    A *place* stands for a prefix: ``node * K + k`` for the ``k``-th symbol behind a node, ``-1 - root`` for a root.

    Attributes:
        roots: int64 (R,), the place where each row begins; rows whose states are the same to the bit begin at one.
        outlook: of all nodes, by their numbers.
    """

    def __init__(
        self,
        decoder: Steps,
        views: Sequence[State],
        first: int,
        look_ahead: LookAhead,
        ways: Ways | None = None,
    ) -> None:
        """Begin with states of R rows, one a view.

        ``look_ahead`` reads logits (views, N, V) and, where there are ``ways``, what is closed, bool (N, V).
        """
        self._decoder, self._first, self._look_ahead, self._ways = decoder, first, look_ahead, ways
        self._stand: list[Any] = []  # where each node is on the ways
        self._begun = [np.stack([np.asarray(part) for part in parts]) for parts in zip(*views, strict=True)]
        met: dict[tuple[int | bytes, ...], int] = {}
        rows = range(self._begun[0].shape[1])
        same = [
            met.setdefault((ways.group(row) if ways else 0, *(part[:, row].tobytes() for part in self._begun)), row)
            for row in rows
        ]
        self.roots: Places = -1 - np.array(same, np.int64)
        self._root_nodes = np.full(len(rows), -1, np.int64)
        self._count = 0
        self._states: dict[int, NDArray[Any]] = {}  # parts that steps change: (views, nodes, ·)
        self._root_of = np.zeros(FEWEST_NODES, np.int64)
        self._children = np.zeros((0, 0), np.int64)
        self.outlook = Outlook(
            self._children, self._children.astype(np.float32), self._root_of[:0], np.zeros((0, 0, 0), np.float32)
        )

    def nodes(self, places: Places) -> Places:
        """The nodes at some places (N,); where no row came before, the decoder takes a step."""
        found = self._known(places)
        missing = found < 0
        if missing.any():
            self._grow(np.unique(places[missing]))
            found = self._known(places)
        return found

    def _known(self, places: Places) -> Places:
        begins = places < 0
        if not self._count:
            return np.full(len(places), -1, np.int64)
        found = self._children.reshape(-1)[np.where(begins, 0, places)]
        return np.where(begins, self._root_nodes[np.where(begins, -1 - places, 0)], found)

    def _grow(self, places: Places) -> None:
        """Add a node for each of some different places."""
        begins, number = places < 0, len(places)
        choices = self._children.shape[1] or 1
        parents = np.where(begins, 0, places // choices)
        roots = np.where(begins, -1 - places, self._root_of[parents])
        symbols = np.full(number, self._first, np.int32)
        if not begins.all():
            symbols[~begins] = self.outlook.symbols.reshape(-1)[places[~begins]]
        state = [part[:, roots] for part in self._begun]
        for part, moved in self._states.items():
            state[part][:, ~begins] = moved[:, parents[~begins]]
        views = len(state[0])
        flat = tuple(part.reshape(views * number, *part.shape[2:]) for part in state)
        logits, after = self._decoder.step(np.tile(symbols, views), flat)
        moving = {
            part: np.asarray(new).reshape(views, number, *np.shape(new)[1:])
            for part, (old, new) in enumerate(zip(flat, after, strict=True))
            if new is not old
        }
        logits = np.asarray(logits).reshape(views, number, -1)
        closed = self._closed(self._ways, roots, parents, symbols, begins, logits.shape[-1]) if self._ways else None
        ahead = self._look_ahead(logits, closed)
        self._reserve(number, ahead, moving)
        new = np.arange(self._count, self._count + number)
        self._count += number
        tables: Sequence[NDArray[Any]] = self.outlook
        for table, rows in zip(tables, ahead, strict=True):
            table[new] = rows
        for part, rows in moving.items():
            self._states[part][:, new] = rows
        self._root_of[new] = roots
        self._children[new] = -1
        self._children.reshape(-1)[places[~begins]] = new[~begins]
        self._root_nodes[-1 - places[begins]] = new[begins]

    def _closed(
        self,
        ways: Ways,
        roots: Places,
        parents: Places,
        symbols: NDArray[np.int32],
        begins: NDArray[np.bool_],
        size: int,
    ) -> NDArray[np.bool_]:
        """Walk on to new nodes; returns what may not follow them, bool (N, size)."""
        closed = np.zeros((len(roots), size), np.bool_)
        new = zip(roots.tolist(), parents.tolist(), symbols.tolist(), begins.tolist(), strict=True)
        stand = [
            ways.begin(root) if begin else ways.moved(self._stand[parent], symbol)
            for root, parent, symbol, begin in new
        ]
        for row, (root, place) in enumerate(zip(roots.tolist(), stand, strict=True)):
            allowed = ways.allowed(root, place)
            if allowed is not None:
                np.logical_not(allowed, out=closed[row])
        self._stand += stand
        return closed

    def _reserve(self, number: int, ahead: Outlook, moving: dict[int, NDArray[Any]]) -> None:
        """Make room for so many more nodes."""
        if not self._children.shape[1]:
            self.outlook = Outlook(*(np.zeros((0, *table.shape[1:]), table.dtype) for table in ahead))
            self._children = np.zeros((0, ahead.symbols.shape[1]), np.int64)
            self._states = {part: rows[:, :0] for part, rows in moving.items()}
        room = len(self._children)
        if self._count + number <= room:
            return
        more = max(FEWEST_NODES, room, number)
        self.outlook = Outlook(*(_longer(table, more) for table in self.outlook))
        self._children = _longer(self._children, more)
        self._root_of = _longer(self._root_of, more)
        self._states = {part: _longer(rows, more, axis=1) for part, rows in self._states.items()}

    def is_full(self, more: int) -> bool:
        """Whether it is time to forget, as there is no room for so many more nodes."""
        return self._count > 0 and self._count + more > MOST_NODES

    def forget(self, *several: Places) -> list[Places]:
        """Forget all nodes but those behind which some places lie; returns the places by their new names."""
        asked = np.concatenate(several)
        choices = self._children.shape[1]
        needed = np.unique(asked[asked >= 0] // choices)
        names = np.full(max(1, self._count), -1, np.int64)
        names[needed] = np.arange(len(needed))
        self._count = len(needed)
        self._stand = [self._stand[node] for node in needed.tolist()] if self._ways else []
        for table in (*self.outlook, self._root_of):
            table[: self._count] = table[needed]
        for rows in self._states.values():
            rows[:, : self._count] = rows[:, needed]
        self._children[: self._count] = -1
        self._root_nodes[:] = -1
        return [
            np.where(places < 0, places, names[np.maximum(places, 0) // choices] * choices + places % choices)
            for places in several
        ]


def _longer(table: NDArray[Any], more: int, axis: int = 0) -> NDArray[Any]:
    """A table with more rows, of which nothing is known yet."""
    shape = list(table.shape)
    shape[axis] += more
    longer = np.empty(shape, table.dtype)  # the system gives no memory for what nobody writes
    longer[(slice(None),) * axis + (slice(table.shape[axis]),)] = table
    return longer
