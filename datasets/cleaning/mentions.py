"""User tags, and the credits and prepositions that introduce them."""

import regex

from datasets.cleaning.word_lists import word_list

HANDLE = r"(?<![\w.])[@＠](?:\w[\w.]*\w|\w)(?:['’]s)?"
HANDLES = rf"{HANDLE}(?:(?:\s*[,&+|/•·x]\s*|\s+and\s+|\s+)*{HANDLE})*"
CAMERA = r"(?:[📷📸🎥📹🎬🖊📝✍💇💄💅🎨🔁♻🔃🔄👗👚👠👜👙]\ufe0f?\s*)"
NOUN = (
    r"(?:photo(?:graph|graphed|graphy|grapher|s|cred)?|pic(?:ture|s)?|image|img|shot|shoot|video|vid|film|filmed"
    r"|captured"
    r"|taken|hair|make-?up|mua|mu|hmu|glam(?:med)?|nails|skin|brows|lashes|tan|styl(?:e|ed|ing|ist)|wardrobe|outfit"
    r"|dress(?:ed)?|suit|top|jewel(?:s|lery|ry)|shoes|bag|art|artwork|edit(?:ed)?|design(?:ed)?|concept|direct(?:or|ed)"
    r"|choreo(?:graphy)?|creative|location|venue|model|muse|snapped|ig|insta(?:gram)?|c|p|by|music|animation|team"
    r"|project)"
)
SIGN = r"(?:cr|credits?|pc|ph|mua|hmu|via|repost(?:ed)?|regram|rp|rg|cc|h/t|tag|follow|courtesy of|thanks to)"
JOINED = rf"(?:[ ]*(?:{NOUN}|and|&|\+|/)\b)*"
LINK = r"(?:[ ]*(?:[:;=\-–—|>/→👉➡•]\ufe0f?|\b(?:by|of|from)\b))+"
CREDIT = regex.compile(
    rf"(?i)[(\[\-–—|/]*\s*(?:{CAMERA}+{JOINED}(?:{LINK})?|\b{NOUN}{JOINED}{LINK}|^[ ]*{NOUN}{JOINED}"
    rf"|\b{SIGN}\b(?:{LINK})?)"
    rf"[ ]*{HANDLES}[ ]*[)\]]?",
    regex.M,
)
CREDIT_LINE = regex.compile(
    rf"(?m)^[^\w\n@]*(?:[\p{{L}}/&+]+[ ]+){{0,3}}[\p{{L}}/&+]+\s*[:|•=\-–—]+\s*{HANDLES}[^\w\n]*$"
)
COLON_CREDIT = regex.compile(rf"(?:(?<=\s)|^):\s*{HANDLES}")
CAMERA_LEFT = regex.compile(r"(?:\s*[📷📸])+\s*$")
RUN = regex.compile(HANDLES)
REMOVABLE = r"(?:with|w/?|by|from|via|feat\.?|ft\.?|x|alongside|plus|\+|&|featuring)"
WITH_RUN = regex.compile(rf"(?i)[(\[]?(?:(?<![\w]){REMOVABLE}\s*(?:(?:the|my|our)\s+)?)?{HANDLES}[)\]]?")
SPACE_LEFT = regex.compile(r"(?<=\w) +(?=[.,!?;](?:\s|$))")
LAST_WORD = regex.compile(r"([\p{L}'/&+]+)\W*$")
FIRST_CHARACTER = regex.compile(r"[\p{L}\p{N}]")
SENTENCE_END = regex.compile(r"(?:^|[.!?…\n)\"]|[\p{Extended_Pictographic}\ufe0f])\s*$")


def credits(text: str) -> str:
    """Take out "📷 @x", "photo by @x", "Hair: @x", ": @x" with what introduces them."""
    if "@" not in text and "＠" not in text:
        return text
    without = CREDIT_LINE.sub("", COLON_CREDIT.sub(" ", CREDIT.sub(" ", text)))
    return text if without == text else CAMERA_LEFT.sub("", without)


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
    return word is not None and word[1].lower() in word_list("mention_hinges")


def mentions(text: str) -> str:
    """Take user tags out, with a preposition that leads to them."""
    if "@" not in text and "＠" not in text:
        return text
    return SPACE_LEFT.sub("", WITH_RUN.sub(" ", text))
