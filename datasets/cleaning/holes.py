"""Sentences with a hole: a mention, name or emoji was cut out of them before we got them.

The tell-tale is a pair of words or marks that English does not put together ("great night with at his concert").
"""

import regex

from datasets.cleaning.leftovers import PICTURE

AUXILIARY = r"(?:is|was|are|were|has|have|had|will|does|did)"
PREPOSITION = r"(?:at|for|on|from|by|with|to|of|in)"
PAIRS = regex.compile(
    rf"(?i)(?<!\w)(?:(?:with|w/)\s+(?:at|for|on|from|by|with|to|of|and(?!\s+without)|or(?!\s+without)|{AUXILIARY}|w/)\b"
    rf"|by\s+(?:and(?!\s+by)|for|with|from|by|of|at|on|{AUXILIARY})\b"
    rf"|(?:the|a|an|my|our|your)\s+(?:and|or|with|by|for|of|at|to|from|in|is|was|are|were|has|have|my|the|a|you|he|she|they|we)\b(?!-)"
    rf"|(?:of|from)\s+(?:is|was|are|were|has|and|for|with|by|of|to(?!\s+\w+ing)|at(?!\s+(?:least|home)))\b"
    rf"|to\s+(?:is|was|are|were|has|and(?!\s+(?:from|fro))|with|by|of|at)\b"
    rf"|for\s+(?:is|was|are|were|and|by|of|to|for|at(?!\s+least)|with(?!out))\b"
    rf"|and\s+(?:and|or|of|{PREPOSITION}\s+{PREPOSITION})\b"
    rf"|at\s+(?:is|was|are|and|for|with|by|of|to|at|in)\b"
    rf"|thank\s+(?:for|and|to|so)\b|thanks\s+(?:and|to\s+for)\b|happy\s+(?:birthday\s+)?to\s+(?:and|,)"
    rf"|(?:love|miss|meet)\s+(?:and|is|for|at|with|to\s+is)\s+(?:is|his|her)\b)"
)
CUT_PAIR = regex.compile(
    r"(?i)(?<!\w)(?:with|by|and|the|a|an|my|our|your|of|from|w/|&|to)\s+(?:[,;:!?]|\.(?!\.)|&\s|\)|\+)"
)
SPACED_MARK = regex.compile(r"(?<=[\p{L}\p{N}'\"]) +(?:[,;](?=\s|$)|\.(?=\s|$)|:(?=\s[\p{L}\p{N}]|$)|'s?\b)")
PICTURE_HOLE = regex.compile(
    rf"(?i)(?<!\w)(?:with|by|w/|from|and|&|the|a|an|my|our|your|to|of)\s*{PICTURE}+\s*(?:[&,+]|(?:and|at|for|is|on|in|from|by|with|you|w/)\b)",
    regex.V1,
)
START = regex.compile(
    r"(?:^|(?<=[.!?]\s))(?:and|is|was|are|has|have|'s|of|by|for being|got me|with)\s+(?:is|was|has|have|been|are|by|and|of)\b"
)
TRAILING = regex.compile(
    rf"(?i)(?<!\w)(?:(?P<hinge>the|a|an|my|our|your|their|and|or|of|than|because|&|w/|by|i'm|it's|are|were|wearing|thanks to|thank you to|congrats to"
    rf"|new|at|starring|cover of|along with)|(?P<open>to|for|from|with|in|on|is))"
    rf"(?:\s|[,:\-–—.!]|{PICTURE})*$",
    regex.V1,
)
# Sentences that may end in a preposition: questions, relative clauses, phrasal verbs.
OPEN_END = regex.compile(
    r"(?i)\b(?:wh(?:at|o|ere|om|ich|y)|how|that|something|someone|somewhere|nothing|everything|anything|worth|live|die|place|all i|one i|"
    r"come|going|bring|dream|turn(?:ed)?|log(?:ged)?|hold|move|keep|carry|rock|game|let'?s|let|check(?:ed)?|tun(?:e|ed)|right|lean|drive|"
    r"way|it|moving|hang|hanging|put|stay|cuddle|dressed|dive|diving|driving|things?|reasons?|want(?:ed)? to|need(?:ed)? to|have to|try to|you to|i'd love to|"
    r"lets|reach(?:ed)?|walk(?:ing)?|locked|light|lights|camera|sleep(?:ing)?|weigh|fun|head|tag|soaring|party|sleeves?|hat|shades|glasses|mask|vibes?|weather|weekend|season|mode|day|night|love|fall|back|sunk|soak(?:ing)?|blend(?:ing)?|chill|summer|winter|autumn|spring|christmas|jump(?:ed)?|zoom(?:ed)?|snuggle|bundle)\b"
)
LABELS = regex.compile(
    r"(?i)\b(?:styled|photo|pic|shot|hair|make-?up|mua|mu|glam(?:med)?|dress(?:ed)?|outfit|nails|photographer|stylist|wearing|directed|design(?:ed|er)?|jewelry|jewellery|"
    r"shoes|art|video|credits?|repost|via|edited|prod(?:uced)?|choreo(?:graphy)?|birthed|written|concept|beat|pc)\b(?:\s*(?:by|done by|from))?\s*[:\-–—]\s*(?=$|[^\s\p{L}]|\p{L}+[ ]*(?:by)?[ ]*:)"
    r"|\b(?:photo(?:graph(?:ed|y|s)?|s)?|pics?|pictures?|styled|hair|make-?up|glam(?:med)?|shot|directed|captured|designed|video|edit|art|drawing|"
    r"face|beat|look|looks|nails|illustration|painting|sketch|outfit|wardrobe|dressed?)\s+(?:\w+\s+)?by\b"
)
MASK = regex.compile(r"(?i)(?<!\w)@(?=\s|$)|\buser\s+user\b")


def broken_sentence(text: str) -> bool:
    """A word is missing inside the text or at its end."""
    if PAIRS.search(text) or CUT_PAIR.search(text) or SPACED_MARK.search(text) or START.search(text):
        return True
    if MASK.search(text) or (not text.isascii() and PICTURE_HOLE.search(text)):
        return True
    match = TRAILING.search(text)
    if match is None or "?" in text[match.start() :]:
        return False
    if match["hinge"] is not None:
        # "me and the ... " trails off on purpose
        return ".." not in text[match.start() :] and not regex.search(
            r"(?i)\b(?:that|who|what|where) \w+(?:'re)? (?:are|were|at|of)\W*$", text
        )
    return ".." not in text[match.start() :] and OPEN_END.search(text, 0, match.start()) is None


def credits_list(text: str) -> bool:
    """Who took the photo or did the hair: "Styled by:", "photo by", with or without the name."""
    return LABELS.search(text) is not None
