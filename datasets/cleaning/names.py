"""Captions that hinge on who is in them: names of people, and greetings to one."""

from functools import lru_cache
from importlib import resources

import regex

LOWEST_WORD_FREQUENCY = 2.6  # Zipf scale: once or more in 2.5 million words
WORD = regex.compile(r"[\p{L}\p{M}]+(?:['-]\p{L}+)*")
SENTENCE_START = regex.compile(r"(?:^|[.!?:]|[\p{Extended_Pictographic}\ufe0f]|[\"(\-–—|/*~])[\s\"'(]*$")
PLACE_BEFORE = frozenset(
    {"san", "santa", "st", "saint", "port", "fort", "los", "las", "new", "mount", "lake", "cape", "don"}
)
TITLES = regex.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Miss|Uncle|Aunt|Auntie|Aunty|Prince|Princess|King|Queen|Lord|Lady|Sir)\.? (?=\p{Lu}\p{Ll})"
)
PERSON_OF = regex.compile(
    r"(?i)\b(?:this is|meet|named|called|name is|name's|welcome)\s+(?-i:\p{Lu}\p{Ll}+)(?=\s*[.,!]|\s+\p{So}|$)"
)
GREETED = regex.compile(
    r"(?i)\b(?:happy (?:\w+ )?(?:birthday|b-?day|anniversary)|hbd|rip|r\.i\.p\.?|congrat(?:ulation)?s)\b[\s,]*"
    r"(?:to )?(?:(?:my|the|our|this|dear|beautiful|sweet|gorgeous|baby|little|big)\s+)*(?P<who>[\p{L}'-]+)"
)
GREETED_WORDS = frozenset(
    "to my the our this all you me us my baby babe love lover angel girl boy mom mum mommy mama dad daddy papa bro brother sis sister "
    "bestie best friend friends everyone every guys day queen king princess prince sunshine beautiful sweet sweetest sweetie honey hubby husband "
    "wife wifey twin twins son daughter dog doggo puppy pup cat kitty grandma grandpa nana gorgeous handsome world everybody and ya "
    "dear little big on from for y'all yall weekend wishes cake vibes party month week eve again in with bae boo lil ma pa bff soulmate favorite "
    "favourite sexy lady legend team america usa fam family darling cutie one may hope have it's i so we cousin aunt auntie uncle niece nephew".split()
)


@lru_cache(maxsize=1)
def _lexicon() -> tuple[frozenset[str], frozenset[str]]:
    """Names in any writing, and names when capitalised."""
    lines = resources.files("datasets.cleaning").joinpath("names.txt").read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    border = lines.index("+")
    return frozenset(lines[:border]), frozenset(lines)


@lru_cache(maxsize=65536)
def word_frequency(word: str, language: str = "en") -> float:
    """Zipf value of a lower-case word (log10 of occurrences in a billion words), 0 when unknown."""
    from wordfreq import zipf_frequency

    return float(zipf_frequency(word, language))


def names(text: str) -> bool:
    """The text names a person, as far as a lexicon and the way the words are written tell."""
    any_case, capitalised = _lexicon()
    found = list(WORD.finditer(text))
    mostly_capitals = sum(match[0][:1].isupper() for match in found) > 0.6 * len(found)
    for i, match in enumerate(found):
        word = match[0]
        base = word.lower()
        base = base[:-2] if base.endswith("'s") else base
        if base in any_case or (word[:1].isupper() and base in capitalised):
            before = found[i - 1][0].lower() if i else ""
            if before not in PLACE_BEFORE:
                return True
        elif word[:1].isupper() and len(base) > 2 and not (word.isupper() and len(word) > 1):
            at_start = SENTENCE_START.search(text, 0, match.start()) is not None
            if word_frequency(base) < LOWEST_WORD_FREQUENCY and (not at_start and not mostly_capitals):
                return True
    return TITLES.search(text) is not None or PERSON_OF.search(text) is not None


def greeting(text: str) -> bool:
    """Birthday wishes, congratulations or farewells to somebody who is named."""
    match = GREETED.search(text)
    return match is not None and match["who"].lower() not in GREETED_WORDS


def user_name(text: str) -> bool:
    """A user name without its ``@``: letters with underscores, or with digits, or several words run together."""
    return USER_NAME.search(text) is not None or any(
        len(match[0]) >= 10 and match[0].islower() and word_frequency(match[0]) == 0 and not LONG.search(match[0])
        for match in WORD.finditer(text)
        if "-" not in match[0] and "'" not in match[0]
    )


USER_NAME = regex.compile(
    r"(?<![\w#@'])(?=\w*\p{L})(?:\w*\p{L}\w*_\w*|_\w+|\p{L}{4,}\d{1,6}\b|\p{Ll}{3,}\d+\p{Ll}+|\p{Ll}{2,}(?:\.\p{Ll}{2,})+)(?!\w)"
)
LONG = regex.compile(r"(\p{L})\1\1|(?:ha|he|lo){3,}")
