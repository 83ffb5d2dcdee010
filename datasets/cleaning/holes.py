"""Sentences with a hole: a mention, name or emoji was cut out of them before we got them.

The tell-tale is a pair of words or marks that English does not put together ("great night with at his concert").
"""

import regex

from datasets.cleaning.stranded import MOVING, may_end
from datasets.cleaning.tails import PICTURE, at_end

AUXILIARY = r"(?:is|was|are|were|has|have|had|will|does|did)"
PREPOSITION = r"(?:at|for|on|from|by|with|to|of|in)"
PAIRS = regex.compile(
    r"(?i)(?<!\w)(?:"
    rf"(?:with|w/)\s+(?:at|for|on|from|by|with|to|of|and(?!\s+without)|or(?!\s+without)|{AUXILIARY}|w/)\b"
    rf"|(?<!\b{MOVING}\s+(?:right\s+)?)by\s+(?:and(?!\s+by)|for|with(?!\s+a\b)|from|by|of|at|on|{AUXILIARY})\b"
    r"|(?:the|(?<!\b(?:side|plan|type|vitamin|grade|option|part|line|size)\s)a|an|my|our"
    r"|your)\s+(?!to\s*-?\s*do\b)(?:and|or|with|by|for|of|at|to|from|is|was|are|were|has|have|my|the|a|you|he|she|they"
    r"|we)\b(?!-)"
    r"|(?:of|(?<!\b(?:choose|pick|come|coming|came|i'm|am|are|he's|she's|they're|we're|escape|eat"
    r"|drink)\s)from)\s+(?:is|was|are|were|has|and|for|with|by|of|to(?!\s+\w+ing)|at(?!\s+(?:least|home)))\b"
    r"|(?<!\b(?:been|go|going|used|wants?|get|way|listen\w*|loyalty|talk\w*|look\w*|danc\w*|wave[ds]?|have|need|got"
    r"|had)\s)"
    r"to\s+(?:is|was|are|were|has|and(?!\s+(?:from|fro))|with|by|of|at(?!\s+(?:least|most|all)))\b"
    r"|(?<!\b(?:ask(?:ed)?|beg(?:ged)?|look(?:ed|ing)?|hop(?:ed|ing)|wish(?:ed)?|stand|wait(?:ed|ing)?|pay|paid"
    r"|live[ds]?|care[ds]?)\s)"
    r"for\s+(?:is|was|are|were|and|by|of|to|for|at(?!\s+least)|with(?!out))\b"
    rf"|and\s+(?:and|or|of(?!\s+course)|{PREPOSITION}\s+{PREPOSITION})\b"
    r"|at\s+(?:is|was|are|and|for|with|by|of|to|at|in)\b"
    r"|(?<!\b(?:am|was|do|and|than|as|should|did|to)\s)i\s+(?:you|him|my|the|her)\b|\byou\s+at\s+(?:is|please)\b"
    r"|thank\s+(?:for|and|to|so)\b|(?<!\b(?:no|say|says|said|many|my)\s)thanks\s+(?:and|to\s+for)\b"
    r"|happy\s+(?:birthday\s+)?to\s+(?:and|,)"
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
    r"(?:Thank|Thanks|What|Get|Can|We|You|She|He|They|It|It's|This|So|Just|Don't|Can't|How|Who|When|Happy|But|And"
    r"|Here|Let's|Check|See|Go|Such|Best|Proud)\b(?!\s+\p{Lu})"
)
ME_AND = regex.compile(
    r"(?i)(?:(?<!\b(?:than|on|to|at|for|with|of|from|behind|like|over|under|beside|past|around|by|about)\s)\b(?:me|him)"
    r"|^(?:my|and|&) \w+)\s+(?:and|&)\s+(?:were|was|is|are|has|have|had|at|in|on|for|being|doing)\b"
)
PICTURE_HOLE = regex.compile(
    r"(?i)(?<!\w)(?:with|by|w/|from|and|&|the|a|an|my|our|your|to|of)\s*"
    rf"{PICTURE}+\s*(?:[&,+]|(?:and|at|for|is|on|in|from|by|with|you|w/)\b)",
    regex.V1,
)
START = regex.compile(
    r"(?:^|(?<=[.!?]\s))(?:(?:and|is|was|are|has|have|'s|of|by|for being|got me|with)\s+(?:is|was|has|have|been"
    r"|are|by|and|of)\b"
    # A question may go without its mark: "are we there yet, asked the driver".
    r"|(?:has|was|were|is|are)\s(?!(?:i|it|he|she|we|you|they|there|this|that|these|those|anyone|anybody)\b)[^?]*$"
    r"|'s\s)"
)
HINGE = at_end(
    r"(?i)(?<![\w'])(?:the|(?<!\b(?:side|plan|type|vitamin|grade|option|part|line|size)\s)a|an|(?<!\boh,?\s)my|our"
    r"|your|their"
    r"|and|(?-i:or|Or)|than|(?<!\b(?:just|well|only)\s)because|&|w/|i'm|it's|are|were|wearing|thanks to"
    r"|thank you to|congrats to"
    r"|i'd rather|starring|cover of|along with|is delight to|someone you)"
)
OPEN = at_end(r"(?i)(?<![\w'.])(?:to|for|from|with|in|(?-i:on|On)|is|of|by)")
END_MARKS = at_end(rf"(?:\s|[,:\-–—.!]|{PICTURE})*")
# "She is my ❤️": the emoji is the word.
OWN_PICTURE = regex.compile(rf"(?i)\b(?:my|our|your|the|a|is|to|in|for|i|this)\s*{PICTURE}++\W*$", regex.V1)
# Sentences that may end in a preposition: questions, relative clauses, phrasal verbs.
OPEN_END = regex.compile(
    r"(?i)\b(?:wh(?:at|o|ere|om|ich|y)|how|that|something|someone|somewhere|nothing|everything|anything|worth|live|die"
    r"|place|all i|one i|come|going|bring|dream|turn(?:ed)?|log(?:ged)?|hold|move|keep|carry|rock|game|let'?s|let"
    r"|check(?:ed)?|tun(?:e|ed)|right|lean|drive|way|it|moving|hang|hanging|put|stay|cuddle|dressed|dive|diving|driving"
    r"|things?|reasons?|want(?:ed)? to|need(?:ed)? to|ha[dsv]e? to|try to|you to|love to|not to|lets|reach(?:ed)?"
    r"|lights?|camera|weigh|fun|head|party|mode|love|fall|back|summer|winter|autumn|spring|christmas|on to|had|gave"
    r"|give)\b"
)
RELATIVE_END = regex.compile(
    r"(?i)\b(?:as|like|than|where|wherever|whatever|whoever|what|how|true|they|both|life|mind|ones?"
    r"|places?) (?:[\w'-]+ ){0,5}"
    r"(?:is|are|were)\W*$|[,.;] ?(?:but )?(?:[\w'-]+ ){1,3}(?:is|are)\W*$|"
    r"(?i)\b(?:that|who|what|where|how|whoever|whatever) [\w']+(?: [\w']+)? ?(?:are|were|at|of|is)\W*$"
    r"|\b(?:i|you|he|she|it|we|they|we're|you're|i'm|it's|there|here) (?:are|were|is|was|am|at|on|in|to|for)\W*$"
)
CREDITS = regex.compile(
    r"(?i)\b(?:styled|photo|pic|shot|hair|make-?up|mua|mu|glam(?:med)?|dress(?:ed)?|outfit|nails|photographer|stylist"
    r"|wearing|directed|design(?:ed|er)?|jewelry|jewellery|shoes|art|video|credits?|repost|via|edited|prod(?:uced)?"
    r"|choreo(?:graphy)?|birthed|written|concept|beat|pc)\b(?:\s*(?:by|done by|from))?\s*[:\-–—]\s*"
    r"(?=$|[^\s\p{L}]|\p{L}+[ ]*(?:by)?[ ]*:)"
    r"|\b(?:photo(?:graph(?:ed|y|s)?|s)?|pics?|pictures?|styled|hair|make-?up|glam|shot|directed|captured|designed"
    r"|video|edit|art|drawing|face|beat|look|looks|nails|illustration|painting|sketch|outfit|wardrobe|dressed?)"
    r"\s+(?:(?:done|taken|made|shot|captured|created|styled|edited|recently|today|credits?|cred|kurta)\s+){0,2}by\b"
    r"(?! (?:the|me|myself|wind|sun\w*|rain|nature|almost|about|accident|mistake|chance|hand|\d+|\w+light|\w+ing)\b)"
    r"|\b(?:romper|dress|heels|top|jeans|skirt|bag|shoes|sunglasses|shirt|jacket|hat|coat|bikini|assistants?"
    r"|manager|dop"
    r"|model|mua|photo|pic|styling|stylist|makeup)\s*:(?=\s*(?:$|[^\s\p{L}]|\p{Lu}))"
    r"|oooo - |\bcreative direction\b|\bhair make ?up\b|\bmake ?up hair\b|\bdress hair\b|\bphoto cred\b"
)
ROLE_END = regex.compile(
    r"[.!?…\p{Extended_Pictographic}\ufe0f]\s*(?:Model|Music|Animation|Image|Painting|Photographer|Photography|Project"
    r"|Assistants?|Make ?up|Hair(?!:)|Stylist|Styling|Video|DOP|Produced|Directed|Sunglasses|Shirt"
    r"|Dress)\b[^.!?]{0,40}$"
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
    return not OWN_PICTURE.search(text) and _ends_open(text)


def _start_of_marks(text: str) -> int:
    match = END_MARKS.match(text)
    return len(text) if match is None else match.start()


def _ends_open(text: str) -> bool:
    """The last word needs another one after it."""
    end = _start_of_marks(text)
    marks = text[end:]
    if "?" in marks or ".." in marks:  # a question, or trailing off on purpose
        return False
    if HINGE.match(text, 0, end):
        return RELATIVE_END.search(text) is None
    match = OPEN.match(text, 0, end)
    if match is None or OPEN_END.search(text, 0, match.start()) or RELATIVE_END.search(text):
        return False
    return not may_end(text, match.start(), match[0])


def credits_list(text: str) -> bool:
    """Who took the photo or did the hair: "Styled by:", "photo by", with or without the name."""
    return CREDITS.search(text) is not None or ROLE_END.search(text) is not None


def dated(text: str) -> bool:
    """Bound to a date or year: true of that photo only."""
    return DATED.search(text) is not None
