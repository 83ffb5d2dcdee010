"""What captions say is in the photo, and whether its description bears it out.

The two decoders err apart: where a caption names a thing that the description names, too, people mostly see it; where
the description does not, mostly not. Written by hand, for what suggestions name and the describing decoder knows.
"""

from functools import lru_cache

from caption_model.text import graphemes
from caption_model.text.concepts import Concept, concept, in_description, in_post
from caption_model.text.lexicon import words

REMEMBERED = 1 << 14  # captions: each is asked about at every word's end, and when it is whole
THINGS: dict[str, Concept] = {
    "dog": concept("dog dogs puppy puppies pup pups pupper doggo", "🐶 🐕 🐾 🐩", "dog dogs puppy puppies"),
    "cat": concept("cat cats kitty kitten kittens", "🐱 🐈 😺 😸 😻", "cat cats kitten kittens"),
    "horse": concept("horse horses pony rodeo", "🐴 🐎 🏇", "horse horses pony rodeo"),
    "bird": concept(
        "bird birds duck ducks swan seagull", "🐦 🦆 🦅 🦢 🐥 🐤", "bird birds duck ducks goose geese seagull"
    ),
    "female": concept(
        "girl girls she she's her lady ladies woman women mommy mom sister sisters sis mama queen babe bride daughter",
        "👧 👭 👯 💃",
        "girl girls woman women lady ladies female mother her she",
    ),
    "male": concept(
        "boy boys he he's his him man men guy guys bro bros brother brothers daddy dad king boyz dude cowboy son",
        "👦 👬 🕺",
        "boy boys man men guy guys male father his he",
    ),
    # Pets are called so, too.
    "baby": concept(
        "baby babies",
        "👶 🍼",
        "baby toddler infant child children boy boys girl girls kid kids dog dogs puppy cat kitten",
    ),
    "people": concept(
        "family crew squad team friends boys girls guys people fam couple besties crowd",
        "👫 👪 💑 👨‍👩‍👧‍👦",
        "people group men women boys girls children crowd two three four couple family kids",
    ),
    "beach": concept("beach sand island", "🏖️ 🏝️ 🌴", "beach sand shore ocean"),
    "water": concept(
        "ocean sea water waves wave pool lake swim swimming surf boat river",
        "🌊 🏄 🏄‍♀️ 🏄‍♂️ 🏊",
        "water ocean pool lake swimming surfer wave waves river sea stream beach splashing swim surfboard boat",
    ),
    "snow": concept(
        "snow skiing ski snowy winter",
        "❄️ ⛷️ 🏂 🎿",
        "snow snowy ski skier snowboarder skiing snowboard snowboarding",
    ),
    "rain": concept("rain rainy raining", "☔ 🌧️", "rain raining rainy umbrella umbrellas puddle wet"),
    "mountain": concept(
        "mountain mountains hiking hike climbing climb desert",
        "⛰️ 🏔️",
        "mountain mountains hiking hiker cliff rock climbing climber hill rocky climbs",
    ),
    "bike": concept(
        "bike biking ride",
        "🚲 🚴 🚴‍♀️ 🚴‍♂️ 🏍️",
        "bike bicycle motorcycle biker cyclist bicyclist motorbike riding dirtbike",
    ),
    "car": concept("car road drive truck", "🚗 🚙", "car truck road vehicle race racing track"),
    "plane": concept("plane flight airport", "✈️ 🛫 🛬", "plane airplane jet airport"),
    "city": concept(
        "city street streets building buildings bridge tower castle church",
        "🏙️ 🌆 🌃 🌉",
        "city street building buildings sidewalk bridge tower castle church",
    ),
    "grass": concept("grass park field", "🌱", "grass field park grassy"),
    "tree": concept("tree trees forest woods leaves leaf", "🌲 🌳 🍂 🍁", "tree trees forest woods wooded leaves"),
    "flower": concept("flower flowers rose roses garden bloom", "🌸 🌹 🌻 🌺 💐 🌷 🌼", "flower flowers garden"),
    "sky": concept("sky sunset sunsets air sunrise clouds", "🌅 🌄", "sky sunset air jumping jumps jump flying"),
    "night": concept("night nights tonight midnight moon", "🌙 🌃", "night dark nighttime evening"),
    "game": concept(
        "game team ball goals champ champs",
        "🏀 ⚽ 🏈 ⚾ 🎾",
        "game team ball football soccer basketball baseball player players tennis rugby hockey",
    ),
    "music": concept(
        "show concert stage music studio band song",
        "🎤 🎶 🎵 🎸",
        "guitar band stage singing microphone instrument concert performing drums",
    ),
    "food": concept(
        "dinner lunch brunch breakfast food pizza cake chocolate eat eating",
        "🍕 🍔 🍽️ 🍦 🍰 🍩 🍫 🍓 🍟",
        "food eating table restaurant meal eats plate cake cream",
    ),
    "drink": concept(
        "coffee tea drink drinks wine beer cocktails champagne",
        "☕ 🍷 🥂 🍻 🍺 🍹 🍸",
        "drinking drink beer cup wine coffee",
    ),
    "dance": concept("dance dancing dancer", "💃 🕺", "dance dancing dancer dancers performing"),
    "fire": concept("fire campfire camp camping", "🏕️ ⛺", "fire campfire tent camping"),
    "bag": concept("bag bags handbag purse", "👜 👛 👝", "bag bags purse backpack"),
    "shoes": concept("shoes kicks heels boots sneakers", "👟 👠 👢", "shoes boots sneakers"),
    "outfit": concept("dress outfit hat style fashion suit", "👗 👒", "dress dressed hat suit costume outfit hats"),
    "hair": concept("hair makeup lips nails glam", "💄 💅", "hair haired makeup"),
    "party": concept("party", "🎉 🎊", "party celebrating"),
}
WHO = frozenset({"baby", "female", "male", "people"})  # not what: captions turn to them unasked


@lru_cache(REMEMBERED)
def claimed(caption: str) -> frozenset[str]:
    """Things that a caption says or draws."""
    return in_post(THINGS, set(words(caption)), set(map(graphemes.without_tone, graphemes.emojis(caption))))


def borne_out(description: str) -> frozenset[str]:
    """Things that a description tells of."""
    return in_description(THINGS, set(words(description)))
