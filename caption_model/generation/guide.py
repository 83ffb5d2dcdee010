"""A guide for decoding: the symbols that keep a caption on runs of five tokens that people wrote under such photos.

Taking back words that nobody would write (``constraints``) wastes most of what is drawn; where each next symbol is
drawn only among those that lead to an attested word, nearly every sample stands. The decoder says how likely each way
is, the runs say which ways there are: constrained decoding with a trie (De Cao et al. 2021) whose root changes word by
word.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from caption_model.text import graphemes
from caption_model.text.continuations import EDGE, Continuations, Tokens, pushed
from caption_model.text.vocabulary import END, GraphemeVocabulary

IN_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]+")
JOINTS = frozenset("'’-")  # stand inside words
SPACED = frozenset("&+-–—")  # signs with a blank before them, too
CACHED_CONTEXTS = 1 << 13


class Place(NamedTuple):
    """Where a caption stands.

    Attributes:
        context: the last tokens.
        partial: the word that is being written, in lower case.
        behind: the kind of the last symbol: "start", "word", "sign", "blank" or "emoji".
        over: whether an emoji has ended the words.
        small: whether the caption began with a small letter, and so may write "i".
    """

    context: Tokens = (EDGE,)
    partial: str = ""
    behind: str = "start"
    over: bool = False
    small: bool = False


class RowGuide:
    """The ways of ``rows`` captions of each of several photos, a guide a photo, as ``prefix_tree.Ways``."""

    def __init__(self, guides: Sequence["TopicGuide"], rows: int, beginning: str = "") -> None:
        self._guides, self._rows = guides, rows
        self._begun = guides[0].begin(beginning) if guides else Place()

    def group(self, row: int) -> int:
        """The number of the row's photo."""
        return row // self._rows

    def begin(self, row: int) -> Place:
        """The place behind the beginning."""
        return self._begun

    def moved(self, place: Place, symbol: int) -> Place:
        """The place behind one more symbol."""
        return self._guides[0].moved(place, symbol)

    def allowed(self, row: int, place: Place) -> NDArray[np.bool_] | None:
        """Which symbols may follow, bool (V,); ``None`` for all."""
        return self._guides[row // self._rows].allowed(place)


class Branch(NamedTuple):
    """Words that begin alike: the letters that follow, and whether one of the words ends here."""

    letters: frozenset[str]
    whole: bool


class Guide:
    """Attested ways for the captions of one vocabulary."""

    def __init__(self, vocabulary: GraphemeVocabulary, continuations: Continuations) -> None:
        self.symbols = [symbol.replace("’", "'") for symbol in vocabulary.symbols]
        self.kinds = [_kind(symbol) for symbol in vocabulary.symbols]
        self.numbers: dict[str, list[int]] = {}
        for number, symbol in enumerate(self.symbols):
            self.numbers.setdefault(symbol, []).append(number)
        self.emojis = np.array([kind == "emoji" for kind in self.kinds])
        self.blanks = np.array([symbol == " " for symbol in vocabulary.symbols])
        self.after = lru_cache(CACHED_CONTEXTS)(continuations.after)

    def among(self, topics: Collection[str] | None) -> "TopicGuide":
        """The ways of captions that may stand under a photo of these topics; ``None``: of all captions."""
        return TopicGuide(self, None if topics is None else frozenset(topics))


class TopicGuide:
    """The ways that fit one photo. What it found out is remembered as long as the photo is written about."""

    def __init__(self, guide: Guide, topics: frozenset[str] | None) -> None:
        self._guide, self._topics = guide, topics
        # Plain mappings: a cache around a method would hold the guide, and with it masks of megabytes, past its time.
        self._masks: dict[Place, NDArray[np.bool_] | None] = {}
        self._following: dict[Tokens, frozenset[str] | None] = {}
        self._branching: dict[Tokens, dict[str, Branch]] = {}

    def begin(self, beginning: str = "") -> Place:
        """The place behind a text."""
        place = Place()
        for symbol in graphemes.split(beginning):
            place = _moved(place, symbol.replace("’", "'"), _kind(symbol))
        return place

    def moved(self, place: Place, symbol: int) -> Place:
        """The place behind one more symbol."""
        return _moved(place, self._guide.symbols[symbol], self._guide.kinds[symbol])

    def allowed(self, place: Place) -> NDArray[np.bool_] | None:
        """Which symbols may follow, bool (V,); ``None`` where nobody came so far, and anything may follow."""
        if place not in self._masks:
            self._masks[place] = self._allowed(place)
        return self._masks[place]

    def _allowed(self, place: Place) -> NDArray[np.bool_] | None:
        guide = self._guide
        allowed = np.zeros(len(guide.symbols), np.bool_)
        if place.over:
            allowed[END] = place.behind == "emoji"
            return allowed | guide.emojis | (guide.blanks & (place.behind == "emoji"))
        context = place.context
        if place.partial:
            branch = self._branches(context).get(place.partial)
            if branch is None:  # a beginning that a person typed
                return None
            self._allow(allowed, branch.letters)
            if not branch.whole:
                return allowed
            context = pushed(context, place.partial)
        following = self._after(context)
        if following is None:
            return None
        if place.behind in ("start", "blank"):
            letters = self._branches(context)[""].letters
            self._allow(allowed, letters)
            if place.behind == "start":
                self._allow(allowed, {letter.upper() for letter in letters})
            elif place.small and "I" in letters:
                self._allow(allowed, "i")
            if place.behind == "blank":
                self._allow(allowed, SPACED.intersection(following))
                if EDGE in following:
                    allowed |= guide.emojis
            return allowed
        if any(token == EDGE or _is_word(token) for token in following):
            allowed |= guide.blanks
        allowed[END] = EDGE in following
        self._allow(allowed, [token for token in following if token and not _is_word(token)])
        return allowed

    def _allow(self, allowed: NDArray[np.bool_], symbols: Collection[str]) -> None:
        for symbol in symbols:
            allowed[self._guide.numbers.get(symbol, ())] = True

    def _after(self, context: Tokens) -> frozenset[str] | None:
        if context not in self._following:
            self._following[context] = self._fitting(context)
        return self._following[context]

    def _branches(self, context: Tokens) -> dict[str, Branch]:
        if context not in self._branching:
            self._branching[context] = self._make_branches(context)
        return self._branching[context]

    def _fitting(self, context: Tokens) -> frozenset[str] | None:
        """Tokens that may follow a context under this photo; ``None`` where nobody wrote the context."""
        following = self._guide.after(context)
        if not following:
            return None
        topics = self._topics
        return frozenset(one.token for one in following if topics is None or not one.topics or one.topics & topics)

    def _make_branches(self, context: Tokens) -> dict[str, Branch]:
        """Every beginning of the words that may follow a context."""
        letters: dict[str, set[str]] = {"": set()}
        whole: set[str] = set()
        for token in self._after(context) or ():
            if not _is_word(token):
                continue
            before = ""
            for symbol in graphemes.split(token):
                letters.setdefault(before, set()).add(symbol)
                before += symbol.lower()
            letters.setdefault(before, set())
            whole.add(before)
        return {begun: Branch(frozenset(several), begun in whole) for begun, several in letters.items()}


def _kind(symbol: str) -> str:
    if graphemes.is_emoji(symbol):
        return "emoji"
    if symbol.isspace():
        return "blank"
    return "word" if IN_WORD.fullmatch(symbol) else "joint" if symbol in JOINTS else "sign"


def _moved(place: Place, symbol: str, kind: str) -> Place:
    if kind == "emoji":
        return place._replace(context=(EDGE,), partial="", behind="emoji", over=True)
    if place.over and kind == "blank":
        return place._replace(behind="blank")
    if kind == "word" or (kind == "joint" and place.partial):
        small = place.small or (place == Place() and symbol.islower())
        return Place(place.context, place.partial + symbol.lower(), "word", False, small)
    context = pushed(place.context, place.partial) if place.partial else place.context
    if kind == "blank":
        return Place(context, "", "blank" if context != (EDGE,) else "start", False, place.small)
    return Place(pushed(context, symbol), "", "sign", False, place.small)


def _is_word(token: str) -> bool:
    return IN_WORD.match(token) is not None
