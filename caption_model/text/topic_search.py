"""Which topic somebody means by words of their own: "puppy" is dog, "a latte" coffee, "the sea" sea."""

from collections.abc import Collection, Iterator

from caption_model.text import graphemes
from caption_model.text.lexicon import words
from caption_model.text.topics import PhraseIndex, Topic, topics

FILLERS = frozenset({"a", "an", "the", "my", "our", "your", "some", "of", "with", "and", "in", "at", "on", "by", "for"})
PLURALS = (("ies", "y"), ("ves", "f"), ("es", ""), ("s", ""))


def find_topic(said: str, known: Collection[str]) -> str | None:
    """The topic of those ``known`` that words, or an emoji, come nearest to; ``None`` if nothing is known of them.

    A topic's own name comes first, then the words by which captions name it, those of descriptions, and hints. Of
    several topics that one word names, the narrowest is meant. A topic that is not known stands for the nearest known
    one: a latte is a drink where coffee is no topic.
    """
    candidates = {name: topic for name, topic in topics().items() if name in known}
    if (found := _nearest(said, candidates)) is not None:
        return found
    wider = {name: topic for name, topic in topics().items() if name not in known}
    meant = _nearest(said, wider)
    return None if meant is None else _nearest(meant, candidates)


def _nearest(said: str, candidates: dict[str, Topic]) -> str | None:
    terms = [word for word in words(said) if word not in FILLERS]
    forms = [terms, [*terms[:-1], _singular(terms[-1])], [*terms[:-1], f"{terms[-1]}s"]] if terms else []
    for form in forms:
        if " ".join(form) in candidates:
            return " ".join(form)
        if "".join(form) in candidates:
            return "".join(form)
    for column in ("posts", "described", "hints"):
        phrases = {name: _column(topic, column) for name, topic in candidates.items()}
        exceptions = {name: topic.words.exceptions for name, topic in candidates.items()}
        index = PhraseIndex(phrases, exceptions)
        for form in forms:
            if found := index.find(form):
                return min(found, key=lambda name: len(phrases[name]))
    return next(_by_emoji(said, candidates), None)


def _column(topic: Topic, column: str) -> frozenset[str]:
    if column == "hints":
        return frozenset(hint for hint in topic.hints if words(hint))
    found: frozenset[str] = getattr(topic.words, column)
    return found


def _by_emoji(said: str, candidates: dict[str, Topic]) -> Iterator[str]:
    for symbol in map(graphemes.without_tone, graphemes.emojis(graphemes.normalise(said))):
        named = [name for name, topic in candidates.items() if symbol in topic.words.emojis]
        yield from sorted(named, key=lambda name: len(candidates[name].words.emojis))


def _singular(word: str) -> str:
    return next((word.removesuffix(end) + single for end, single in PLURALS if word.endswith(end)), word)
