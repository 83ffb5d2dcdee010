"""Phrases that announce, sell or ask for reach: each pattern with the words of which a match holds at least one.

A pattern is tried only where one of its words is. Most words of the trade are words of every day, too: a photo album,
a lazy Sunday's podcast, "watch the street go by". What tells the trade is who does it (an order to the reader, "my
new", "our"), when ("now", "tonight") and where ("on my app"), so that patterns ask for these.
"""

import regex

# Where an order to the reader begins: at a sentence's start, or after "go", "please", "to" and the like.
ORDER = r"(?:^|[^\w\s'\"]\s{0,3}|\n[ ]?|\b(?:and|go|please|pls|plz|just|now|also|then)\s+)"
DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
MONTHS = "january february march april may june july august september october november december"
MONTH_DAY = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}(?:st|nd|rd|th)?"
TIME = (
    rf"(?:now|today|tonight|tomorrow|tmrw|soon|worldwide|everywhere|midnight|at midnight|this (?:week|{DAY})|{DAY}"
    rf"|on \w+ \d+|{MONTH_DAY}|\d+[/.]\d+|in \d+ (?:days?|hours?|weeks?))"
)
SALE = r"(?:available|live|online|streaming|launch(?:es|ing)?|drop(?:s|ping)?|premier(?:es?|ing)|airs|airing|releas(?:es|ing))"
WHOSE = r"(?:my|our|her|his|their|the|this)"
NEW = r"(?:brand[- ]new|new|newest|latest|debut|upcoming|next|first|full|official|final|own|signature)"
# Works that are announced as "new …", and things of every household that are so when somebody's own.
SHOW = (
    r"(?:single(?! \w)|album|ep|song|track|video|episode|movie|film|blog ?post|blog|music|merch|clip|vlog|products?|arrivals?"
    r"|collection|shades?|stuff on|post)"
)
HOUSEHOLD = (
    r"(?:book|series|line|lipsticks?|lip ?kits?|app|fragrance|perfume|palette|cover|issue|range|website|site|channel|snap"
    r"|recipe|tutorial|launch|drop|menu|release)"
)
OWN_WORK = (
    r"(?:(?<!photo )(?<!family )(?<!wedding )(?<!baby )album|ep|lip ?kits?|blog ?post|blog|(?:clothing|swim|hair|denim) (?:line|series)|capsule"
    r"|(?:music|lyric) video|youtube)"
)
EVERYDAY = (
    r"(?:weekends?|summer|spring|winter|autumn|fall|christmas|xmas|easter|halloween|thanksgiving|valentine'?s(?: day)?|snow|sun"
    r"|sunshine|rain|baby|puppy|kitten|school|dinner|lunch|breakfast|pizza|dessert|bed|bedtime|vacation|vacay|holidays?|days"
    rf"|season|break|{DAY}|monday|weather|it|sleep|winter|naps?|payday|birthday|bloom|blossoms?|tomatoes|warmth|storm|wedding"
    r"|tan|beach|payday|boat|train|bus|snacks?|food|coffee|year)"
)

KEYED = (
    ("link links", r"\blinks? (?:in|on|at|is|are|below)\b|\blinks? to (?:the|my|our|buy|shop|watch)\b"),
    (
        "bio profile",
        r"\b(?:in|on|at) (?:(?:my |our |the |her |his )?bio|(?:my|our|her|his) profile|(?<=links? in )profile)\b(?! (?:pic|photo|shot|view))",
    ),
    (
        "sale",
        rf"(?<!\bnot )\b(?:for|flash|pre|summer|winter|yard|clearance|half[- ]price) ?-?sale\b|\bsale (?:ends|now|on|is|starts|alert)\b"
        rf"|\b(?:now|is|are|go(?:es|ing)?|still|back) on sale\b|\bon sale (?:from|for|at|until|till|{TIME})|^on sale\b",
    ),
    ("off usd dollars bucks price only just", r"\d ?% ?off\b|\b(?:only|just|from|under|now|selling|price|for just) \d+ ?(?:usd|dollars|bucks)\b|\d ?usd\b"),
    ("code", r"\b(?:promo|discount|coupon) ?code\b|\b(?:use|with|enter) (?:my |our |the )?code\b|\bcode:\s*[\"']?(?-i:[A-Z]{2,}[A-Z0-9]*|[A-Z]*\d)"),
    (
        "selling sold",
        r"\bselling (?:this|my|out)\b|\b(?:almost|nearly|officially|completely|already|we're|we are|are|is|it's|has|have) sold out\b"
        r"|\bsold out (?:show|tour|crowd|in|arena|stadium|at|already|so|within|every|\d)",
    ),
    (
        "order shipping stock offer edition time pre-order pre-orders",
        r"\b(?:pre|free) ?-?(?:orders?|shipping)\b|\b(?:back|now|is|are|still) in stock\b|\bspecial offer\b"
        r"|(?<!\b(?:i'm|am|she's|he's|we're|you're|are) a )(?<!\b(?:i'm|she's|he's|we're|you're|are) )\blimited (?:edition|time)\b",
    ),
    (
        "out",
        rf"\bout (?:everywhere |on )?(?:now|worldwide|soon|at midnight|midnight|{DAY}|{MONTH_DAY})\b(?! (?:for|on the|to the|in the))(?<!\b(?:go|going|gone|moving|move|get|getting|come|coming|find|hang|hanging|run|running|tongue|way|chill|sun is|sun's|eat|head|heading|we're|we are) out \w+)"
        rf"|{ORDER}check (?:it |them |us |me |my |our |the |him |her |his |their )(?:\w+ ){{0,3}}?out\b"
        rf"|{ORDER}check(?:ing)? out (?:my|our|the|his|her|their|@|it|them|us|me|new|more|what|all|how|for|(?-i:[A-Z]))"
        rf"|{ORDER}check (?:this|these|that) out\b.{{0,60}}(?:@|#|http|link|\b(?:new|my|our|page|app|site|shop|store)\b)"
        rf"|\bcheck out\W*$|{ORDER}check out (?:this|these|that|those)\b.{{0,60}}(?:@|http|link"
        r"|\b(?:artist|gallery|profile|page|account|blog|site|store|shop|video|channel|app|new|my|our)\b)",
    ),
    (
        "available live online streaming launch launches launching drop drops dropping premiere premieres premiering air airs "
        "airing releases releasing",
        rf"(?<!\bnot )(?<!n't )\b{SALE} (?:everywhere |globally |exclusively |on )?{TIME}\b",
    ),
    (
        "starts begins opens",
        rf"\b(?:starts|begins|opens) (?:on )?(?:soon|at midnight|{DAY}|{MONTH_DAY}|\d+[/.]\d+)\b(?! (?:morning|evening|night))",
    ),
    (
        "now are finally is",
        r"\b(?:now|is|are|finally) (?:available (?:at|in|on|for|from|now|online|here|to|\W)|out now|live (?:on|at|now)|streaming|in stores?)"
        r"|\b(?:now|finally|is|are) available$|\bnow (?:on worldwide|open|hiring)\b",
    ),
    ("stores store theaters theatres theater cinemas", r"\bin (?:stores|theat(?:er|re)s|cinemas)\b|\b(?:app|play) store\b"),
    (
        "available exclusive exclusively",
        r"(?<!\bnot )(?<!n't )\b(?:available|exclusive(?:ly)?) (?:at|in|on|for (?:pre|order|purchase|sale|download|hire|booking)|from|now|worldwide|online)\b",
    ),
    (
        "coming tuned tune",
        rf"\bcoming soon\b(?<!\b(?:{EVERYDAY}|remember)(?: is| are|'s|)(?: really| finally)? coming soon)|\bstay tuned\b|\btune in\b",
    ),
    (
        "shop buy order book get grab stream watch listen sign apply register",
        rf"{ORDER}(?:shop|buy|order|book|get|grab|stream|watch|listen|sign up|apply|register)\b"
        r"[^.!?\n]{0,20}\b(?:now(?! or)|online|below|here:|yours|today!)(?!\w)",
    ),
    (
        "shop shopping buy claim tickets",
        rf"(?:{ORDER}|\bto )shop (?:with (?:me|us|our|code)|my|the|our|at|it|here|this)\b|{ORDER}shopping (?:my|our|the (?:sale|collection|look))\b"
        rf"|{ORDER}buy (?:it|this|one|the|my|our|your)\b",
    ),
    (
        "album ep lipkit lip blog blogpost youtube line series capsule video",
        rf"\b(?:{WHOSE}|{NEW}) (?:[\w']+ ){{0,2}}?{OWN_WORK}\b",
    ),
    (
        "single",
        r"\b(?:(?:my|our|her|his|their|the) (?:(?:new|debut|first|latest|next) )?|(?:new|debut|latest|upcoming|official) )single\b"
        r"(?! (?:malt|origin|bed|room|brain|best|favou?rite|thing|day|person|ladies|friends?|life|era|girl|most|tear|cell|reason))",
    ),
    (
        "fragrance perfume palette lipstick lipsticks collection website app tutorial episode range",
        rf"\b(?:our|{WHOSE} {NEW}|latest|debut|upcoming|brand[- ]new|signature) (?:[\w']+ ){{0,1}}?(?:fragrance|perfume|palette|lipsticks?|collection|website|app|tutorial|episode)\b"
        r"|\b(?:on|via|in|to|from|download|get) (?:my|our|the|her|his) (?:new )?(?:app|website|site|blog|channel)\b"
        r"|\b(?:the|this|his|her|their|my|a) (?:[\w']+ )?(?:(?:spring|summer|fall|autumn|winter|holiday|resort|capsule|bridal|swim|ss|fw|aw)\S* |(?-i:[A-Z]\w+) )collection\b",
    ),
    (
        "new",
        rf"(?<!\ba )(?<!\banother )(?<!\bsome )(?<!\bany )(?<!\bno )\bnew (?:\w+ )?{SHOW}\b"
        rf"|\b(?:my|our|her|his|their|the|brand) new (?:\w+ )?{HOUSEHOLD}\b(?! day)"
        rf"|\bnew (?:\w+ )?{HOUSEHOLD} (?:is|are|out|up|on|now|drops|coming|by|from|with|live|available)\b",
    ),
    (
        "cover issue stands",
        r"\b(?:cover|issue) (?:shoot|girl|story|reveal|star)\b|\b(?:issue|cover) (?:of|for) (?:the )?(?-i:[A-Z@#])|\bcomplex cover\b"
        r"|\b(?:my|our|her|his|their|first|new|2nd|second|digital|latest) cover\b(?!s)|\bcover of (?:my|our)\b|\bon stands\b|\bon the cover of (?!a\b|an\b|this\b|some\b)|\bissue of\b",
    ),
    (
        f"{MONTHS} fall spring summer winter",
        rf"\b(?:{MONTHS.replace(' ', '|')}|fall|spring|summer|winter) (?:issue|cover|collection|campaign)\b",
    ),
    (
        "check go read",
        rf"{ORDER}check (?:my|our)\b|{ORDER}go (?:check|watch|listen|follow|vote|cop|download|buy|stream|get (?:it|your|my|the))\b"
        r"|\bread (?:more|the full)\b|\bread (?:all )?about (?:me|my|it|us|our|this|the|how)\b",
    ),
    (
        "watch",
        rf"{ORDER}watch (?:[\w']+ ){{0,4}}(?:tonight|tomorrow|tmrw|live|below|now(?! or)|on (?:tv|my|our|youtube|netflix|channel|(?-i:[A-Z]\w)))\b",
    ),
    ("tonight tomorrow", r"\b(?:tonight|tomorrow) (?:on (?:tv|channel|the (?:show|radio|season)|my|our|(?-i:[A-Z]\w))|at \d)"),
    (
        "bravo abc nbc cbs fox bbc cnn espn tv air",
        r"\bon (?:bravo|abc|nbc|cbs|bbc|cnn|espn|(?-i:F(?:ox|OX)))\b|\b(?:tonight|live|me|us|him|her|now|be) on tv\b"
        r"|\b(?:live|now|currently|back|we're|be|going) on air\b|\bon air (?:now|at|tonight|in|with)\b",
    ),
    (
        "tap tag",
        r"\bdouble ?tap\b|\btap (?:for|to|the (?:link|pic|photo|picture|post|heart|tags?|screen)|4|that)\b"
        r"|\btag (?:a (?:friend|mate|buddy|person|mom|bestie|sister|brother|\w+ who|\w+ that|\w+ lover)|your|someone|us|me"
        r"|who|friends?|ur|somebody|people|them|him|her|[1-9])\b|\btag (?:the|that) \w+ (?:who|that|you)\b"
        rf"|{ORDER}tag (?:an?|that|the) \w+",
    ),
    ("comment comments", rf"\b(?:in the|your) comments?\b|{ORDER}comment (?:below|down|with|your|if|which|and|for)\b|\bcomment below\b"),
    (
        "let tell thoughts want",
        r"\b(?:let (?:me|us) know|tell (?:me|us)|thoughts)\b.{0,40}(?:below|comment|👇)|\bdo you want this\b",
    ),
    (
        "follow like follow4follow like4like f4f l4l",
        rf"{ORDER}follow (?:my|our|@|back|along|for|on (?:insta|ig|twitter|fb|facebook|snap|tiktok))\b|{ORDER}follow @"
        rf"|{ORDER}follow (?:me|us)(?: (?:on|at|for|@|here|back|if|guys|over|and|to)\b|(?: (?:please|pls|now))?\W*$| @)|\b(?:sure|forget) to follow\b|(?-i:\b[fl]4[fl]\b)"
        r"|\b(?:follow|like) ?(?:4|for) ?(?:follow|like)\b",
    ),
    ("million views hits", r"\b[\d,]{5,} (?:views|hits)\b|\bmillion (?:followers|views|streams|likes)\b"),
    (
        "shout shoutout shoutouts shout-out s notifications",
        r"\bshout ?-?outs?\b|\bs/o\b|\b(?:post|my|your|turn on|turned on) (?:\w+ ){0,2}notifications\b|\bnotifications? (?:are )?on\b",
    ),
    (
        "caption yes vote votes voting",
        rf"\bcaption (?:this|below|contest)\b|\byes or no\?|{ORDER}vot(?:e|ing) (?:for (?!the\b)|now|in|here)|\bvoting (?:is|ends|opens|closes)\b",
    ),
    (
        "click dm call contact email e-mail",
        rf"{ORDER}click (?:the link|on|here|link|below)\b|\bdm (?:me|us|for|to)\b|\b(?:call|contact) us\b|\be-?mail (?:me|us)\b",
    ),
    (
        "join visit come miss save",
        rf"{ORDER}join (?:us|our)\b|{ORDER}visit (?:us|our|my)\b|{ORDER}come (?:see|join|visit|by|hang) (?:us|me|our|with us)\b"
        rf"|{ORDER}don'?t miss (?:out|it|this|our)\b|\bsave the date\b",
    ),
    (
        "book booking bookings appointment appointments clients client",
        rf"{ORDER}book (?:now|your|online)\b|\bbook signing\b|\bbookings?\b|\bmy clients?\b"
        r"|\b(?:book|make|schedule|by|for|reserve)(?: (?:an|your))? appointments?\b|\bappointments? (?:available|only|open|left|now|call|slots?)\b",
    ),
    (
        "opening house doors live greet",
        r"\bgrand opening\b|\bopen house\b|\bdoors open (?:at|from|\d|@|tonight|tomorrow|on)\b|\bgoing live\b|\bmeet ?(?:and|&|n) ?greet\b",
    ),
    ("tour", r"\bon tour\b(?! of)|\b(?:world|press|my) tour\b|\btour (?:dates?|kicks)\b|\btour starts (?:in|on|tomorrow|today|tonight|next|this)\b"),
    (
        "fashion gala carpet press promoting promotional",
        r"\bfashion (?:week|show)\b|\bmet gala\b|\b(?:on|at) the (?:red|pink) carpet\b|\b(?:red|pink) carpet (?:at|for|look|event|tonight|ready|premiere|moment)\b"
        r"|\bpress (?:day|conference|junket)\b|\bpromoting\b.{0,40}\b(?:film|movie|album|book|show|tour|song|single|series|my|our|new)\b|\bpromotional\b",
    ),
    (
        "set wrap wrapped scenes",
        r"(?<!\btea )\bon set\b|\bset (?:life|days?|vibes)\b|\b(?:film|season|series) wrap\b|\b(?:that's|it's) a wrap (?:on|for) (?!the (?:day|week|year|summer|season)|summer|today|this)"
        r"|\bwrapped on (?:my|our|the|season|filming|@)|\bbehind the scenes\b.{0,40}\b(?:shoot\w*|photo ?shoot|set|video|film\w*|episode|campaign|show|cover|movie|series|music)\b",
    ),
    ("shoot photoshoot", r"\bphoto ?shoot for (?-i:[A-Z@]|my|our|the new)|\b(?:video|cover|magazine|ad) shoot\b"),
    (
        "box peek peak face",
        r"\bbox office\b|\bsneak ?pe[ea]k\b.{0,50}\b(?:new|upcoming|next|collection|season|episode|video|single|album|set|show|launch|soon|link|film|shoot|tour)\b"
        r"|\b(?:the )?(?:new|official|global) face (?:of|for)\b|\bthe face (?:of|for) (?-i:[A-Z@])",
    ),
    (
        "season episode",
        rf"\bseason (?:\d|one|two|three|premiere|finale)\b(?! (?:and|of))|\b(?:this week's|tonight's|last night's|season'?s?|an? \w+ing|amazing) episode\b"
        rf"|\bepisode (?:\d|tonight|airs|is (?:out|live|up)|out|drops)|{ORDER}(?:watch|catch|see|miss) (?:the|this|my|our|tonight's)(?: \w+){{0,2}} episode\b",
    ),
    ("with by sponsored", r"\b(?:partner(?:ed|ing|ship)?s?|in partnership|team(?:ed|ing) up) with\b|\b(?:gifted|sponsored) by (?-i:[A-Z@])|\bsponsored (?:post|content|video|ad)\b"),
    (
        "courtesy proud excited",
        r"\bcourtesy of (?-i:[A-Z@])|\bproud to (?:partner|support|be (?:part|a part) of)\b|\bproud to be the (?:new|face|first)\b"
        r"|\bexcited to (?:share (?:that|my|our|with you|this|the)|partner|be (?:part|working))\b",
    ),
    (
        "win winner winners enter contest giving free",
        r"\b(?:chance|enter|tag|comment|follow|retweet|like|share)\b.{0,40}\bto win\b|\bto win (?:this|these|tickets|\d|some|our|free|your|yours)\b"
        r"|\bwin (?:this|these|tickets|one of|free|a (?:pair|trip|free|signed|copy|set|bag))\b|\bwinners? will\b|\bwinner is @"
        rf"|{ORDER}enter (?:to|our|my)\b|\b(?:our|the|this|photo|caption|selfie|giveaway|enter\w*)(?: \w+)? contest\b|\bcontest (?:ends|alert|time|rules|entry|winner|is|details|on|closes)\b"
        r"|\bgiving away (?!all|too|my|the|secrets)|\bfree (?:gift|entry|trial)\b",
    ),
    (
        "info details inquiries",
        r"\bmore (?:info|details)\b|\bfor (?:info|details)\b|\bdetails (?:in (?:my|the|our) (?:bio|link|story|stories|highlights|comments|profile)|on (?:my|our|the) (?:site|website|blog|page|profile|stories)|below|here)\b",
    ),
    (
        "full latest",
        r"\b(?:full|latest) (?:video|post|article|interview|review|blog)\b|\b(?:read|watch|see|for|get) the full (?:story|look)\b|\bfull (?:story|look) (?:on|at|here|below)\b",
    ),
    (
        "posted drinking i'm",
        r"\bjust posted an? (?:photo|video)\b|\bi'm at (?-i:[A-Z]).{1,40} in (?-i:[A-Z])|\bdrinking an? .{3,50} by (?-i:[A-Z@])",
    ),
    (
        "open hour",
        r"\b(?:we're|we are|now|are|is|doors|shop|store|caf[eé]|bar|restaurant|kitchen|studio) open (?:until|till|from|daily)\b|^open (?:until|till|from|daily)\b"
        r"|\bopen (?:daily|from \d|until \d|till \d|until late|till late)\b|\bhappy hour (?:from|until|till|specials?|menu|daily|\d|every|all|deals?)\b",
    ),
    (
        "days day hours hour weeks week minutes",
        r"\b\d+ (?:more )?(?:days?|hours?|weeks?|minutes?) (?:un)?till? (?:the |our |my |it |we )?(?:\w+ ){0,2}?(?:album|single|premiere|launch|launches|release|show|tour|episode|season"
        r"|election|drops?|tickets|video|movie|film|concert|finale|airs?|collection|sale|giveaway|@|(?-i:[A-Z]{3,}))",
    ),
    (
        "launched launching launch release released releasing",
        r"\blaunch(?:es|ing|ed)? (?:in|of|on|my|our|party|day)\b(?! (?:a |the )(?:rocket|boat|ship|water|lake|river))|\brelease (?:date|day|party)\b|\breleas(?:ed|ing) (?:my|our)\b"
        r"|\breleased (?:the|a|his|her|their|its) (?:\w+ )?(?:new|first|second|2nd|album|single|song|video|film|movie|book|trailer|teaser)\b",
    ),
    ("news updated publicist agency label team", r"^news:|[\[【]news|\bnews will\b|\bupdated!|\bmy (?:publicist|agency|label|glam team)\b"),
    # Words of the trade that are words of every day, too.
    ("ticket tickets", r"\btickets? (?:sales?|are|go|on|at|available|here|now|in (?:bio|the link)|selling|via|from|link|info|\W*(?:in|link))\b|\b(?:get|grab|buy|your|win|book) (?:your |my |our |the )?tickets?\b|\[ticket"),
    ("radio", r"\bradio (?:show|interview|station|broadcast|premiere|hit|edit|host|tour|city)\b|\b(?:my|our|new|live|hit|first) radio\b|\b(?:song|single|track|me|us|live|interview) on the radio\b|\bradio (?:\d|(?-i:[A-Z]))"),
    ("inbox", r"\binbox (?:me|us|for|to|your)\b|\b(?:my|our) inbox is open\b|\b(?:send|via|to) (?:my|our) inbox\b"),
    ("magazine magazines mag mags", r"(?-i:[A-Z]\w)\w* (?:magazine|mag)s?\b(?! rack)|\b(?:for|in|of) (?:\S+ ){0,3}(?:magazine|mag)\b|\b(?:magazine|mag) (?:shoot|feature|spread|issue|launch|interview|party)\b|\b(?:my|our|her|his|their|first) .{0,12}magazine cover\b|\b(?:latest|this month's|my|our|new|newest) (?:\w+ )?(?:magazine|mag)\b|\bmuscle mag\b"),
    ("runway", r"\brunway (?:show|looks?|walk|debut|collection|ready|fashion|week|model|season|trends?|fw|ss)\b|\b(?:walk(?:ed|ing|s)?|hit|hitting|open(?:ed|ing)?|clos(?:ed|ing)|rule[ds]?|my|our) (?:the |a |this )?(?:\w+ )?runway\b|\b(?:on|from|off|of) the (?:\w+ )?runway\b(?=.{0,80}(?:@|#|(?-i:[A-Z]{2,})|fashion|collection|model|look))|\brunway (?:for|at) (?-i:[A-Z@])"),
    ("album albums", r"\b(?:the|of the|of my|favou?rite|best) albums?\b(?! (?:of (?:our|my|the year)|page|is full|photos?))(?<!photo album)(?=.{0,60}(?:@|#|(?-i:[A-Z]{3,})|\b(?:out|guys|liking|listen|until|music|song|songs|track|hear|fans|drop)\b))|\balbum (?:out|drops?|release|is out|cover|launch|signing|comes|coming|now|\d)\b|\b(?:full|debut|\d(?:st|nd|rd|th)|until the) (?:\w+ )?album\b"),
    ("interview interviews interviewed", r"\binterview (?:with|for|on|in|by|is|up|about|here|below|tonight|tomorrow|and (?-i:[A-Z]))\b(?! (?:the|my|myself))|\b(?:my|our|exclusive|full|latest|new|first|great|fun) interview\b|\binterviews? (?:today|day|all day)\b|\binterview(?:ing|ed) (?:me|us|by|@|(?-i:[A-Z]))"),
    ("podcast podcasts", r"\b(?:my|our|his|her|new|latest|this|the|@\S+) (?:new |latest |first )?podcast\b(?=.{0,60}(?:@|#|http|\b(?:episode|out|up|live|listen|tune|link|with|now|guest|today|tomorrow|new)\b))|\bpodcast (?:is|episode|out|drops|with|about|here|link|launch|interview|ep)\b"),
    ("trailer trailers", r"\b(?:official|movie|film|new|teaser|first|full|season|game|the|my|our) trailer\b(?! (?:park|hitch|home))(?=.{0,80}(?:@|#|http|(?-i:[A-Z])|\b(?:for|of|out|watch|here|link|drops|film|movie|season|now)\b))|\btrailer (?:for|out|is out|drops|release|launch|of|here|link)\b"),
    ("filming filmed", r"\b(?:start(?:ed|ing|s)?|finish(?:ed|ing)?|began|wrap(?:ped|ping)?|back|done|day \d+ of|currently|busy|been|we're|i'm|am|are|while|after|before) (?:to |on |with )?filming\b(?! (?:me|you|the (?:sunset|sky|kids|dog)))|\bfilming (?:for|with|my|our|the|a|season|in|on|today|tonight|day|days|new|another|this|has|begins?|starts?|schedule|location|(?-i:[A-Z]\w))\b|\bfilming$"),
    ("rehearsal rehearsals", r"\b(?:from|at|for|in|of|dance|tour|show|concert|dress|band|vocal|today's|yesterday's|a|during|after|more|finished|had|first|last) rehearsals?\b(?! (?:for (?:life|summer|winter|bed)|dinner))|\brehearsals? (?:for (?:the|my|our|@|tonight|tomorrow|(?-i:[A-Z]))|today|yesterday|tonight|day|mode|done|version|with|begins?|studio|at)\b|^rehearsals?\W*$"),
    ("announcement announcements", r"\b(?:big|exciting|special|important|huge|major|official|quick|new|new year's) announcements?\b|\bannouncement (?:coming|soon|tomorrow|tonight|today|about the|:)|^announcement\b|\[announcement"),
    ("showtime", r"\bshowtime (?:in|at|tonight|tomorrow|is|\d)|\bit's showtime\b(?=.{0,60}(?:@|#))|\bon showtime\b"),
    ("mixtape mixtapes", r"\b(?:new|debut|first|latest|the|bro|get|drop(?:s|ped|ping)?|his|her|official) mixtape\b|\bmixtape (?:out|drops?|is out|coming|soon|now|on)\b"),
    ("streaming", r"\b(?:now|is|start|keep|live|stay|currently|go|available|on all|everywhere|be|i'm|we're) streaming\b|\bstreaming (?:on|now|live|everywhere|tonight|services|platforms|party|at|via|this)\b"),
    ("rsvp rsvps", r"\brsvp (?:now|to|at|by|here|in|via|below|link|for|today)\b|\b(?:please|to|must) rsvp\b"),
    ("discount discounts discounted", r"(?<!student )\bdiscounts?\b(?=.{0,30}(?:\d|code|\boff\b|link|today|now))|\b(?:\d+ ?%|my|our|special|get|a|big|huge|the|with|exclusive) discounts?\b|\bdiscounted\b"),
    ("charity charities", r"(?<!like )\bcharit(?:y|ies) (?:event|auction|match|game|gala|run|ride|walk|work|ball|dinner|single|concert|of|organi[sz]ation|fund|drive|partner|stream)\b|\b(?:for|to|by|with|of|my|our|local|great|favou?rite|amazing|the|a) (?:\w+ )?charit(?:y|ies)\b(?!,? (?:shop|shops|store|shopping|begins))"),
    ("bazaar", r"\bharper'?s bazaar\b|\bbazaar (?:magazine|cover|issue|shoot|spread)\b|\b(?:for|by|in|of|@)\W{0,2}(?-i:Bazaar|BAZAAR)\b|\bcover.{0,30}bazaar\b"),
    ("preview previews", r"\b(?:exclusive|sneak|first|quick|little|special) previews? (?:of (?:my|our|the|a new)|for)\b|\bpreviews? (?:of (?:my|our) (?:new|upcoming|next)|night|show|tonight|event|link|now|available)\b"),
    ("refund refunds", r"\b(?:full|no|money|get|your) refunds?\b|\brefund policy\b"),
    ("season's", r"\bseason's (?:premiere|finale|collection|must|trend|hottest|new|latest)\b"),
    ("finale", r"\b(?:season|series|show|tonight's|tour|the|our) (?:\w+ )?finale\b(?! of (?:the |a )?(?:day|summer|sunset|fireworks))(?=.{0,60}(?:@|#|\b(?:tonight|airs|watch|tv|show|tour|episode|tomorrow|on)\b|(?-i:[A-Z]{3,}))|\W*$)"),
    ("screening screenings", r"\bscreenings? (?:of|at|for|tonight|room|last|in|with|today|tomorrow)\b|\b(?:private|special|film|movie|first|our|my|the) screening\b"),
    ("registration", r"\bregistration (?:is|opens?|closes|now|for|ends|link|starts|begins|at|form|fee)\b|\b(?:early|online) registration\b"),
    ("casting", r"\bcasting (?:call|couch|for|by|director|now|agent|models?)\b|\b(?:now|open|we're|we are|the|my|our|a|today's) casting\b(?! (?:shadow|light|spell|line))"),
    ("backstage", r"\bbackstage (?:at|with|for|of|before|in|after|pass(?:es)?|pics?|from|moments?|vibes|tonight)\b|\b(?:from|us|me) backstage\b|^backstage\W*$"),
    ("swipe", r"\bswipe (?:up|left|right|to|for|through|➡|👉|👈|over|across|>)|\bswipe\W*$|^swipe\b|\bkeep swiping\b"),
    ("facebook youtube tiktok snapchat", r"\b(?:on|my|our|via|to|add|follow|like|new|official|live|the|from) (?:\w+ )?(?:facebook|youtube|tiktok|snapchat)\b|\b(?:facebook|youtube|tiktok|snapchat) (?:page|channel|live|video|:|@|premiere|link|now|account|group|name)\b|(?:facebook|youtube|tiktok|snapchat)\s*[:=-]|^\W*(?:facebook|youtube|tiktok|snapchat)"),
)  # fmt: skip
PHRASES = tuple((frozenset(keys.split()), regex.compile(pattern, regex.IGNORECASE)) for keys, pattern in KEYED)
