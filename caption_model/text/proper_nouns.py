"""Words that people write with a capital inside a sentence: names of people, places, brands and events.

No photo tells in which town it was taken or whose concert it was, nor that it is somebody's birthday or a year's end,
so that a suggestion had better not claim to know.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

import regex

from caption_model.text.lexicon import WORD, words

JOINS = regex.compile(r"[ ,]+")  # what may stand between two words of one sentence
FEWEST = 2  # captions that write it so
SHARE = 0.75  # of a word's uses inside sentences
SHOUTED = 0.6  # share of capitalised words from which a caption tells nothing: Every Word Has One
# Capitalised by rule, though nobody's name: the speaker, days and feasts.
ANYONES = frozenset(
    words(
        """I I'm I've I'll I'd God God's Lord BBQ TV DJ OMG LOL xoxo New
        Monday Tuesday Wednesday Thursday Friday Saturday Sunday Monday's Tuesday's Sunday's
        Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays
        January February March April May June July August September October November December
        Christmas Xmas Santa Noel Easter Halloween Thanksgiving Eve NYE Diwali Hanukkah Ramadan Holi
        Valentine Valentine's Valentines Mother's Father's Veteran's Memorial Independence"""
    )
)

OCCASIONS = frozenset(
    words(
        """birthday birthdays bday christmas xmas halloween easter thanksgiving valentine valentines valentine's
        mother's father's mothers fathers holidays anniversary eve independence memorial labor graduation wedding
        shower showers year years"""
    )
)


def proper_nouns(captions: Iterable[str]) -> frozenset[str]:
    """Lower-cased words of captions that are nearly always capitalised where a sentence does not begin."""
    capital: Counter[str] = Counter()
    small: Counter[str] = Counter()
    for caption in captions:
        for word in set(_inside(caption)):
            (capital if word[0].isupper() else small)[word.lower().replace("’", "'")] += 1
    return frozenset(
        word
        for word, count in capital.items()
        if count >= FEWEST and count >= SHARE * (count + small[word]) and word not in ANYONES
    )


def _inside(caption: str) -> Iterator[str]:
    """The words that follow another one of the same sentence."""
    found = list(WORD.finditer(caption))
    if len(found) > 1 and sum(word.group()[0].isupper() for word in found) > SHOUTED * len(found):
        return
    for before, word in pairwise(found):
        if JOINS.fullmatch(caption, before.end(), word.start()):
            yield word.group()
