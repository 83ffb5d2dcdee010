"""Reranking: from many sampled captions to the few worth showing by filters, a weighted score, and diversity."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log1p

import regex

from caption_model.generation.beginning import adds_something, fulfils, typed_part, unattested
from caption_model.generation.caption import CERTAIN, Caption
from caption_model.text import graphemes
from caption_model.text.class_ngrams import Constructions
from caption_model.text.controls import MAX_GRAPHEMES, Controls
from caption_model.text.lexicon import LETTERS, Fingerprints, Lexicon, words
from caption_model.text.word_ngrams import Phrases
from datasets.cleaning import Cleaner

MOST_SURPRISAL = 25.0  # nats beyond which a caption is no longer particular, only odd
FEW = 8  # captions among which the first is chosen
ARTICLES = frozenset({"a", "an", "the"})
# What people say of the world: that something is the most of its kind in it, or nothing, or all.
SUPERLATIVE = regex.compile(r"\p{L}+est|most|worst|favou?rites?|fav|only|all|no|nothing|any\p{L}*|every\p{L}*|without")
ECHO = regex.compile(r"\b(\p{L}{3,}) (?:in|of|at|on|off|with|for) (?:the|a|an|my) (?:\p{L}+ )?\1\b")
OUTER = regex.compile(r"^[^\p{L}\p{N}]+")
FEWEST_WORDS = 2  # a lone emoji or word fits every photo


@dataclass(frozen=True)
class RerankingWeights:
    """Weights of the score: what a caption gains or loses for each of its properties.

    Attributes:
        surprisal: for each nat of -log p(caption | photo): among captions that hold together and fit, the likeliest is
            the one that comes under every other photo, too.
        first_surprisal: the same once more where the first of the chosen captions is decided.
        first_faults: factor on the losses below, subtracted once more where the first is decided.
        mutual_information: for each nat of log p(caption | photo) - log p(caption), where both are known (Li et al.
            2016). With a critic ``fit`` does the same, as its contrast estimates mutual information (van den Oord et
            al. 2018).
        realness: for each nat of the critic's log-probability that people wrote the caption.
        fit: for the critic's logit that caption and photo belong together.
        grounding: if the photo certainly shows the topics that the caption mentions.
        hallucination: lost for each topic that the photo certainly does not show.
        unattested_words: lost for each run of words that nobody wrote; so large that a caption without comes first.
        unattested_classes: lost for each run of word classes that nobody wrote.
        empty: lost if the caption says nothing: see ``says_nothing``.
        diversity: lost for likeness 1 to a caption chosen before; 0 ranks by score alone.
    """

    surprisal: float = 0.0
    first_surprisal: float = 0.0
    first_faults: float = 1.0
    mutual_information: float = 0.1
    realness: float = 0.8
    fit: float = 1.6
    grounding: float = 1.0
    hallucination: float = 4.0
    unattested_words: float = 3.0
    unattested_classes: float = 2.0
    empty: float = 2.0
    diversity: float = 2.0


@dataclass(frozen=True)
class Reranker:
    """Chooses captions among samples.

    Attributes:
        lexicon: every word must be known to it.
        word_ngrams: runs of words that people wrote.
        class_ngrams: runs of word classes that people wrote.
        fingerprints: training captions; none is repeated.
        cleaner: what it would change or drop is not shown: tags, links, adverts, names, slurs.
        weights: of the score.
    """

    lexicon: Lexicon
    word_ngrams: Phrases
    class_ngrams: Constructions
    fingerprints: Fingerprints
    cleaner: Cleaner
    weights: RerankingWeights = RerankingWeights()

    def choose(self, candidates: Sequence[Caption], n: int, controls: Controls) -> list[Caption]:
        """At most ``n`` captions, made diverse by maximal marginal relevance (Carbonell & Goldstein 1998).

        The first is the one of the best few that is most particular to this photo and sound; the others follow, best
        first. The order of the candidates does not matter.
        """
        weights = self.weights
        scored = ((one, self.merit(one), self.faults(one)) for one in candidates)
        best_last = sorted(
            ((merit - faults, one.text, one.conditional_logp, faults, one) for one, merit, faults in scored),
            key=lambda entry: entry[:4],
        )
        # Captions that differ in punctuation, emojis or case alone wait in a pile behind the best of them.
        piles: dict[str, dict[str, float]] = {}
        first_scores: dict[str, tuple[float, str]] = {}
        captions: dict[str, Caption] = {}
        for score, text, logp, faults, one in best_last:
            pile = piles.setdefault(_letters(text), {})
            pile.pop(text, None)
            pile[text] = score
            particular = weights.first_surprisal * min(-logp, MOST_SURPRISAL)
            first_scores[text] = (score + particular - weights.first_faults * faults, text)
            captions[text] = one
        begun = next((one.beginning for one in captions.values()), "")
        left = {letters: entry for letters, pile in piles.items() if (entry := self._top(pile, controls, begun))}
        chosen: dict[str, set[str]] = {}
        wanted = max(n, FEW)
        while left and len(chosen) < wanted:

            def marginal(letters: str) -> tuple[float, str]:
                text, score, grams = left[letters]
                alike = max((likeness(grams, other) for other in chosen.values()), default=0.0)
                return score - weights.diversity * alike, text

            best = max(left, key=marginal)
            text, _, grams = left.pop(best)
            if self.clean(text, begun):
                chosen[text] = grams
            else:
                del piles[best][text]
                if entry := self._top(piles[best], controls, begun):
                    left[best] = entry
        first = max(list(chosen)[:FEW], key=first_scores.__getitem__, default=None)
        return [captions[text] for text in sorted(chosen, key=lambda text: text != first)[:n]]

    def _top(self, pile: dict[str, float], controls: Controls, begun: str) -> tuple[str, float, set[str]] | None:
        """The best of a pile (best last) that is ``plausible``: text, score and trigrams of what was added."""
        while pile:
            text = next(reversed(pile))
            if self.plausible(text, controls, begun):
                return text, pile[text], trigrams(text.removeprefix(begun))
            del pile[text]
        return None

    def acceptable(self, text: str, controls: Controls, beginning: str = "") -> bool:
        """Whether a caption may be shown at all; its beginning, if a person typed one, is not judged."""
        return self.plausible(text, controls, beginning) and self.clean(text, beginning)

    def plausible(self, text: str, controls: Controls, beginning: str = "") -> bool:
        """Whether a caption may be shown, as far as can be told without the cleaner."""
        return (
            graphemes.length(text) <= MAX_GRAPHEMES
            and len(words(text)) >= FEWEST_WORDS
            and fulfils(text, controls, beginning)
            and adds_something(text, beginning)
            and not repeats_itself(text, beginning)
            and self.lexicon.validity(text[len(typed_part(text, beginning)) :]) == 1.0
            and text not in self.fingerprints
        )

    def clean(self, text: str, beginning: str = "") -> bool:
        """Whether the cleaner finds nothing to change; by far the slowest check, so made on chosen captions alone.

        Behind a beginning it is asked about the added words alone where it finds fault with the whole: a name that was
        typed shows as a name only in company.
        """
        if self.cleaner.clean(text).text == text:
            return True
        if not beginning:
            return False
        added = OUTER.sub("", text[len(typed_part(text, beginning)) :])
        return self.cleaner.clean(added).text == added

    def score(self, caption: Caption) -> float:
        """Merit less faults."""
        return self.merit(caption) - self.faults(caption)

    def merit(self, caption: Caption) -> float:
        """Weighted surprisal, mutual information, the critic's logits, and grounding."""
        weights = self.weights
        said = weights.surprisal * min(-caption.conditional_logp, MOST_SURPRISAL)
        if caption.unconditional_logp is not None:
            said += weights.mutual_information * (caption.conditional_logp - caption.unconditional_logp)
        judged = weights.fit * caption.fit_logit - weights.realness * log1p(exp(min(-caption.real_logit, CERTAIN)))
        return said + judged + weights.grounding * caption.grounded

    def faults(self, caption: Caption) -> float:
        """Weighted unattested runs, emptiness, and hallucination."""
        weights = self.weights
        clumsy = weights.unattested_words * unattested(
            self.word_ngrams, caption.text, caption.beginning, words_by=self.word_ngrams
        )
        clumsy += weights.unattested_classes * unattested(
            self.class_ngrams, caption.text, caption.beginning, words_by=self.word_ngrams
        )
        clumsy += weights.empty * says_nothing(caption.text)
        return clumsy + weights.hallucination * caption.hallucinated


def repeats_itself(text: str, beginning: str = "") -> bool:
    """Whether a word follows itself, or a pair of words comes twice, but for what the beginning repeats itself."""
    pairs = list(pairwise(words(text)))
    typed = max(0, len(words(typed_part(text, beginning))) - 1)  # pairs that are the person's alone
    before, added = set(pairs[:typed]), pairs[typed:]
    return any(a == b for a, b in added) or len(set(added) - before) < len(added)


def says_nothing(text: str) -> bool:
    """Whether a caption is an article and a word, places a thing in itself ("snow in the snow"), or in the world.

    "In the world" is fine for a superlative. Three in a thousand of 110,000 captions that people wrote say nothing in
    this sense; a cautious decoder writes such captions again and again.
    """
    said = words(text)
    line = f" {' '.join(said)} "
    bare = len(said) == 2 and said[0] in ARTICLES
    worldly = " in the world " in line and not any(map(SUPERLATIVE.fullmatch, said))
    return bare or worldly or ECHO.search(line) is not None


def trigrams(text: str) -> set[str]:
    """Runs of three graphemes of the lower-case text, with a blank at either end."""
    symbols = [" ", *graphemes.split(text.lower()), " "]
    return {"".join(symbols[i : i + 3]) for i in range(len(symbols) - 2)}


def likeness(one: set[str], other: set[str]) -> float:
    """Jaccard index of two sets of trigrams, 1 for two empty ones."""
    return len(one & other) / len(one | other) if one | other else 1.0


def _letters(text: str) -> str:
    return LETTERS.sub("", text.casefold()) or text
