"""Things that photos show and captions name: concept → its words in captions, its emojis, its words in descriptions.

Written by hand for everyday photos. Words are matched whole and in lower case; a plural "s" is taken off both sides.
"""

from caption_model.text.concepts import Concept, concept

CONCEPTS: dict[str, Concept] = {
    "dog": concept(
        "dog puppy pup doggo pupper woof bark paw pooch fetch pawsome", "🐶 🐕 🐾 🦮 🐩", "dog puppy poodle"
    ),
    "cat": concept("cat kitten kitty meow purr", "🐱 🐈 😺", "cat kitten"),
    "horse": concept("horse pony cowboy cowgirl rodeo", "🐴 🐎 🏇", "horse pony rodeo"),
    "bird": concept("bird seagull duck swan wing", "🐦 🕊️ 🦆 🦅 🦢", "bird seagull duck pigeon goose"),
    "beach": concept("beach sand sandy shore coast tropical vitamin island", "🏖️ 🏝️ 🐚 🌴 👙", "beach sand shore sandy"),
    "sea": concept("ocean sea wave salty saltwater tide bay", "🌊 🐬 🐳 🐠", "ocean sea wave surf"),
    "surf": concept("surf surfing surfer wave shred", "🏄 🏄‍♀️ 🏄‍♂️ 🤙", "surfer surfboard surfing"),
    "swim": concept("pool swim swimming swimmer dive splash float", "🏊 🏊‍♀️ 🏊‍♂️ 💦 🤿", "pool swimming swim splashing"),
    "lake": concept(
        "lake river pond creek dock kayak canoe boat sail waterfall",
        "⛵ 🚤 🛶 ⛴️ 🏞️",
        "lake river boat canoe kayak dock stream",
    ),
    "fishing": concept("fishing fish fisherman catch hooked", "🎣 🐟", "fishing fisherman"),
    "snow": concept("snow snowy winter snowflake frozen frosty cold", "❄️ ☃️ ⛄ 🌨️", "snow snowy"),
    "ski": concept(
        "ski skiing slope powder snowboard snowboarding chairlift",
        "⛷️ 🎿 🏂",
        "skier ski skiing snowboarder snowboard slope",
    ),
    "mountain": concept(
        "mountain hike hiking peak summit view trail altitude adventure wander",
        "🏔️ ⛰️ 🗻 🥾",
        "mountain hiker hiking cliff peak hill",
    ),
    "climb": concept("climb climbing climber rock rope cliff", "🧗 🧗‍♀️ 🧗‍♂️", "climber climbing climb"),
    "bike": concept(
        "bike bicycle cycling cyclist ride pedal biking", "🚲 🚴 🚴‍♀️ 🚴‍♂️ 🚵", "bike bicycle bicyclist cyclist biker"
    ),
    "motor": concept(
        "motorcycle moto bike engine race racing motocross dirt", "🏍️ 🏁", "motorcycle dirtbike motorbike racing"
    ),
    "car": concept("car drive driving road truck roadtrip wheel", "🚗 🚙 🏎️ 🚘", "car truck vehicle suv van"),
    "skate": concept(
        "skate skateboard skating skater skatepark ollie", "🛹", "skateboard skateboarder skateboarding skater"
    ),
    "soccer": concept("soccer football goal kick pitch futbol", "⚽ 🥅", "soccer"),
    "football": concept("football touchdown quarterback tailgate", "🏈", "football"),
    "basketball": concept("basketball hoop dunk baller court", "🏀 ⛹️", "basketball"),
    "baseball": concept("baseball softball pitcher homerun", "⚾ 🥎", "baseball pitcher batter"),
    "tennis": concept("tennis racket serve court", "🎾", "tennis"),
    "ice": concept("hockey ice rink skates", "🏒 ⛸️ 🥅", "hockey rink"),
    "run": concept("running runner race marathon sprint jog", "🏃 🏃‍♀️ 🏃‍♂️ 👟 🏅", "runner racing race track"),
    "jump": concept(
        "jump jumping leap fly flying air airborne flip", "🤸 🤸‍♀️ 🤸‍♂️", "jumping jump leaping jumps leaps midair"
    ),
    "baby": concept("baby toddler newborn tiny infant", "👶 🍼", "baby toddler infant"),
    "child": concept(
        "kid kiddo child children childhood son daughter niece nephew playtime",
        "🧒 👧 👦 🧸",
        "child children boy girl kid",
    ),
    "girls": concept(
        "girl girls bestie besties ladies sister sisters queen squad", "👯 👭 👯‍♀️ 💅", "women girls ladies"
    ),
    "boys": concept("boys bros bro brothers lads guys crew gang", "👬 🤜 🤛", "men boys guys"),
    "woman": concept("she lady queen goddess hair", "💁‍♀️ 👩 💃", "woman lady"),
    "man": concept("king gentleman beard dude mister", "🧔 👨 🤵", "man guy"),
    "couple": concept(
        "lover couple boyfriend girlfriend soulmate date kiss darling",
        "💑 💏 👩‍❤️‍👨 👫",
        "couple kiss kissing embrace hugging",
    ),
    "family": concept(
        "family mom mum dad daddy mommy parents fam grandma grandpa father mother",
        "👪 👨‍👩‍👧 👨‍👩‍👧‍👦 👨‍👩‍👦",
        "family mother father parent",
    ),
    "friends": concept(
        "friends friend squad crew friendship gang together tribe", "👯 🫂", "friends group people crowd"
    ),
    "wedding": concept("wedding bride groom married bridesmaid", "👰 💒 💍 🤵", "wedding bride groom bridesmaid"),
    "birthday": concept("birthday cake candle bday candles", "🎂 🎈 🍰 🥳", "birthday cake balloon"),
    "food": concept(
        "food eat eating dinner lunch breakfast brunch yum yummy delicious pizza hungry cook cooking foodie meal",
        "🍕 🍔 🍽️ 🥗 🍝 🍳 🌮 🍟",
        "food eating dinner meal restaurant plate pizza",
    ),
    "sweet": concept("icecream sweet dessert chocolate candy cone", "🍦 🍨 🍭 🍫 🍩", "ice cream candy lollipop"),
    "drink": concept(
        "drink drinking beer wine cheers coffee cocktail tea champagne",
        "🍻 🍺 🍷 🥂 🍹 ☕ 🍸 🥤",
        "drinking drink beer wine bar glass cup",
    ),
    "dance": concept("dance dancing dancer ballet", "💃 🕺 👯‍♀️ 🩰", "dancing dancer dance dancers"),
    "music": concept(
        "music song guitar band sing singing concert stage drum",
        "🎸 🎤 🎶 🎵 🥁 🎷",
        "guitar singing band microphone stage instrument musician concert",
    ),
    "party": concept("party night celebrate celebration nightout", "🎉 🎊 🪩", "party celebrating celebration"),
    "city": concept(
        "city street urban downtown town building skyline nyc london explore",
        "🏙️ 🌆 🌃 🗽 🚕",
        "city street sidewalk building buildings downtown",
    ),
    "sunset": concept(
        "sunset sunrise sky golden dusk dawn horizon cloud clouds", "🌅 🌄 🌇 ☁️", "sunset sun sky silhouette"
    ),
    "flower": concept(
        "flower flowers rose bloom blossom garden spring petals", "🌸 🌺 🌷 🌹 🌻 🌼 💐", "flower garden"
    ),
    "park": concept("park grass picnic green field outdoors outside", "🌳 🌿 🍃 🌱", "grass park field grassy"),
    "forest": concept("forest wood tree nature leaf leaves autumn fall", "🌲 🍂 🍁 🌳", "forest wood tree leaves"),
    "camp": concept("camp camping tent campfire fire", "🏕️ ⛺ 🔥", "tent camping campfire fire"),
    "playground": concept("playground swing slide play playing", "🛝 🎠", "swing playground slide"),
    "costume": concept("costume halloween cosplay mask dressup parade", "🎃 🎭 👻", "costume mask parade dressed"),
    "fashion": concept("style fashion outfit ootd look dress wear", "👗 👠 🕶️ 👜", "dress sunglasses hat scarf"),
    "smile": concept("smile smiling laugh laughing laughter giggle grin", "😁 😄 😃", "smiling smile laughing smiles"),
    "sleep": concept("sleep sleepy nap bed tired lazy sleeping", "😴 💤 🛌", "sleeping asleep laying bed"),
    "work": concept("work working job hustle grind", "💼 👷 🛠️", "working worker construction"),
    "fountain": concept("water splash wet rain soaked", "💧 💦 ☔ 🌧️", "fountain sprinkler wet rain"),
}
