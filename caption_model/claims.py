"""What captions say is in the photo, and whether its description bears it out.

The two decoders err apart: where a caption names a thing that the description names, too, people mostly see it; where
the description does not, mostly not. Written by hand, for what suggestions name and the describing decoder knows.
"""

from typing import NamedTuple

from caption_model import graphemes
from caption_model.lexicon import words


class Thing(NamedTuple):
    """How captions name a thing, in words and emojis, and which words of a description bear it out."""

    said: frozenset[str]
    drawn: frozenset[str]
    described: frozenset[str]


def _thing(said: str, drawn: str, described: str) -> Thing:
    return Thing(frozenset(said.split()), frozenset(drawn.split()), frozenset(described.split()))


THINGS: dict[str, Thing] = {
    "dog": _thing("dog dogs puppy puppies pup pups pupper doggo", "🐶 🐕 🐾 🐩", "dog dogs puppy puppies"),
    "female": _thing(
        "girl girls she she's her lady ladies woman women mommy mom sister sisters sis mama queen babe bride daughter",
        "👧 👭 👯 💃",
        "girl girls woman women lady ladies female mother her she",
    ),
    "male": _thing(
        "boy boys he he's his him man men guy guys bro bros brother brothers daddy dad king boyz dude cowboy son",
        "👦 👬 🕺",
        "boy boys man men guy guys male father his he",
    ),
    # Pets are called so, too.
    "baby": _thing(
        "baby babies", "👶 🍼", "baby toddler infant child children boy boys girl girls kid kids dog dogs puppy"
    ),
    "people": _thing(
        "family crew squad team friends boys girls guys people fam couple besties crowd",
        "👫 👪 💑 👨‍👩‍👧‍👦",
        "people group men women boys girls children crowd two three four couple family kids",
    ),
    "beach": _thing("beach sand island", "🏖️ 🏝️ 🌴", "beach sand shore ocean"),
    "water": _thing(
        "ocean sea water waves wave pool lake swim swimming surf boat river",
        "🌊 🏄 🏄‍♀️ 🏄‍♂️ 🏊",
        "water ocean pool lake swimming surfer wave waves river sea stream beach splashing swim surfboard boat",
    ),
    "snow": _thing(
        "snow skiing ski snowy winter",
        "❄️ ⛷️ 🏂 🎿",
        "snow snowy ski skier snowboarder skiing snowboard snowboarding",
    ),
    "mountain": _thing(
        "mountain mountains hiking hike climbing climb rock rocks desert",
        "⛰️ 🏔️",
        "mountain mountains hiking hiker cliff rock climbing climber hill rocky climbs",
    ),
    "bike": _thing(
        "bike biking ride",
        "🚲 🚴 🚴‍♀️ 🚴‍♂️ 🏍️",
        "bike bicycle motorcycle biker cyclist bicyclist motorbike riding dirtbike",
    ),
    "car": _thing("car road drive truck", "🚗 🚙", "car truck road vehicle race racing track"),
    "city": _thing("city street streets", "🏙️", "city street building buildings sidewalk"),
    "grass": _thing("grass park field", "🌳", "grass field park grassy"),
    "sky": _thing("sky sunset sunsets air sunrise clouds", "🌅 🌄", "sky sunset air jumping jumps jump flying"),
    "game": _thing(
        "game team ball goals champ champs",
        "🏀 ⚽ 🏈 ⚾ 🎾 ♛",
        "game team ball football soccer basketball baseball player players tennis rugby hockey",
    ),
    "music": _thing(
        "show concert stage music studio band song",
        "🎤 🎶 🎵 🎸",
        "guitar band stage singing microphone instrument concert performing drums",
    ),
    "food": _thing(
        "dinner lunch brunch breakfast food pizza coffee drink drinks",
        "🍕 🍔 🍽️ ☕ 🍷 🥂 🍻",
        "food eating drinking table restaurant meal beer cup drink",
    ),
    "dance": _thing("dance dancing dancer", "💃 🕺", "dance dancing dancer dancers performing"),
    "fire": _thing("fire camp camping", "🔥", "fire campfire tent camping"),
    "clothes": _thing(
        "dress shoes kicks hat bag outfit hair makeup", "👗 👟 👠", "dress shoes hat hair dressed costume makeup"
    ),
    "flower": _thing("flower flowers rose garden", "🌸 🌹 🌻 🌺 💐", "flower flowers garden"),
    "party": _thing("party wedding", "🎉 🎊", "party wedding celebrating"),
}


def claimed(caption: str) -> frozenset[str]:
    """Things that a caption says or draws."""
    said, drawn = set(words(caption)), set(map(graphemes.without_tone, graphemes.emojis(caption)))
    return frozenset(name for name, thing in THINGS.items() if thing.said & said or thing.drawn & drawn)


def borne_out(description: str) -> frozenset[str]:
    """Things that a description tells of."""
    said = set(words(description))
    return frozenset(name for name, thing in THINGS.items() if thing.described & said)
