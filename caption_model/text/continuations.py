"""Which words people wrote behind which four: the ways that a caption in the making may go on.

A small decoder loses its thread; along runs of five tokens that somebody wrote it keeps it, and what it pieces together
from them is mostly nobody's (the support of a back-off n-gram model, Katz 1987). Tokens are words and signs; an emoji
ends a run, as the end does.
"""

import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np
import regex
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from caption_model.text import graphemes

EDGE = ""  # stands for the beginning and the end
CONTEXT = 4  # tokens
TOKEN = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*|[^\s\p{L}\p{M}\p{N}]")
FIRST_PERSON = regex.compile(r"^[iI](?=$|')")
MOST = 1 << 16  # different tokens, and sets of topics
MOST_BYTES = 64 << 20
Tokens = tuple[str, ...]
Topics = frozenset[str]
ANY: Topics = frozenset()
Found = defaultdict[int, dict[str, Topics]]
T = TypeVar("T", bound=Hashable)


def pushed(context: Tokens, token: str) -> Tokens:
    """The context behind one more token; case plays no part in it."""
    return (*context, token.lower())[-CONTEXT:]


def tokens_of(text: str) -> list[str]:
    """Words and signs of a text, apostrophes straight, "I" a capital; the first one begins with a small letter."""
    found = [FIRST_PERSON.sub("I", token.replace("’", "'")) for token in TOKEN.findall(text)]
    if found and not FIRST_PERSON.match(found[0]):
        found[0] = found[0][:1].lower() + found[0][1:]
    return found


def runs(caption: str) -> Iterator[tuple[Tokens, str]]:
    """Each token of a caption, and each end of a run, with the context before it."""
    parts = "".join("\n" if graphemes.is_emoji(symbol) else symbol for symbol in graphemes.split(caption))
    for part in parts.split("\n"):
        context: Tokens = (EDGE,)
        for token in tokens_of(part):
            yield context, token
            context = pushed(context, token)
        if context != (EDGE,):
            yield context, EDGE


class Continuation(NamedTuple):
    """A token that may follow, and the topics of the captions in which it did; none: under any photo."""

    token: str
    topics: Topics


@dataclass(frozen=True, eq=False)
class Continuations:
    """What may follow each of C contexts; N continuations in all.

    Attributes:
        tokens: each once; ``EDGE`` is the first.
        subjects: sets of topics, each once; the first is empty and stands for any.
        contexts: their hashes, uint32 (C,), rising.
        ends: int64 (C,), where each context's continuations end.
        following: numbers of tokens, uint16 (N,).
        about: numbers of subjects, uint16 (N,).
    """

    tokens: Tokens
    subjects: tuple[Topics, ...]
    contexts: NDArray[np.uint32]
    ends: NDArray[np.int64]
    following: NDArray[np.uint16]
    about: NDArray[np.uint16]

    @classmethod
    def fit(cls, captions: Iterable[tuple[str, Collection[str]]]) -> Self:
        """Collect what captions do, each given with its topics, or with none where it may stand under any photo.

        Of more than 65,536 different tokens, or sets of topics, the rarest are left out.
        """
        found: Found = defaultdict(dict)
        for caption, topics in captions:
            about = frozenset(topics)
            for context, token in runs(caption):
                _note(found[_hash(context)], token, about)
        return cls._of(found)

    @classmethod
    def _of(cls, found: Found) -> Self:
        tokens = _commonest((token for several in found.values() for token in several), EDGE, str)
        subjects = _commonest((about for several in found.values() for about in several.values()), ANY, _spelt)
        number, place = ({one: at for at, one in enumerate(several)} for several in (tokens, subjects))
        contexts = sorted(found)
        lists = [
            sorted(
                (number[token], place[about])
                for token, about in found[one].items()
                if token in number and about in place
            )
            for one in contexts
        ]
        flat = np.array([pair for one in lists for pair in one], np.uint16).reshape(-1, 2)
        ends = np.cumsum([len(one) for one in lists], dtype=np.int64)
        return cls(tokens, subjects, np.array(contexts, np.uint32), ends, flat[:, 0].copy(), flat[:, 1].copy())

    def joined(self, other: Self) -> Self:
        """What either knows."""
        found: Found = defaultdict(dict)
        for one in (self, other):
            start = 0
            for context, end in zip(one.contexts.tolist(), one.ends.tolist(), strict=True):
                for known in one._between(start, end):
                    _note(found[context], *known)
                start = end
        return self._of(found)

    def after(self, context: Tokens) -> tuple[Continuation, ...]:
        """What may follow a context, ``EDGE`` where it may end; nothing where nobody wrote it."""
        sought = _hash(context)
        place = int(np.searchsorted(self.contexts, np.uint32(sought)))
        if place == len(self.contexts) or self.contexts[place] != sought:
            return ()
        return tuple(self._between(int(self.ends[place - 1]) if place else 0, int(self.ends[place])))

    def _between(self, start: int, end: int) -> Iterator[Continuation]:
        for token, about in zip(self.following[start:end].tolist(), self.about[start:end].tolist(), strict=True):
            yield Continuation(self.tokens[token], self.subjects[about])

    def to_bytes(self) -> bytes:
        """As deflated safetensors."""
        texts = {
            "tokens": "\n".join(self.tokens),
            "subjects": "\n".join(map(_spelt, self.subjects)),
        }
        return zlib.compress(
            save(
                {
                    **{name: np.frombuffer(text.encode(), np.uint8) for name, text in texts.items() if text},
                    "contexts": np.diff(self.contexts, prepend=np.uint32(0)).astype(np.uint32),
                    "counts": np.diff(self.ends, prepend=0).astype(np.uint16),
                    "following": self.following,
                    "about": self.about,
                }
            ),
            9,
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read what ``to_bytes`` gave.

        Raises:
            ValueError: it is something else, or more than any may hold.
        """
        try:
            tensors = _tensors(content)
            tokens, subjects = ([*_lines(tensors, name)] for name in ("tokens", "subjects"))
            contexts, steps = tensors["contexts"], tensors["counts"]
            following, about = tensors["following"], tensors["about"]
        except (zlib.error, SafetensorError, KeyError, UnicodeDecodeError) as error:
            raise ValueError(f"no continuations: {error}") from error
        ends = np.cumsum(steps, dtype=np.int64)
        known = cls(
            tuple(tokens),
            tuple(frozenset(one.split()) for one in subjects),
            np.cumsum(contexts, dtype=np.uint32),
            ends,
            following,
            about,
        )
        sizes = (len(contexts) == len(ends), len(following) == len(about) == (int(ends[-1]) if len(ends) else 0))
        numbers = (following.max(initial=0) < len(tokens), about.max(initial=0) < len(subjects))
        types = all(one.dtype == np.uint16 for one in (following, about)) and contexts.dtype == np.uint32
        if not (all(sizes) and all(numbers) and types) or known.tokens[0] != EDGE or known.subjects[0] != ANY:
            raise ValueError("its continuations do not fit one another")
        return known


def _tensors(content: bytes) -> dict[str, NDArray[Any]]:
    inflating = zlib.decompressobj()
    tensors: dict[str, NDArray[Any]] = load(inflating.decompress(content, MOST_BYTES))
    return tensors


def _lines(tensors: dict[str, NDArray[Any]], name: str) -> list[str]:
    """The lines of a text; where it is empty it has no tensor."""
    return (tensors[name].tobytes().decode() if name in tensors else "").split("\n")


def _note(several: dict[str, Topics], token: str, about: Topics) -> None:
    """What follows in a caption of any photo does so anywhere; else the topics add up."""
    before = several.get(token)
    several[token] = about if before is None else before | about if before and about else ANY


def _commonest(things: Iterable[T], first: T, name: Callable[[T], str]) -> tuple[T, ...]:
    """``first``, and the others that fit two bytes, the most frequent first; those as frequent by their names."""
    counts: dict[T, int] = defaultdict(int)
    for thing in things:
        counts[thing] += 1
    counts.pop(first, None)
    ranked: list[T] = sorted(counts, key=lambda one: (-counts[one], name(one)))
    return (first, *ranked[: MOST - 1])


def _spelt(subjects: Topics) -> str:
    return " ".join(sorted(subjects))


def _hash(context: Tokens) -> int:
    return zlib.crc32("\n".join(context).encode())
