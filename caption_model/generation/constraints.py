"""Constrained decoding: a word that makes a caption unacceptable is taken back as soon as it is written.

Whole samples filtered by the same rules leave few, and those the shortest: each word is one more chance to go wrong.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

import numpy as np
import regex

from caption_model.generation.beginning import Beginning, typed_part, unattested
from caption_model.generation.reranking import Reranker, repeats_itself
from caption_model.text import graphemes
from caption_model.text.controls import Controls
from caption_model.text.lexicon import words
from caption_model.text.mentioned_topics import mentioned_in_post
from caption_model.text.topics import topics as topics_table
from caption_model.text.vocabulary import END, GraphemeVocabulary

IN_WORDS = regex.compile(r"[\p{L}\p{M}\p{N}'’-]+")
ABSENT_BELOW = 0.2  # probability below which a topic may not be mentioned
CACHED_TEXTS = 1 << 16
NOTHING = Beginning()


class CaptionRules:
    """The rules that captions in the making have to keep, whatever the photo.

    Attributes:
        checkpoints: bool (V,), the symbols behind which a caption is checked: those that end a word.
        emojis: bool (V,), the symbols that are emojis.
        behind_emojis: bool (V,), those that may follow an emoji: blanks, emojis and the end.
        attested: ``(text, ended, beginning)`` → whether people write so, as far as the text goes; answers are cached.
    """

    def __init__(self, vocabulary: GraphemeVocabulary, reranker: Reranker) -> None:
        self._symbols = vocabulary.symbols
        self._reranker = reranker
        self.emojis = np.array([graphemes.is_emoji(symbol) for symbol in vocabulary.symbols])
        self.checkpoints = self.emojis | [IN_WORDS.fullmatch(symbol) is None for symbol in vocabulary.symbols]
        self.behind_emojis = self.emojis | [symbol.isspace() for symbol in vocabulary.symbols]
        self.behind_emojis[END] = True
        self.attested = lru_cache(CACHED_TEXTS)(self._attested)

    def constraint(
        self,
        controls: Controls,
        topics: Sequence[Mapping[str, float] | None],
        rows: int,
        beginning: Beginning = NOTHING,
        strict: bool = True,
    ) -> "CaptionConstraint":
        """The constraint on ``rows`` captions of each photo, whose topics have these probabilities, if known.

        Behind a beginning it judges what is added, and no symbol of the beginning is shown to it. One that is not
        ``strict`` asks only that nothing sticks to an emoji and that nothing is named that the photo refutes.
        """
        return CaptionConstraint(self, controls, topics, rows, beginning, strict)

    def text(self, symbols: Sequence[int]) -> str:
        """The text written so far, without the end."""
        return "".join([self._symbols[symbol] for symbol in symbols if symbol != END])

    def joins(self, beginning: Beginning, added: str) -> bool:
        """Whether a text may follow the beginning: see ``Beginning.joins``."""
        return beginning.joins(added, self._reranker.lexicon)

    def _attested(self, text: str, ended: bool, beginning: str = "") -> bool:
        reranker = self._reranker
        added = text[len(typed_part(text, beginning)) :]
        return (
            all(map(reranker.lexicon.knows, words(added)[-1:]))
            and not repeats_itself(text, beginning)
            and unattested(reranker.word_ngrams, text, beginning, ended, words_by=reranker.word_ngrams) == 0
            and unattested(reranker.class_ngrams, text, beginning, ended, words_by=reranker.word_ngrams) == 0
        )

    def complete(self, text: str, controls: Controls, beginning: str = "") -> bool:
        """Whether a finished caption may be shown, as far as can be told quickly."""
        return self._reranker.plausible(text, controls, beginning)


class CaptionConstraint:
    """The rules applied to the captions of some photos; see ``sampling.Constraint``."""

    def __init__(
        self,
        rules: CaptionRules,
        controls: Controls,
        topics: Sequence[Mapping[str, float] | None],
        rows: int,
        beginning: Beginning = NOTHING,
        strict: bool = True,
    ) -> None:
        self.checkpoints = rules.checkpoints
        self._rules, self._controls, self._rows = rules, controls, rows
        self._beginning, self._strict = beginning, strict
        self._absent = [
            frozenset(topic for topic, p in (known or {}).items() if p < ABSENT_BELOW)
            - {controls.subject, *mentioned_in_post(beginning.text, known or ())}
            for known in topics
        ]
        self._refuted = [_only_of(absent, known or {}) for absent, known in zip(self._absent, topics, strict=True)]
        self._answers: dict[tuple[int, ...], bool] = {}  # of a photo, and of symbols: many captions begin alike

    def __call__(self, row: int, symbols: Sequence[int]) -> bool:
        """Whether a row's caption is allowed so far."""
        asked = (row // self._rows, *symbols)
        answer = self._answers.get(asked)
        if answer is None:
            answer = self._answers[asked] = self._allows(row // self._rows, symbols)
        return answer

    def _allows(self, photo: int, symbols: Sequence[int]) -> bool:
        ended = symbols[-1] == END
        added, begun = self._rules.text(symbols), self._beginning.text
        text = begun + added
        if self._sticks(symbols) or not self._rules.joins(self._beginning, added):
            return False
        if self._strict and not self._rules.attested(text, ended, begun):
            return False
        if mentioned_in_post(text, self._absent[photo]):
            return False
        if (
            self._rules.emojis[symbols[-1]]
            and graphemes.without_tone(self._rules.text(symbols[-1:])) in self._refuted[photo]
        ):
            return False
        return not (ended and self._strict) or self._rules.complete(text.strip(), self._controls, begun)

    def _sticks(self, symbols: Sequence[int]) -> bool:
        """Whether the last word, sign or end sticks to an emoji; all before it was checked already."""
        rules, place = self._rules, len(symbols) - 1
        while place > 0 and not rules.checkpoints[symbols[place - 1]]:
            place -= 1
        behind = rules.emojis[symbols[place - 1]] if place else self._beginning.ends_in_emoji
        return bool(behind and not rules.behind_emojis[symbols[place]])


def _only_of(absent: Collection[str | None], known: Collection[str]) -> frozenset[str]:
    """Emojis of the whole table that name, among the topics known of a photo, only such as are absent."""
    table = topics_table()
    present = [table[name].words.emojis for name in known if name in table and name not in absent]
    refuted = [table[name].words.emojis for name in absent if name is not None and name in table]
    return frozenset[str]().union(*refuted).difference(*present)
