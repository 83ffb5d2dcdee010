"""Things that photos show and captions name: concept → its words in captions, its emojis, its words in descriptions.

Written by hand for everyday photos. Words are matched whole and in lower case; a plural "s" is taken off both sides.
"""

from typing import NamedTuple


class Concept(NamedTuple):
    """How posts and how descriptions speak of one visible thing."""

    posts: frozenset[str]
    emojis: frozenset[str]
    described: frozenset[str]


def _concept(posts: str, emojis: str, described: str) -> Concept:
    return Concept(frozenset(posts.split()), frozenset(emojis.split()), frozenset(described.split()))


CONCEPTS: dict[str, Concept] = {
    "dog": _concept(
        "dog puppy pup doggo pupper woof bark paw pooch fetch pawsome", "🐶 🐕 🐾 🦮 🐩", "dog puppy poodle"
    ),
    "cat": _concept("cat kitten kitty meow purr", "🐱 🐈 😺", "cat kitten"),
    "horse": _concept("horse pony cowboy cowgirl rodeo", "🐴 🐎 🏇", "horse pony rodeo"),
    "bird": _concept("bird seagull duck swan wing", "🐦 🕊️ 🦆 🦅 🦢", "bird seagull duck pigeon goose"),
    "beach": _concept("beach sand sandy shore coast tropical vitamin island", "🏖️ 🏝️ 🐚 🌴 👙", "beach sand shore sandy"),
    "sea": _concept("ocean sea wave salty saltwater tide bay", "🌊 🐬 🐳 🐠", "ocean sea wave surf"),
    "surf": _concept("surf surfing surfer wave shred", "🏄 🏄‍♀️ 🏄‍♂️ 🤙", "surfer surfboard surfing"),
    "swim": _concept(
        "pool swim swimming swimmer dive splash float", "🏊 🏊‍♀️ 🏊‍♂️ 💦 🤿", "pool swimming swim splashing"
    ),
    "lake": _concept(
        "lake river pond creek dock kayak canoe boat sail waterfall",
        "⛵ 🚤 🛶 ⛴️ 🏞️",
        "lake river boat canoe kayak dock stream",
    ),
    "fishing": _concept("fishing fish fisherman catch hooked", "🎣 🐟", "fishing fisherman"),
    "snow": _concept("snow snowy winter snowflake frozen frosty cold", "❄️ ☃️ ⛄ 🌨️", "snow snowy"),
    "ski": _concept(
        "ski skiing slope powder snowboard snowboarding chairlift",
        "⛷️ 🎿 🏂",
        "skier ski skiing snowboarder snowboard slope",
    ),
    "mountain": _concept(
        "mountain hike hiking peak summit view trail altitude adventure wander",
        "🏔️ ⛰️ 🗻 🥾",
        "mountain hiker hiking cliff peak hill",
    ),
    "climb": _concept("climb climbing climber rock rope cliff", "🧗 🧗‍♀️ 🧗‍♂️", "climber climbing climb"),
    "bike": _concept(
        "bike bicycle cycling cyclist ride pedal biking", "🚲 🚴 🚴‍♀️ 🚴‍♂️ 🚵", "bike bicycle bicyclist cyclist biker"
    ),
    "motor": _concept(
        "motorcycle moto bike engine race racing motocross dirt", "🏍️ 🏁", "motorcycle dirtbike motorbike racing"
    ),
    "car": _concept("car drive driving road truck roadtrip wheel", "🚗 🚙 🏎️ 🚘", "car truck vehicle suv van"),
    "skate": _concept(
        "skate skateboard skating skater skatepark ollie", "🛹", "skateboard skateboarder skateboarding skater"
    ),
    "soccer": _concept("soccer football goal kick pitch futbol", "⚽ 🥅", "soccer"),
    "football": _concept("football touchdown quarterback tailgate", "🏈", "football"),
    "basketball": _concept("basketball hoop dunk baller court", "🏀 ⛹️", "basketball"),
    "baseball": _concept("baseball softball pitcher homerun", "⚾ 🥎", "baseball pitcher batter"),
    "tennis": _concept("tennis racket serve court", "🎾", "tennis"),
    "ice": _concept("hockey ice rink skates", "🏒 ⛸️ 🥅", "hockey rink"),
    "run": _concept("running runner race marathon sprint jog", "🏃 🏃‍♀️ 🏃‍♂️ 👟 🏅", "runner racing race track"),
    "jump": _concept(
        "jump jumping leap fly flying air airborne flip", "🤸 🤸‍♀️ 🤸‍♂️", "jumping jump leaping jumps leaps midair"
    ),
    "baby": _concept("baby toddler newborn tiny infant", "👶 🍼", "baby toddler infant"),
    "child": _concept(
        "kid kiddo child children childhood son daughter niece nephew playtime",
        "🧒 👧 👦 🧸",
        "child children boy girl kid",
    ),
    "girls": _concept(
        "girl girls bestie besties ladies sister sisters queen squad", "👯 👭 👯‍♀️ 💅", "women girls ladies"
    ),
    "boys": _concept("boys bros bro brothers lads guys crew gang", "👬 🤜 🤛", "men boys guys"),
    "woman": _concept("she lady queen goddess hair", "💁‍♀️ 👩 💃", "woman lady"),
    "man": _concept("king gentleman beard dude mister", "🧔 👨 🤵", "man guy"),
    "couple": _concept(
        "lover couple boyfriend girlfriend soulmate date kiss darling",
        "💑 💏 👩‍❤️‍👨 👫",
        "couple kiss kissing embrace hugging",
    ),
    "family": _concept(
        "family mom mum dad daddy mommy parents fam grandma grandpa father mother",
        "👪 👨‍👩‍👧 👨‍👩‍👧‍👦 👨‍👩‍👦",
        "family mother father parent",
    ),
    "friends": _concept(
        "friends friend squad crew friendship gang together tribe", "👯 🫂", "friends group people crowd"
    ),
    "wedding": _concept("wedding bride groom married bridesmaid", "👰 💒 💍 🤵", "wedding bride groom bridesmaid"),
    "birthday": _concept("birthday cake candle bday candles", "🎂 🎈 🍰 🥳", "birthday cake balloon"),
    "food": _concept(
        "food eat eating dinner lunch breakfast brunch yum yummy delicious pizza hungry cook cooking foodie meal",
        "🍕 🍔 🍽️ 🥗 🍝 🍳 🌮 🍟",
        "food eating dinner meal restaurant plate pizza",
    ),
    "sweet": _concept("icecream sweet dessert chocolate candy cone", "🍦 🍨 🍭 🍫 🍩", "ice cream candy lollipop"),
    "drink": _concept(
        "drink drinking beer wine cheers coffee cocktail tea champagne",
        "🍻 🍺 🍷 🥂 🍹 ☕ 🍸 🥤",
        "drinking drink beer wine bar glass cup",
    ),
    "dance": _concept("dance dancing dancer ballet", "💃 🕺 👯‍♀️ 🩰", "dancing dancer dance dancers"),
    "music": _concept(
        "music song guitar band sing singing concert stage drum",
        "🎸 🎤 🎶 🎵 🥁 🎷",
        "guitar singing band microphone stage instrument musician concert",
    ),
    "party": _concept("party night celebrate celebration nightout", "🎉 🎊 🪩", "party celebrating celebration"),
    "city": _concept(
        "city street urban downtown town building skyline nyc london explore",
        "🏙️ 🌆 🌃 🗽 🚕",
        "city street sidewalk building buildings downtown",
    ),
    "sunset": _concept(
        "sunset sunrise sky golden dusk dawn horizon cloud clouds", "🌅 🌄 🌇 ☁️", "sunset sun sky silhouette"
    ),
    "flower": _concept(
        "flower flowers rose bloom blossom garden spring petals", "🌸 🌺 🌷 🌹 🌻 🌼 💐", "flower garden"
    ),
    "park": _concept("park grass picnic green field outdoors outside", "🌳 🌿 🍃 🌱", "grass park field grassy"),
    "forest": _concept("forest wood tree nature leaf leaves autumn fall", "🌲 🍂 🍁 🌳", "forest wood tree leaves"),
    "camp": _concept("camp camping tent campfire fire", "🏕️ ⛺ 🔥", "tent camping campfire fire"),
    "playground": _concept("playground swing slide play playing", "🛝 🎠", "swing playground slide"),
    "costume": _concept("costume halloween cosplay mask dressup parade", "🎃 🎭 👻", "costume mask parade dressed"),
    "fashion": _concept("style fashion outfit ootd look dress wear", "👗 👠 🕶️ 👜", "dress sunglasses hat scarf"),
    "smile": _concept("smile smiling laugh laughing laughter giggle grin", "😁 😄 😃", "smiling smile laughing smiles"),
    "sleep": _concept("sleep sleepy nap bed tired lazy sleeping", "😴 💤 🛌", "sleeping asleep laying bed"),
    "work": _concept("work working job hustle grind", "💼 👷 🛠️", "working worker construction"),
    "fountain": _concept("water splash wet rain soaked", "💧 💦 ☔ 🌧️", "fountain sprinkler wet rain"),
}
