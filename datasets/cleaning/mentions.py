"""User tags, and the credits and prepositions that introduce them."""

import regex

HANDLE = r"(?<![\w.])[@＠][ ]?(?:\w[\w.]*\w|\w)(?:['’]s)?"
HANDLES = rf"{HANDLE}(?:(?:\s*[,&+|/•·x]\s*|\s+and\s+|\s+)*{HANDLE})*"
CAMERA = r"(?:[📷📸🎥📹🎬🖊📝✍💇💄💅🎨🔁♻🔃🔄👗👚👠👜👙]\ufe0f?\s*)"
LABEL = (
    r"(?:photo(?:graph|graphed|graphy|grapher|s|cred)?|pic(?:ture|s)?|image|img|shot|shoot|video|vid|film|filmed|captured|taken"
    r"|hair|make-?up|mua|mu|hmu|glam(?:med)?|nails|skin|brows|lashes|tan|styl(?:e|ed|ing|ist)|wardrobe|outfit|dress(?:ed)?|suit|top|jewel(?:s|lery|ry)"
    r"|shoes|bag|art|artwork|edit(?:ed)?|design(?:ed)?|concept|director|directed|choreo(?:graphy)?|creative|location|venue|model"
    r"|muse|cr|credits?|courtesy|pc|ph|📸|via|repost(?:ed)?|regram|rp|rg|tag|cc|h/t|feat|ft|follow|thanks to|snapped|styled|ig|insta(?:gram)?|by|c|p)"
)
CREDIT = regex.compile(
    rf"(?i)[(\[\-–—|/]*\s*(?:{CAMERA}+(?:{LABEL}\b)?|\b{LABEL}\b)(?:[ ]*(?:{LABEL}|by|of|from|and|&)\b)*[ ]*(?:[:;=\-–—|>/→👉➡.]\ufe0f?[ ]*)*{HANDLES}[ ]*[)\]]?"
)
COLON_CREDIT = regex.compile(rf"(?:(?<=\s)|^):\s*{HANDLES}")
RUN = regex.compile(HANDLES)
REMOVABLE = r"(?:with|w/?|by|from|via|feat\.?|ft\.?|x|alongside|plus|\+|&|featuring)"
WITH_RUN = regex.compile(rf"(?i)[(\[]?(?:(?<![\w]){REMOVABLE}\s*(?:(?:the|my|our)\s+)?)?{HANDLES}[)\]]?")
LAST_WORD = regex.compile(r"([\p{L}'/&+]+)\W*$")
FIRST_CHARACTER = regex.compile(r"[\p{L}\p{N}]")
# A sentence that ends in one of these needs the name that follows it.
HINGES = frozenset(
    "a an the my your our his her their this that and or of to at for on in into as is are was were be am it's he's she's i'm "
    "meet love loves loved wearing wear using like than about between told tell says said see watch join follow visit"
    " miss missing congratulations congrats because when me".split()
)
SENTENCE_END = regex.compile(r"(?:^|[.!?…\n)\"]|[\p{Extended_Pictographic}\ufe0f])\s*$")


def credits(text: str) -> str:
    """Take out "📷 @x", "photo by @x", "Hair: @x", ": @x" with what introduces them."""
    if "@" not in text and "＠" not in text:
        return text
    return COLON_CREDIT.sub(" ", CREDIT.sub(" ", text))


def mention_in_sentence(text: str) -> bool:
    """A sentence hinges on a user tag: without it, it is broken."""
    if "@" not in text and "＠" not in text:
        return False
    return any(_hinges(text, match) for match in RUN.finditer(text))


def _hinges(text: str, match: "regex.Match[str]") -> bool:
    before = text[: match.start()]
    after = text[match.end() :].split("\n", 1)[0]
    before = before.rsplit("\n", 1)[-1]
    following = regex.sub(r"[#＃]\w+", "", after)
    first = FIRST_CHARACTER.search(following)
    starts_sentence = SENTENCE_END.search(before) is not None
    if match[0].endswith(("'s", "’s")):
        return first is not None or not starts_sentence
    if first is not None:
        gap = following[: first.start()]
        closes = regex.search(r"[.!?…]|\p{Extended_Pictographic}", gap) is not None
        if not closes and (not starts_sentence or not first[0].isupper()):
            return True
    if starts_sentence:
        return False
    word = LAST_WORD.search(before)
    return word is not None and word[1].lower() in HINGES


def mentions(text: str) -> str:
    """Take user tags out, with a preposition that leads to them."""
    if "@" not in text and "＠" not in text:
        return text
    return WITH_RUN.sub(" ", text)
