"""Captions that sell, announce or ask for reach, that name a brand, and posts that an app wrote."""

import re

from datasets.cleaning.word_lists import word_list

WORD = re.compile(r"[^\W\d_][\w'&-]*")
DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
MONTHS = "january february march april may june july august september october november december"
MONTH_DAY = r"(?:jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}(?:st|nd|rd|th)?"
TIME = (
    rf"(?:now|today|tonight|tomorrow|tmrw|soon|worldwide|everywhere|midnight|at midnight|this (?:week|{DAY})|{DAY}"
    rf"|on \w+ \d+|{MONTH_DAY}|\d+[/.]\d+|in \d+ (?:days?|hours?|weeks?))"
)
SALE = (
    r"(?:available|live|online|streaming|launch(?:es|ing)?|drop(?:s|ping)?|premier(?:es?|ing)|airs?|airing"
    r"|releas(?:es?|ing))"
)
WORK = (
    r"(?:single|album|song|track|ep|video|episode|movie|film|book|series|blog(?: ?post)?|post|collection|line"
    r"|lipsticks?"
    r"|lip ?kits?|app|fragrance|perfume|palette|cover|issue|range|website|site|channel|snap|recipe|tutorial|launch"
    r"|drop)"
)
OWN_WORK = (
    r"(?:single|album|ep|episode|lip ?kits?|fragrance|perfume|palette|lipsticks?|collection|blog ?post|blog|website"
    r"|youtube|app|(?:clothing|swim|hair|denim) (?:line|series)|tutorial|(?:music|lyric) video|capsule)"
)
# Pattern by the words of which a match holds at least one: a pattern is tried only where one of its words is.
KEYED = (
    ("link links", r"\blinks? (?:in|on|at|is|are|below|to)\b"),
    ("bio profile", r"\b(?:in|on|at) (?:my |our |the |her |his )?(?:bio|profile)\b"),
    ("sale", r"\b(?:on|for|flash|pre) ?-?sale\b|\bsale (?:ends|now|on)\b"),
    ("off usd dollars bucks", r"\d ?% ?off\b|\b\d+ ?(?:usd|dollars|bucks)\b"),
    ("code", r"\b(?:promo|discount|coupon) ?code\b|\b(?:use|with|enter) (?:my |our |the )?code\b|\bcode:"),
    ("selling sold", r"\bselling (?:this|my|out)\b|\bsold out\b"),
    (
        "order shipping stock offer edition time",
        r"\b(?:pre|free) ?-?(?:order|shipping)\b|\bin stock\b|\bspecial offer\b"
        r"|\blimited (?:edition|time)\b",
    ),
    (
        "out",
        rf"\bout (?:everywhere |on )?(?:now|worldwide|soon|midnight|{DAY}|{MONTH_DAY})\b"
        r"|\bcheck(?:ing|ed)? (?:it |this |them |us |me |my |the |these |him |her |that )*out\b",
    ),
    (
        "available live online streaming launch launches launching drop drops dropping premieres premiering airs "
        "airing releases "
        "releasing release air",
        rf"\b{SALE} (?:everywhere |globally |exclusively |on )?{TIME}\b",
    ),
    ("starts begins opens", rf"\b(?:starts|begins|opens) (?:on )?(?:soon|midnight|{DAY}|{MONTH_DAY}|\d+[/.]\d+)\b"),
    (
        "now are finally is",
        r"\b(?:now|is|are|finally) (?:available|out now|live (?:on|at|now)|streaming|in stores?)\b"
        r"|\bnow (?:on worldwide|open|hiring)\b",
    ),
    (
        "stores store theaters theatres theater cinemas",
        r"\bin (?:stores|theat(?:er|re)s|cinemas)\b|\b(?:app|play) store\b",
    ),
    (
        "available exclusive exclusively",
        r"\b(?:available|exclusive(?:ly)?) (?:at|in|on|for|from|now|worldwide|online)\b",
    ),
    ("coming tuned tune", r"\bcoming soon\b|\bstay tuned\b|\btune in\b"),
    (
        "shop buy order book get grab stream watch listen sign apply register",
        r"\b(?:shop|buy|order|book|get|grab|stream|watch"
        r"|listen|sign up|apply|register)\b[^.!?\n]{0,20}\b(?:now|online|below|here:|yours|today!)",
    ),
    (
        "shop shopping buy claim tickets",
        r"\bshop(?:ping)? (?:my|the|our|this|at|it|here|with)\b|\bbuy (?:it|this|one|the|my)\b",
    ),
    (
        "single album ep episode lipkit lip fragrance perfume palette lipstick lipsticks collection blog blogpost "
        "website youtube app "
        "line series tutorial video capsule",
        rf"\b(?:my|our|her|his|their|the|this|latest|debut|upcoming|new|next|first|full"
        rf"|official|final) (?:[\w']+ ){{0,2}}?{OWN_WORK}\b",
    ),
    ("new", rf"\bnew (?:\w+ )?{WORK}\b|\bnew (?:music|merch|products?|arrivals?|shades?|menu|stuff on|episodes?)\b"),
    (
        "cover issue stands",
        r"\b(?:cover|issue) (?:of|for|shoot|girl|story|reveal)\b|\bcomplex cover\b|\bon (?:the cover|stands)\b",
    ),
    (
        f"{MONTHS} fall spring summer winter",
        rf"\b(?:{MONTHS.replace(' ', '|')}|fall|spring|summer|winter) (?:issue|cover"
        r"|collection|campaign)\b",
    ),
    (
        "check go read",
        r"\bcheck my\b|\bgo (?:check|watch|listen|follow|vote|cop|download|buy|stream|get (?:it|your|my|the))\b"
        r"|\bread (?:more|about|the full)\b",
    ),
    ("watch", r"\bwatch (?:[\w']+ ){0,4}(?:tonight|tomorrow|tmrw|on|live|below|now)\b"),
    ("tonight tomorrow", r"\b(?:tonight|tomorrow) (?:on|at \d)"),
    ("bravo abc nbc cbs fox bbc cnn espn tv air", r"\bon (?:bravo|abc|nbc|cbs|fox|bbc|cnn|espn|tv|air)\b"),
    (
        "tap tag",
        r"\bdouble ?tap\b|\btap (?:for|to|the|4|that)\b|\btag (?:a|your|someone|us|me|the|that|who|friends?|ur|somebody"
        r"|people|them|him|her|\d)\b",
    ),
    ("comment comments", r"\b(?:in the|your) comments?\b|\bcomment (?:below|down|with|your|if|which)\b"),
    (
        "let tell thoughts want",
        r"\b(?:let (?:me|us) know|tell (?:me|us)|thoughts)\b.{0,40}(?:below|comment|👇)"
        r"|\bdo you want this\b",
    ),
    (
        "follow like follow4follow like4like f4f l4l",
        r"\bfollow (?:me|us|my|our|@|back|along|for|on)\b|\b[fl]4[fl]\b"
        r"|\b(?:follow|like) ?(?:4|for) ?(?:follow|like)\b",
    ),
    ("million", r"\bmillion (?:followers|views|streams|likes)\b"),
    ("shout shoutout shoutouts shout-out s notifications", r"\bshout ?-?outs?\b|\bs/o\b|\bnotifications\b"),
    (
        "caption yes vote votes voting",
        r"\bcaption (?:this|below|contest)\b|\byes or no\b|\bvot(?:e|ing) (?:for|now|in|here)\b",
    ),
    (
        "click dm call contact email e-mail",
        r"\bclick (?:the|on|here|link|below)\b|\bdm (?:me|us|for|to)\b"
        r"|\b(?:call|contact) us\b|\be-?mail (?:me|us)\b",
    ),
    (
        "join visit come miss save",
        r"\bjoin (?:us|our)\b|\bvisit (?:us|our|my)\b|\bcome (?:see|join|visit|by|hang) "
        r"(?:us|me|our|with us)\b|\bdon'?t miss (?:out|it|this|our)\b|\bsave the date\b",
    ),
    (
        "book booking bookings appointment appointments clients client",
        r"\bbook (?:now|your|online|signing)\b|\bbookings?\b"
        r"|\bappointments?\b|\bmy clients?\b",
    ),
    (
        "opening house doors live greet",
        r"\bgrand opening\b|\bopen house\b|\bdoors open\b|\bgoing live\b"
        r"|\bmeet ?(?:and|&|n) ?greet\b",
    ),
    ("tour", r"\bon tour\b|\b(?:world|press|my) tour\b|\btour (?:dates?|bus|starts|kicks)\b"),
    (
        "fashion gala carpet press promoting promotional",
        r"\bfashion (?:week|show)\b|\bmet gala\b|\b(?:red|pink) carpet\b"
        r"|\bpress (?:day|conference|junket)\b|\bpromo(?:ting|tional)\b",
    ),
    (
        "set wrap wrapped scenes",
        r"\bon set\b|\bset (?:life|days?|vibes)\b|\b(?:that's a|it's a|film|season|series) wrap\b"
        r"|\bwrap(?:ped)? on\b|\bbehind the scenes\b",
    ),
    ("shoot photoshoot", r"\bphoto ?shoot for\b|\b(?:video|cover|magazine|ad) shoot\b"),
    ("box peek peak face", r"\bbox office\b|\bsneak ?pe[ea]k\b|\bface of\b"),
    ("season episode", r"\bseason (?:\d|one|two|three|premiere|finale)\b|\b(?:the )?episode\b"),
    ("with by", r"\b(?:partner(?:ed|ing|ship)?s?|in partnership|team(?:ed|ing) up) with\b|\b(?:gifted|sponsored) by\b"),
    (
        "courtesy proud excited",
        r"\bcourtesy of\b|\bproud to (?:partner|support|be (?:part|a part|the))\b"
        r"|\bexcited to (?:share|partner|be (?:part|working))\b",
    ),
    (
        "win winner winners enter contest giving free",
        r"\bto win\b|\bwin (?:a|one|this|these|tickets)\b|\bwinners? (?:will|is)\b"
        r"|\benter (?:to|our|my)\b|\bcontest\b|\bgiving away\b|\bfree (?:gift|entry|trial)\b",
    ),
    (
        "info details inquiries",
        r"\bmore (?:info|details)\b|\bfor (?:info|details)\b|\bdetails (?:in|on|at|below|here)\b",
    ),
    ("full latest", r"\b(?:full|latest) (?:story|video|post|article|look|review|blog)\b"),
    (
        "posted drinking i'm",
        r"\bjust posted an? (?:photo|video)\b|\bi'm at .{2,40} in [a-z]|\bdrinking an? .{3,50} by\b",
    ),
    ("open hour", r"\bopen (?:until|till|from|daily)\b|\bhappy hour\b"),
    (
        "days day hours hour weeks week minutes",
        r"\b\d+ (?:more )?(?:days?|hours?|weeks?|minutes?) (?:un)?till? "
        r"(?!my|i |we |vacation|summer|christmas|home|friday)",
    ),
    (
        "launched launching launch release released releasing",
        r"\blaunch(?:es|ing|ed)? (?:in|of|on|my|our|party|day)\b"
        r"|\breleas(?:e|ed|ing) (?:date|day|party|my|our|the)\b",
    ),
    (
        "news updated publicist agency label team",
        r"\bnews:|\bnews will\b|\bupdated!|\bmy (?:publicist|agency|label|glam team)\b",
    ),
)
PHRASES = tuple((frozenset(keys.split()), re.compile(pattern, re.IGNORECASE)) for keys, pattern in KEYED)
SIGNS = re.compile(
    r"(?i)#(?:ad|ads|partner|gifted|contest|comingsoon|outnow|linkinbio)\b|[$£€] ?\d|\b1, ?2,? (?:or|and)? ?3\b"
    r"|\b\d+ ?/ ?\d+ ?c\b|\b\d{1,2}(?::\d\d)? ?(?:am|pm|p\.m\.|a\.m\.)?,? ?(?:est|pst|pt|ist|gmt|bst|cet)\b"
    r"|\b(?:on|at|to|from|via|visit) (?:www\.|https?:|[a-z0-9-]+\.(?:com|net|org|co)\b)"
)

TRADE_MARK = re.compile("[™®©]")


def advert(text: str) -> bool:
    """Sells, announces or promotes something, asks for reach, or was written by an app."""
    words = _words(text)
    if not words.isdisjoint(word_list("adverts")) or SIGNS.search(text):
        return True
    return any(not keys.isdisjoint(words) and pattern.search(text) for keys, pattern in PHRASES)


def brand(text: str) -> bool:
    """Names a fashion, beauty, car or camera brand."""
    return TRADE_MARK.search(text) is not None or not word_list("brands").isdisjoint(_words(text))


def _words(text: str) -> set[str]:
    words = set(WORD.findall(text.lower()))
    return words | {word.removesuffix("'s") for word in words if word.endswith("'s")}
