"""Words that no list holds, but that English makes of words which it has: "outsmile", "hoofprints", "springier"."""

from functools import lru_cache

from datasets.cleaning.frequency import word_frequency
from datasets.cleaning.word_lists import phrases, word_list

KNOWN = 3.0  # Zipf value of a word that others are made of
COMMON = 3.0  # of both halves of a compound
# Ending → what may stand in its place in the word that it was put to.
ENDINGS = {
    "iest": ("y",), "ier": ("y",), "iers": ("y",), "ies": ("y", "ie"), "ied": ("y",), "iness": ("y",), "ily": ("y",),
    "est": ("", "e"), "er": ("", "e"), "ers": ("", "e"), "ing": ("", "e"), "ings": ("", "e"), "ed": ("", "e"),
    "es": ("",), "s": ("",), "y": ("", "e"), "ish": ("", "e"), "ly": ("",), "ness": ("",), "less": ("",), "ful": ("",),
    "able": ("", "e"), "ship": ("",), "ships": ("",), "like": ("",), "wise": ("",), "proof": ("",), "side": ("",),
    "ward": ("",), "wards": ("",), "ie": ("", "e"), "ette": ("", "e"), "age": ("", "e"), "ism": ("", "e"),
    "let": ("",), "dom": ("",),
    "hood": ("",), "some": ("",), "worthy": ("",), "friendly": ("",), "cation": ("",), "r": ("",), "n": ("",),
    "in": ("ing",), "ation": ("e", ""), "ified": ("y", "e", ""), "illed": ("ill",), "tastic": ("",), "licious": ("",),
}  # fmt: skip
BEGINNINGS = (
    "out", "over", "under", "re", "un", "mis", "pre", "non", "super", "mini", "semi", "anti", "half", "mid", "micro",
    "mega", "ultra", "mother", "post", "self", "fore", "de", "dis", "inter", "multi", "en",
)  # fmt: skip
# Endings of surnames and places, which are words, too.
NAME_ENDINGS = (
    "son", "ton", "ham", "ford", "ley", "berg", "burg", "stein", "wood", "field", "well", "worth", "man", "mann",
    "bury", "land", "lands", "ville", "stone", "brook", "port", "wick", "dale", "gate", "more", "hurst", "den", "king",
    "way", "row", "ham", "mouth", "bridge", "church", "castle",
)  # fmt: skip
FEWEST_LETTERS = 3
LONGEST = 20


@lru_cache(maxsize=16384)
def derived(word: str, steps: int = 2) -> bool:
    """Whether a lower-case word is an English one with an ending or a beginning, or one that two others make up."""
    if len(word) > LONGEST:
        return False
    if "-" in word:
        return all(not part or word_frequency(part) >= KNOWN or derived(part) for part in word.split("-"))
    return inflected(word, steps) or compound(word) or any(compound(stem) for stem in _stems(word))


def inflected(word: str, steps: int = 2) -> bool:
    """An English word with an ending or a beginning: "springier", "outsmile"."""
    for stem in _stems(word):
        if len(stem) >= FEWEST_LETTERS and (
            word_frequency(stem) >= KNOWN or (steps > 1 and inflected(stem, steps - 1))
        ):
            return True
    return False


def _stems(word: str) -> list[str]:
    stems = []
    for ending, replacements in ENDINGS.items():
        if word.endswith(ending) and len(word) - len(ending) >= FEWEST_LETTERS:
            stem = word[: -len(ending)]
            stems += [stem + replacement for replacement in replacements]
            if ending[0] in "aeiy" and stem[-1] == stem[-2]:  # "bigger": the consonant is doubled
                stems.append(stem[:-1])
    for beginning in BEGINNINGS:
        if word.startswith(beginning) and len(word) - len(beginning) > FEWEST_LETTERS:
            stems.append(word[len(beginning) :])
    return stems


def compound(word: str) -> bool:
    """Two common words in one, the second of which is not an ending of surnames or places."""
    return any(
        word[at:] not in NAME_ENDINGS and _common(word[:at]) and _common(word[at:])
        for at in range(FEWEST_LETTERS, len(word) - FEWEST_LETTERS + 1)
    )


def _common(word: str) -> bool:
    if word in word_list("names") or word in word_list("names_capitalised"):
        return False
    return word_frequency(word) >= (COMMON if len(word) > FEWEST_LETTERS else COMMON + 1.4)


@lru_cache(maxsize=16384)
def near_a_word(word: str) -> bool:
    """One letter too many, too few, wrong or swapped: a slip, or a pun ("fintastic", "cattitude")."""
    if len(word) > LONGEST:
        return False
    halves = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    letters = "abcdefghijklmnopqrstuvwxyz"
    edits = {first + second[1:] for first, second in halves if second}
    edits |= {first + second[1] + second[0] + second[2:] for first, second in halves if len(second) > 1}
    edits |= {first + letter + second[1:] for first, second in halves if second for letter in letters}
    edits |= {first + letter + second for first, second in halves for letter in letters}
    if any(word_frequency(edit) >= KNOWN for edit in edits):
        return True
    puns = (line.split() for line in phrases("puns"))
    return any(
        word_frequency(word.replace(pun, part, 1)) >= KNOWN for pun, *meant in puns if pun in word for part in meant
    )
