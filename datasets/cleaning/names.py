"""Captions that hinge on who is in them: names of people, greetings to one, user names."""

import regex

from datasets.cleaning.derived import compound, derived, inflected, near_a_word
from datasets.cleaning.frequency import word_frequency
from datasets.cleaning.tails import SENTENCE_START, at_end
from datasets.cleaning.word_lists import phrases, word_list

LEAST_FREQUENT_WORD = 2.6  # Zipf scale: less than once in 2.5 million words is a name or a slip
SHORTEST_RUN_TOGETHER = 8
WORD = regex.compile(r"[\p{L}\p{M}]+(?:['-]\p{L}+)*")
TITLED = regex.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Miss|Uncle|Aunt|Auntie|Aunty|Prince|Princess|King|Queen|Lord|Lady|Sir|Coach|Baby|Lil|DJ)\.? "
    r"(?P<who>\p{Lu}(?:\p{Ll}{2,}|\b))"
)
MOST_FREQUENT_NAME = 4.4
RAREST_PLACE = 3.5
PAIR = regex.compile(r"(?<!\w)(\p{Lu}\p{Ll}+) (\p{Lu}\p{Ll}+(?:'s)?)(?!\w)")
# "This is Biscuit." says nothing else.
ONLY_INTRODUCED = regex.compile(r"^(?:This is|Meet|Say hello to) \p{Lu}\p{Ll}+[.!](?:\s|$)")
INTRODUCED = regex.compile(
    r"(?i)\b(?:this is|meet|named|called|name is|name's|name|welcome(?: home)?|say (?:hello|hi) to|i'm|i am|here's"
    r"|with|and|love you|miss you"
    r"|miss|dear|thank you|thanks|bye|hi|hey|hello|to my|congrats|my (?:sister|brother|girl|boy|friend|bestie"
    r"|cousin|niece|nephew|boo|dog|cat|love))\s+"
    r"(?-i:(?P<who>\p{Lu}\p{Ll}{2,}))(?=\s*[.,!&]|\s+(?:and|&)\b|\s*[\p{Extended_Pictographic}]|$)"
)
GREETED = regex.compile(
    r"(?i)\b(?:happy (?:\w+ )?(?:birthday|b-?day|anniversary)|hbd|rip|r\.i\.p\.?"
    r"|congrat(?:ulation)?s)\b[\s,]*(?P<who>[\p{L}'-]+)"
)
USER_NAME = regex.compile(
    r"(?<![\w#@'/.])(?=\w*\p{L})(?:\w*_\w*|\p{L}{4,}\d{1,6}\b|\p{Ll}{3,}\d+\p{Ll}+"
    r"|\p{Ll}{2,}(?:\.\p{Ll}{2,})+)(?![\w'])"
    r"|(?<!\w)\p{Lu}\.\p{Lu}\p{Ll}{2,}"
)
HUMP = regex.compile(r"(?<=\p{Ll}{2})\p{Lu}\p{Ll}{2}")
CAMEL_WORD = at_end(r"(?<!\w)(?:Mc|Mac|iPhone|iPad|YouTube)\p{L}*|(?:Mc|Mac|You)")
PLAYFUL = regex.compile(r"(\p{L})\1\1|(ha|he|lo|hu|xo|la|na|ya)\2+|(?:in|ing|iest|ness|ful|less|able|ly)$")
# What is nobody's name: "lazy Susan", "Great Dane", "Eggs Benedict".
HARMLESS = regex.compile(rf"(?i)(?<![\w'-])(?:{'|'.join(phrases('names_harmless'))})(?![\w-])")
MOST_FREQUENT_PLURAL = 3.2
SHORTEST_DERIVED = 7
NICKNAME_ENDINGS = ("y", "ie", "ies", "s", "er", "ers", "n", "r", "let")
HEADS = tuple(word_list("heads"))
PLURAL = regex.compile(r"(?:s|es|in|ing|ed|er|y|ish)$")


def names(text: str) -> bool:
    """The text names a person, as far as a lexicon and the way the words are written tell."""
    text = HARMLESS.sub(" ", text)
    any_case, capitalised = word_list("names"), word_list("names_capitalised")
    found = list(WORD.finditer(text))
    mostly_capitals = sum(match[0][:1].isupper() for match in found) > 0.6 * len(found)
    small = {match[0] for match in found if match[0].islower()}
    for i, match in enumerate(found):
        word = match[0]
        base = word.lower()
        base = base.removesuffix("'s")
        if base in any_case or (word[:1].isupper() and (base in capitalised or _several(base))):
            if i == 0 or found[i - 1][0].lower() not in word_list("name_leads"):
                return True
        elif word[:1].isupper() and len(base) > 2 and not word.isupper() and _unheard_of(base, small):
            if not mostly_capitals and not SENTENCE_START.match(text, 0, match.start()):
                return True
            if word_frequency(base) < 1.5 and len(found) > 1:
                return True
    if not mostly_capitals and any(_full_name(match) for match in PAIR.finditer(text)):
        return True
    if _introduced(text, mostly_capitals):
        return True
    return any(not CAMEL_WORD.match(text, 0, hump.start()) for hump in HUMP.finditer(text))


def _several(base: str) -> bool:
    """More than one of a name: "the Carries". A common word is none: "carries me"."""
    return base.endswith("s") and base[:-1] in word_list("names") and word_frequency(base) < MOST_FREQUENT_PLURAL


def _unheard_of(base: str, small: set[str]) -> bool:
    """A rare word that is nobody's but a name's: not written small beside, not made of other words."""
    if word_frequency(base) >= LEAST_FREQUENT_WORD or base in small or base in word_list("capitals"):
        return False
    if PLAYFUL.search(base):
        return False
    # "Swany", "Lammy", "Trevs": nicknames are made as words are.
    return not derived(base) or (len(base) < SHORTEST_DERIVED and base.endswith(NICKNAME_ENDINGS))


def _full_name(match: "regex.Match[str]") -> bool:
    """Two capitalised words in a row that are both rare: a first and a last name rather than a place."""
    return all(word_frequency(word.lower().removesuffix("'s")) < RAREST_PLACE for word in match.groups())


def _introduced(text: str, mostly_capitals: bool) -> bool:
    """A capitalised word where only a name is one: "meet Biscuit", "Uncle Ed", "love you Bean"."""
    if ONLY_INTRODUCED.search(text):
        return True
    if text.isupper() or mostly_capitals:
        return False
    return any(
        word_frequency(match["who"].lower()) < MOST_FREQUENT_NAME
        and match["who"].lower() not in word_list("greeted")
        and match["who"].lower() not in word_list("capitals")
        for pattern in (TITLED, INTRODUCED)
        for match in pattern.finditer(text)
    )


def greeting(text: str) -> bool:
    """Birthday wishes, congratulations or farewells to somebody who is named."""
    words = word_list("greeted")
    return any(
        match["who"].lower() not in words and word_frequency(match["who"].lower()) < 5.5
        for match in GREETED.finditer(text)
    )


def user_name(text: str) -> bool:
    """A user name without its ``@``: letters with underscores or digits, or words run together."""
    if USER_NAME.search(text):
        return True
    for match in WORD.finditer(text):
        word = match[0]
        if len(word) < SHORTEST_RUN_TOGETHER or not word.islower() or not word.isalpha():
            continue
        if word_frequency(word) > 0 or PLAYFUL.search(word) or word_frequency(PLURAL.sub("", word)) > 0:
            continue
        if not (_one_word(word) or near_a_word(word)):
            return True
    return False


def _one_word(word: str) -> bool:
    """An English word that no list holds. Two words run together are one only where the second often ends others."""
    return inflected(word) or (compound(word) and word.endswith(HEADS))
