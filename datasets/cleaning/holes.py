"""Sentences with a hole: a mention, name or emoji was cut out of them before we got them.

The tell-tale is a pair of words or marks that English does not put together ("great night with at his concert").
"""

import regex

from datasets.cleaning.leftovers import PICTURE

AUXILIARY = r"(?:is|was|are|were|has|have|had|will|does|did)"
PREPOSITION = r"(?:at|for|on|from|by|with|to|of|in)"
PAIRS = regex.compile(
    r"(?i)(?<!\w)(?:"
    rf"(?:with|w/)\s+(?:at|for|on|from|by|with|to|of|and(?!\s+without)|or(?!\s+without)|{AUXILIARY}|w/)\b"
    rf"|by\s+(?:and(?!\s+by)|for|with|from|by|of|at|on|{AUXILIARY})\b"
    r"|(?:the|a|an|my|our|your)\s+(?:and|or|with|by|for|of|at|to|from|is|was|are|were|has|have|my|the|a|you|he|she|they"
    r"|we)\b(?!-)"
    r"|(?:of|from)\s+(?:is|was|are|were|has|and|for|with|by|of|to(?!\s+\w+ing)|at(?!\s+(?:least|home)))\b"
    r"|(?<!\b(?:been|go|going|used|want|get|way)\s)to\s+(?:is|was|are|were|has|and(?!\s+(?:from|fro))|with|by|of|at)\b"
    r"|for\s+(?:is|was|are|were|and|by|of|to|for|at(?!\s+least)|with(?!out))\b"
    rf"|and\s+(?:and|or|of|{PREPOSITION}\s+{PREPOSITION})\b"
    r"|at\s+(?:is|was|are|and|for|with|by|of|to|at|in)\b"
    r"|(?<!\b(?:am|was|do|and|than|as|should|did|to)\s)i\s+(?:you|him|my|the|her)\b|\byou\s+at\s+(?:is|please)\b"
    r"|thank\s+(?:for|and|to|so)\b|thanks\s+(?:and|to\s+for)\b|happy\s+(?:birthday\s+)?to\s+(?:and|,)"
    r"|(?:is|was|are)\s+(?:delight|pleasure|honor)\s"
    r")"
)
CUT_PAIR = regex.compile(
    r"(?i)(?<!\w)(?:with|by|and|the|a|an|my|our|your|of|from|w/|&|to)\s+(?:[,;:!?]|\.(?!\.)|&\s|\)|\+)"
)
CUT_BEFORE_MARK = regex.compile(
    r"(?i)(?<!\w)(?:with|by|and|the|a|an|my|our|your|of|from|w/|&|to|for|at|in|on|is|thanks|love|miss|meet|thank you)"
    r"\s+[.,;:!?](?=\s|$)"
)
SPACED_MARK = regex.compile(r"(?<=[\p{L}\p{N}'\"]) +(?::(?=\s[\p{L}\p{N}]|$)|'s\b)|\s\|\s")
CAPITAL_PAIR = regex.compile(
    r"(?<=\p{Ll}\s|^)(?:[Ww]ith|[Bb]y|from|for|and|the|[Mm]y|to|of|at|a|in)\s+"
    r"(?:Thank|Thanks|What|Get|Can|We|You|She|He|They|It|It's|This|So|Just|Love|Don't|Can't|How|Who|When|Happy|But|And"
    r"|Here|Let's|Check|See|Go|Such|Best|Proud)\b(?!\s+\p{Lu})"
)
ME_AND = regex.compile(
    r"(?i)(?:\b(?:me|him)|^(?:my|and|&) \w+)\s+(?:and|&)\s+(?:were|was|is|are|has|have|had|at|in|on|for|being|doing)\b"
)
PICTURE_HOLE = regex.compile(
    r"(?i)(?<!\w)(?:with|by|w/|from|and|&|the|a|an|my|our|your|to|of)\s*"
    rf"{PICTURE}+\s*(?:[&,+]|(?:and|at|for|is|on|in|from|by|with|you|w/)\b)",
    regex.V1,
)
START = regex.compile(
    r"(?:^|(?<=[.!?]\s))(?:(?:and|is|was|are|has|have|'s|of|by|for being|got me|with)\s+(?:is|was|has|have|been"
    r"|are|by|and|of)\b"
    r"|(?:has|was|were|is|are)\s[^?]*$|'s\s)"
)
TRAILING = regex.compile(
    r"(?i)(?<!\w)(?:(?P<hinge>the|a|an|my|our|your|their|and|or|of|than|because|&|w/|by|i'm|it's|are|were|wearing"
    r"|thanks to|thank you to|congrats to|i'd rather|starring|cover of|along with|is delight to|someone you)"
    r"|(?P<open>to|for|from|with|in|on|is))"
    rf"(?:\s|[,:\-–—.!]|{PICTURE})*$",
    regex.V1,
)
# "She is my ❤️": the emoji is the word.
OWN_PICTURE = regex.compile(rf"(?i)\b(?:my|our|your|the|a|is|to|in|for|i|this)\s*{PICTURE}+\W*$", regex.V1)
# Sentences that may end in a preposition: questions, relative clauses, phrasal verbs.
OPEN_END = regex.compile(
    r"(?i)\b(?:wh(?:at|o|ere|om|ich|y)|how|that|something|someone|somewhere|nothing|everything|anything|worth|live|die"
    r"|place|all i|one i|come|going|bring|dream|turn(?:ed)?|log(?:ged)?|hold|move|keep|carry|rock|game|let'?s|let"
    r"|check(?:ed)?|tun(?:e|ed)|right|lean|drive|way|it|moving|hang|hanging|put|stay|cuddle|dressed|dive|diving|driving"
    r"|things?|reasons?|want(?:ed)? to|need(?:ed)? to|ha[dsv]e? to|try to|you to|love to|not to|lets|reach(?:ed)?"
    r"|walk(?:ing)?"
    r"|locked|lights?|camera|sleep(?:ing)?|weigh|fun|head|soaring|party|sleeves?|hats?|shades|glasses|mask|vibes?"
    r"|weather"
    r"|weekends?|season|mode|days?|nights?|love|fall|back|sunk|soak(?:ing)?|blend(?:ing)?|chill|summer|winter|autumn"
    r"|spring|christmas|jump(?:ed)?|zoom(?:ed)?|snuggle|bundle|game face|on to|had|cave|caving|gave|give"
    r"|kick(?:ing|ed)?)\b"
)
RELATIVE_END = regex.compile(
    r"(?i)\b(?:that|who|what|where|how|whoever|whatever) [\w']+(?: [\w']+)? ?(?:are|were|at|of|is)\W*$"
    r"|\b(?:i|you|he|she|it|we|they|we're|you're|i'm|it's|there|here) (?:are|were|is|was|am|at|on|in|to|for)\W*$"
)
CREDITS = regex.compile(
    r"(?i)\b(?:styled|photo|pic|shot|hair|make-?up|mua|mu|glam(?:med)?|dress(?:ed)?|outfit|nails|photographer|stylist"
    r"|wearing|directed|design(?:ed|er)?|jewelry|jewellery|shoes|art|video|credits?|repost|via|edited|prod(?:uced)?"
    r"|choreo(?:graphy)?|birthed|written|concept|beat|pc)\b(?:\s*(?:by|done by|from))?\s*[:\-–—]\s*"
    r"(?=$|[^\s\p{L}]|\p{L}+[ ]*(?:by)?[ ]*:)"
    r"|\b(?:photo(?:graph(?:ed|y|s)?|s)?|pics?|pictures?|styled|hair|make-?up|glam(?:med)?|shot|directed|captured"
    r"|designed"
    r"|video|edit|art|drawing|face|beat|look|looks|nails|illustration|painting|sketch|outfit|wardrobe|dressed?)"
    r"\s+(?:\w+\s+)?by\b(?! the\b| me\b| myself\b)"
    r"|\b(?:romper|dress|heels|top|jeans|skirt|bag|shoes|sunglasses|shirt|jacket|hat|coat|bikini|assistants?"
    r"|manager|dop"
    r"|model|mua|photo|pic|styling|stylist|makeup)\s*:"
    r"|oooo - |\bcreative direction\b|\bhair make ?up\b|\bmake ?up hair\b|\bdress hair\b|\bphoto cred\b"
)
ROLE_END = regex.compile(
    r"[.!?…\p{Extended_Pictographic}\ufe0f]\s*(?:Model|Music|Animation|Image|Painting|Photographer|Photography|Project"
    r"|Assistants?|Make ?up|Hair"
    r"|Stylist|Styling|Video|DOP|Produced|Directed|Sunglasses|Shirt|Dress)\b[^.!?]{0,40}$"
)
DATED = regex.compile(r"\b\d{1,2}[./]\d{1,2}[./](?:19|20)?\d{2}\b|\b(?:19|20)\d\d\b|(?<!\w)'\d\d\b")
MASK = regex.compile(r"(?i)(?<!\w)@(?=\s|$)|\buser\s+user\b")


def missing_word(text: str) -> bool:
    """A mark that stands alone after a word which needs another one: "hope you like it by ."."""
    return CUT_BEFORE_MARK.search(text) is not None


def broken_sentence(text: str) -> bool:
    """A word is missing inside the text or at its end."""
    if any(pattern.search(text) for pattern in (PAIRS, CUT_PAIR, SPACED_MARK, START, ME_AND, MASK)):
        return True
    if not text.istitle() and CAPITAL_PAIR.search(text):
        return True
    if not text.isascii() and PICTURE_HOLE.search(text):
        return True
    match = TRAILING.search(text)
    if match is None or OWN_PICTURE.search(text):
        return False
    end = text[match.start() :]
    if "?" in end or ".." in end:  # a question, or trailing off on purpose
        return False
    if match["hinge"] is not None:
        return RELATIVE_END.search(text) is None
    return OPEN_END.search(text, 0, match.start()) is None and RELATIVE_END.search(text) is None


def credits_list(text: str) -> bool:
    """Who took the photo or did the hair: "Styled by:", "photo by", with or without the name."""
    return CREDITS.search(text) is not None or ROLE_END.search(text) is not None


def dated(text: str) -> bool:
    """Bound to a date or year: true of that photo only."""
    return DATED.search(text) is not None
