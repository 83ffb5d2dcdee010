"""Everyday captions that rules used to drop, and what stands next to them that must go."""

import pytest

from datasets.cleaning import Cleaner


@pytest.fixture(scope="module")
def cleaner():
    return Cleaner()


@pytest.mark.parametrize(
    "text",
    [
        # advert
        "Stay strong. Weekend is coming soon.",
        "First this cup, then the inbox ☕",
        "The radio is up and the road is wet",
        "One old family album and a pot of tea",
        "No ticket, no show, just the cat 🐈",
        "Two cushions, one magazine, no plans",
        "That's the face of somebody with a plan",
        "Staring contest, day four, still losing",
        "I can sit here and do this every single day",
        "Tried a new recipe and it worked",
        "My lipstick survived the rain",
        "Two clouds that follow me from room to room",
        "Watch your head on the way in",
        "The sun is out Tuesday morning",
        "Dress code: wool socks",
        "Spent ten bucks and an hour on this lamp",
        # brand
        "Our mac and cheese is soft.",
        "Don't tell the coach about the cake",
        "Choo choo, says the train 🚂",
        "Mount Fuji at first light",
        # name, user name
        "Be a Warrior, not a Worrier.",
        "There is no sincerer love than the love of food.",
        "The lazy Susan works harder than I do",
        "A Great Dane that thinks it fits on a lap",
        "Handplant under the old tree 🛹",
        "Zoomies at dawn 🐕",
        "The springier the moss, the slower the walk",
        "Feeling fintastic 🐟",
        "We left the dog with Grandma",
        # language
        "A la carte.",
        "Al fresco again",
        "Crème brûlée for one",
        "Bibimbap time 🍳",
        "Glowy ✨",
        # a hole
        "Kettle is on 💛",
        "Watched the whole river go by",
        "Nobody I'd rather be lost in a city with 💛",
        "Not the haircut I asked for",
        "Ready, sort of",
        "Rain plan A and rain plan B ☂️",
        "He asked for soup and of course I made soup",
        "Are we there yet, asked the driver",
        "The sunflower is taller than me and in a better mood",
        # credits
        "Hair by wind and rain",
        "Phone: off. Kettle: on.",
        # profanity
        "Cock-a-doodle-doo, it's Sunday",
        "You blow me away every spring",
        "Cocktail hour in the grass",
        "Shiitake soup for two",
        "Maine coon, mane included",
        "Picked you a weed 💛",
        "Too small for the naked eye",
        "Love you all xxx",
        "The A55 in the rain",
    ],
)
def test_everyday_captions_stay(cleaner, text):
    result = cleaner.clean(text)
    assert (result.text, result.reason) == (text, None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Coming soon to a store near you", "advert"),
        ("Our new fragrance is here", "advert"),
        ("Grab your tickets", "advert"),
        ("Follow me please", "advert"),
        ("Check out my new page", "advert"),
        ("So happy to be the new face of Lumora", "advert"),
        ("Live radio interview tonight", "advert"),
        ("Swipe up for more", "advert"),
        ("Chance to win a lamp", "advert"),
        ("My new Coach bag", "brand"),
        ("Puma Suede, size nine", "brand"),
        ("Coffee with Zuleykha this morning", "name"),
        ("dancing with moonlightzed", "user_name"),
        ("Loved working with and for", "broken_sentence"),
        ("Thanks to", "broken_sentence"),
        ("Styled by", "credits_list"),
        ("Heute war ein schöner Tag mit Anna am See", "language"),
        ("Ein Tag mit Max und Moritz", "language"),
        ("Bom dia", "language"),
        ("Danke", "language"),
    ],
)
def test_what_stands_next_to_them_goes(cleaner, text, reason):
    assert cleaner.clean(text).reason == reason


@pytest.mark.parametrize(
    "text",
    ["Shake that booty", "booty", "f*ck this rain", "f**k rain", "sh1t, rain", "sh!t happens", "b!tch please",
     "sh*t rain", "p0rn",
     "fvck rain", "fcuk", "f u c k off", "f.u.c.k", "fuuuuck", "shiiiit", "a$$", "pu$$y", "c0ck", "@sshole",
     "d*mn rain",
     "bootylicious", "thicc", "🍆💦", "sugar daddy", "that turns me on", "badass", "bad-ass", "holy crap",
     "bullshit", "ffs",
     "threesome", "cleavage", "what the f*** is this", "F-ck rain", "no homo"],
)  # fmt: skip
def test_profanity_is_met_behind_other_signs(cleaner, text):
    assert cleaner.clean(text).reason == "offensive"


def test_no_list_of_occasions_holds_profanity(cleaner):
    from caption_model.text.proper_nouns import OCCASIONS

    assert [word for word in sorted(OCCASIONS) if cleaner.clean(f"what a {word}").reason == "offensive"] == []
