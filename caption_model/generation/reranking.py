"""From many sampled captions to the few worth showing: filter, score, spread."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log1p

import regex

from caption_model.text import graphemes
from caption_model.text.class_ngrams import Constructions
from caption_model.text.controls import MAX_GRAPHEMES, Controls
from caption_model.text.lexicon import LETTERS, Fingerprints, Lexicon, words
from caption_model.text.word_ngrams import Phrases
from datasets.cleaning import Cleaner

SURELY = 30.0  # logit beyond which a verdict is no surer
SURPRISED = 25.0  # nats beyond which a caption is no more a photo's own, only odd
FEW = 8  # captions among which the first is chosen
ARTICLES = frozenset({"a", "an", "the"})
# What people say of the world: that something is the most of its kind in it, or nothing, or all.
SUPERLATIVE = regex.compile(r"\p{L}+est|most|worst|favou?rites?|fav|only|all|no|nothing|any\p{L}*|every\p{L}*|without")
ECHO = regex.compile(r"\b(\p{L}{3,}) (?:in|of|at|on|off|with|for) (?:the|a|an|my) (?:\p{L}+ )?\1\b")
FEWEST_WORDS = 2  # a lone emoji or word is no suggestion: it fits every photo


@dataclass(frozen=True)
class Candidate:
    """A sampled caption with log p(caption | photo) and, if known, log p(caption) in nats, and what judges say of it.

    Unjudged, a caption counts as written by people and as fitting neither well nor badly.

    Attributes:
        real: the critic's logit that people wrote it.
        fit: the critic's logit that it goes with the photo.
        confirmed: mean chance that the photo shows what it names; 0 where it names nothing.
        doubtful: how many of the things that it names the photo had better show and does not, as far as is known.
    """

    text: str
    seen: float
    blind: float | None = None
    real: float = SURELY
    fit: float = 0.0
    confirmed: float = 0.0
    doubtful: float = 0.0


@dataclass(frozen=True)
class Ranker:
    """Chooses suggestions.

    Attributes:
        lexicon: every word must be known to it.
        phrases: runs of words that are not known to it cost score.
        constructions: the same of runs of word classes.
        fingerprints: training captions; none is repeated.
        cleaner: what it would change or drop is not shown: tags, links, adverts, names, slurs.
        surprise: weight of -log p(caption | photo), in nats: of what holds together and fits, the likeliest is what
            comes under every other photo, too.
        particular: weight of the same once more where it is decided which of the chosen stands first.
        strictness: how many times a caption loses its faults once more there.
        information: weight of log p(caption | photo) - log p(caption), where it is known, in nats: how much more the
            caption is said of this photo than of any (Li et al. 2016). Where there is a critic, ``fitting`` does the
            same, as its contrast estimates mutual information (van den Oord et al. 2018).
        unfamiliar: what a caption loses for each run of words that nobody wrote; enough that one without
            comes first.
        awkward: what it loses for each construction that nobody used.
        hollow: what it loses if it says nothing: see ``hollow``.
        agreement: what it gains if the photo surely shows what it names.
        doubt: what it loses for each thing that the photo surely does not show.
        realness: weight of the critic's log-probability that people wrote a caption.
        fitting: weight of the critic's likeness of caption and photo.
        diversity: 0 ranks by score alone; more pushes likeness to those already chosen down.
    """

    lexicon: Lexicon
    phrases: Phrases
    constructions: Constructions
    fingerprints: Fingerprints
    cleaner: Cleaner
    surprise: float = 0.1
    particular: float = 0.5
    strictness: float = 1.0
    information: float = 0.1
    unfamiliar: float = 3.0
    awkward: float = 2.0
    hollow: float = 2.0
    agreement: float = 1.0
    doubt: float = 4.0
    realness: float = 0.3
    fitting: float = 0.3
    diversity: float = 2.0

    def choose(self, candidates: Sequence[Candidate], n: int, controls: Controls) -> list[str]:
        """At most ``n`` captions, spread by maximal marginal relevance (Carbonell & Goldstein 1998).

        The first is the one of the best few that is most this photo's own and sound; the others follow best first.
        """
        judged = ((candidate, self.merit(candidate), self.faults(candidate)) for candidate in candidates)
        best_last = sorted((merit - faults, one.text, one.seen, faults) for one, merit, faults in judged)
        # Those that differ in nothing but signs wait behind the best of them.
        piles: dict[str, dict[str, float]] = {}
        own: dict[str, tuple[float, str]] = {}
        for score, text, seen, faults in best_last:
            pile = piles.setdefault(_letters(text), {})
            pile.pop(text, None)
            pile[text] = score
            own[text] = (score + self.particular * min(-seen, SURPRISED) - self.strictness * faults, text)
        left = {letters: entry for letters, pile in piles.items() if (entry := self._top(pile, controls))}
        chosen: dict[str, set[str]] = {}
        wanted = max(n, FEW)
        while left and len(chosen) < wanted:

            def marginal(letters: str) -> tuple[float, str]:
                text, score, grams = left[letters]
                alike = max((likeness(grams, other) for other in chosen.values()), default=0.0)
                return score - self.diversity * alike, text

            best = max(left, key=marginal)
            text, _, grams = left.pop(best)
            if self.clean(text):
                chosen[text] = grams
            else:
                del piles[best][text]
                if entry := self._top(piles[best], controls):
                    left[best] = entry
        first = max(list(chosen)[:FEW], key=own.__getitem__, default=None)
        return sorted(chosen, key=lambda text: text != first)[:n]

    def _top(self, pile: dict[str, float], controls: Controls) -> tuple[str, float, set[str]] | None:
        """The best of a pile (best last) that may be shown as far as ``plausible`` tells: text, score and trigrams."""
        while pile:
            text = next(reversed(pile))
            if self.plausible(text, controls):
                return text, pile[text], trigrams(text)
            del pile[text]
        return None

    def acceptable(self, text: str, controls: Controls) -> bool:
        """Whether a caption may be shown at all."""
        return self.plausible(text, controls) and self.clean(text)

    def plausible(self, text: str, controls: Controls) -> bool:
        """Whether a caption may be shown, as far as can be told without the cleaner."""
        return (
            graphemes.length(text) <= MAX_GRAPHEMES
            and len(words(text)) >= FEWEST_WORDS
            and controls.fulfilled_by(text)
            and not stutters(text)
            and self.lexicon.validity(text) == 1.0
            and text not in self.fingerprints
        )

    def clean(self, text: str) -> bool:
        """Whether the cleaner finds nothing to change; by far the dearest question, so asked of the chosen alone."""
        return self.cleaner.clean(text).text == text

    def score(self, candidate: Candidate) -> float:
        """What a caption has for it less what it has against it."""
        return self.merit(candidate) - self.faults(candidate)

    def merit(self, candidate: Candidate) -> float:
        """Surprise, mutual information, the critic's word, and the photo's."""
        told = self.surprise * min(-candidate.seen, SURPRISED)
        if candidate.blind is not None:
            told += self.information * (candidate.seen - candidate.blind)
        judged = self.fitting * candidate.fit - self.realness * log1p(exp(min(-candidate.real, SURELY)))
        return told + judged + self.agreement * candidate.confirmed

    def faults(self, candidate: Candidate) -> float:
        """What a caption loses for what nobody would say, and for what is not to be seen."""
        clumsy = self.unfamiliar * self.phrases.unknown(candidate.text)
        clumsy += self.awkward * self.constructions.unknown(candidate.text)
        clumsy += self.hollow * hollow(candidate.text)
        return clumsy + self.doubt * candidate.doubtful


def stutters(text: str) -> bool:
    """Whether a word follows itself, or a pair of words comes back."""
    said = words(text)
    pairs = list(pairwise(said))
    return any(a == b for a, b in pairs) or len(set(pairs)) < len(pairs)


def hollow(text: str) -> bool:
    """Whether a caption is an article and a word, places a thing in itself ("snow in the snow"), or in the world.

    The world is fine for what is the most of its kind in it. Of 110,000 captions that people wrote three in a thousand
    are so; a decoder that plays safe comes to them again and again.
    """
    said = words(text)
    line = f" {' '.join(said)} "
    bare = len(said) == 2 and said[0] in ARTICLES
    worldly = " in the world " in line and not any(map(SUPERLATIVE.fullmatch, said))
    return bare or worldly or ECHO.search(line) is not None


def trigrams(text: str) -> set[str]:
    """Runs of three graphemes, blanks at both ends counted."""
    symbols = [" ", *graphemes.split(text.lower()), " "]
    return {"".join(symbols[i : i + 3]) for i in range(len(symbols) - 2)}


def likeness(one: set[str], other: set[str]) -> float:
    """Jaccard index."""
    return len(one & other) / len(one | other) if one | other else 1.0


def _letters(text: str) -> str:
    return LETTERS.sub("", text.casefold()) or text
