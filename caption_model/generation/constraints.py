"""Reading along while captions are written: a word that nobody would have put there is taken back at once.

Asked of whole samples, the same questions leave few, and those the shortest: each word is one more chance to go wrong.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import regex

from caption_model.generation.reranking import Ranker, stutters
from caption_model.text.controls import Controls
from caption_model.text.lexicon import words
from caption_model.text.mentioned_topics import claimed
from caption_model.text.vocabulary import END, GraphemeVocabulary

IN_WORDS = regex.compile(r"[\p{L}\p{M}\p{N}'’-]+")
UNLIKELY = 0.2  # chance below which a thing may not be named
REMEMBERED = 1 << 16  # texts


class Proofreader:
    """Reads captions in the making for the sampler.

    Attributes:
        stops: bool (V,), symbols that end a word.
        sound: whether people write a text so, as far as it goes, ``ended`` or not; what was asked is remembered.
    """

    def __init__(self, vocabulary: GraphemeVocabulary, ranker: Ranker) -> None:
        self._symbols = vocabulary.symbols
        self._ranker = ranker
        self.stops = np.array([IN_WORDS.fullmatch(symbol) is None for symbol in vocabulary.symbols])
        self.sound = lru_cache(REMEMBERED)(self._read)

    def reader(self, controls: Controls, chances: Sequence[Mapping[str, float] | None], rows: int) -> "Reader":
        """Who reads ``rows`` captions of each photo, the chances of things in it known or not."""
        return Reader(self, controls, chances, rows)

    def text(self, symbols: Sequence[int]) -> str:
        """What stands there so far, without the end."""
        return "".join([self._symbols[symbol] for symbol in symbols if symbol != END])

    def _read(self, text: str, ended: bool) -> bool:
        """Whether people write so, as far as it goes."""
        ranker = self._ranker
        return (
            all(map(ranker.lexicon.knows, words(text)[-1:]))
            and not stutters(text)
            and ranker.phrases.unknown(text, ended) == 0
            and ranker.constructions.unknown(text, ended) == 0
        )

    def finished(self, text: str, controls: Controls) -> bool:
        """Whether a whole caption may be shown, as far as can be told at once."""
        return self._ranker.plausible(text, controls)


class Reader:
    """A proofreader at work on the captions of some photos; see ``sampling.Proof``."""

    def __init__(
        self,
        proofreader: Proofreader,
        controls: Controls,
        chances: Sequence[Mapping[str, float] | None],
        rows: int,
    ) -> None:
        self.stops = proofreader.stops
        self._proofreader, self._controls, self._rows = proofreader, controls, rows
        self._absent = [
            frozenset(thing for thing, chance in (known or {}).items() if chance < UNLIKELY) - {controls.about}
            for known in chances
        ]

    def __call__(self, row: int, symbols: Sequence[int]) -> bool:
        """Whether a row's caption may stand so far."""
        ended = symbols[-1] == END
        text = self._proofreader.text(symbols)
        if not self._proofreader.sound(text, ended) or claimed(text) & self._absent[row // self._rows]:
            return False
        return not ended or self._proofreader.finished(text.strip(), self._controls)
