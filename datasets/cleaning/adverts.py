"""Captions that sell, announce or ask for reach, and posts that an app wrote."""

import regex

MEDIA = r"(?:single|album|song|track|ep|mixtape|video|music video|episode|ep|movie|film|trailer|teaser|book|podcast|show|series|season|record|vlog|tutorial|blog(?: ?post)?|post|collection|line|lipstick|lip kits?|merch|app|fragrance|perfume|palette|cover|issue|drop|range|campaign|collab(?:oration)?|website|site|youtube|channel|snapchat|snap|story|stories|recipe|newsletter|video clip|look ?book|jeans|denim|launch)"
TIMES = r"(?:now|today|tonight|tomorrow|soon|this (?:week|friday|monday|tuesday|wednesday|thursday|saturday|sunday|weekend)|monday|tuesday|wednesday|thursday|friday|saturday|sunday|on \w+ \d+|at midnight|\d+[/.]\d+|in \d+ (?:days?|hours?|minutes?)|january|february|march|april|june|july|august|september|october|november|december)"
PHRASES = (
    r"#(?:ad|sponsored|spon|advert|partner|paidpartnership|collab|promo|giveaway|gifted)\b",
    r"\blinks? (?:in|on|at|is in|are in|below|to)\b",
    r"\blink in\b",
    r"\bin (?:my |our |the )?(?:bio|profile)\b",
    r"\bswipe (?:up|left|right|for|to|through|➡)",
    r"\bswipe\b",
    r"\b(?:pre-?(?:order|sale|save)|on sale|for sale|flash sale|sale ends|discount|promo(?:tion)? ?code|coupon|voucher)s?\b",
    r"\b\d+ ?% off\b",
    r"\b(?:use|with|enter) (?:my |our |the )?(?:code|promo)\b",
    r"\bcode:? ?[\"']?[A-Z0-9]{4,}\b",
    r"\b(?:shop|buy|order|book|get|grab|download|stream|watch|listen|subscribe|vote|register|sign up|apply|rsvp|donate|enter|available|streaming|out|live|up|in stores?|online|on air|on stands|on newsstands|on itunes|on spotify|on netflix)\b[^.!?\n]{0,25}\b(?:now|today!|here:|online|below|at the link)(?!\w)(?! (?:that|i|we|you|my)\b)",
    r"\b(?:out|available|live|online|in stores?|streaming|launch(?:es|ing)?|drop(?:s|ping)?|coming|premier(?:es?|ing)|airs?|airing|releas(?:es?|ing)|on sale) (?:everywhere |worldwide |globally |exclusively )?"
    + TIMES
    + r"\b",
    r"\b(?:coming soon|out everywhere|available (?:at|in|on|for|from|exclusively|worldwide)|now available|sold out|selling out|in stores|limited edition|limited time|restock(?:ed|ing)?|launch(?:es|ing|ed)? (?:in|of|on|my|our|party)|sneak peek|stay tuned|tune in|all access)\b",
    r"\b(?:give ?away|contest|sweepstakes|enter to win|to win|winners?\b.{0,20}\bannounced|raffle|free shipping|tickets?|ticket link|sponsor(?:ed|s)?|paid partnership|in (?:partnership|collaboration) with|partner(?:ed|ing|ship)s? with|ambassador|brand new|promo|affiliate|gifted by|courtesy of|ad:|wholesale|dm (?:me|us|for|to)|inbox|whats ?app|call us|contact us|e-?mail (?:me|us)|shop(?:ping)? (?:my|the|our|this|now|at|it|here)|link ?tree|order (?:yours|now|online|here|at)|get (?:yours|it at|your tickets)|book (?:now|your|online)|prices?|\$\d+|£\d+|€\d+|usd)\b",
    r"[$£€] ?\d",
    r"\b(?:premi(?:e|è)re[sd]?|streaming|subscribe|itunes|spotify|apple music|soundcloud|netflix|hulu|hbo|mtv|vevo|youtube|tiktok|snapchat|facebook|periscope|vine|amazon|sephora|ulta|e! ?(?:news|online)?|kuwtk|vogue|elle|harper'?s|bazaar|cosmo(?:politan)?|gq|instyle|billboard|vanity fair|grazia|forbes|rolling stone|magazine|vma'?s|vmas|amas|grammys?|emmys|oscars|bet awards|iheart\w*|radio|interview|photo ?shoot for|newsstands?|press conference|press tour|box office|theat(?:er|re)s)\b",
    r"\b(?:new|latest|debut|my|our|her|his|upcoming|next|final|first|full|official|the|this|behind the scenes of|bts of) (?:\w+ ){0,2}?(?:single|album|mixtape|music video|episode|trailer|teaser|lip kits?|fragrance|perfume|palette|lipsticks?|merch|clothing line|swim line|collection|campaign|collab|tutorial|blog ?post|vlog|app|lookbook|podcast|website|youtube (?:video|channel))\b",
    r"\bnew (?:video|song|post|blog|drop|merch|music|show|movie|film|book|season|stuff|products?|shades?|arrivals?|menu|items?)\b(?! (?:of|and)\b)",
    r"\b(?:check(?:ing)? (?:it |this |them |us |me |my |the |out )*out|check out|go (?:check|watch|listen|follow|see|get|vote|cop|download|buy)|watch (?:\w+ ){0,4}(?:tonight|tomorrow|tmrw|on|live)|tonight (?:on|at \d)|tomorrow (?:on|at \d)|\d+ ?/ ?\d+c|\d(?::\d\d)? ?(?:am|pm|p\.m\.|a\.m\.)\b ?(?:est|pst|et|pt|ist)|8pm|9pm|10pm|on (?:bravo|abc|nbc|cbs|fox|bbc|cnn|espn|tv)\b)",
    r"\b(?:double ?tap|tag (?:a|your|someone|us|me|the|that|who|friends?|ur|one|two|\d)|comment (?:below|down|with|your|if)|(?:let (?:me|us) know|tell (?:me|us))\b.{0,40}\b(?:below|comments?)|in the comments?|follow (?:me|us|my|our|for|the|her|him|them|along|back|@)|follow ?(?:4|for) ?follow|f4f|l4l|like ?(?:4|for) ?like|repost|regram|shout ?out(?: to)?|s/o(?: to)?|like (?:and|&) (?:share|comment)|share (?:this|with|your)|turn on (?:post )?notifications|smash that|drop (?:a|your|some) (?:comment|emoji|like|❤)|press ❤|rate (?:this|me|it)|your (?:caption|thoughts|opinion)|caption this|caption below|would you|do you (?:like|prefer|agree)\b|which (?:one|is your|of these|look|color|colour)|1 ?,? ?2 ?,? ?(?:3|or)|1-10|yes or no|who (?:else )?(?:wants|agrees)|vote for|vote|poll)\b",
    r"\b(?:register|registration|enrol(?:l)?(?:ment)?|webinar|workshop|seminar|grand opening|open house|doors open|live stream|livestream|going live|meet (?:and|&) greet|book signing|on tour|world tour|my tour|tour dates?|tour bus|the tour|concert|gig|performing|headlin(?:e|ing)|rehearsals?|sound ?check|on set|filming|set life|set days?|wrap(?:ped)? (?:on|up|party)|episode|nominat(?:ed|ion)s?|nominee|awards?|campaign|photocall|press day|fashion week|nyfw|pfw|lfw|met gala|red carpet|runway|catwalk|backstage|charity|foundation|fundrais\w+|campaigning|election|vote)\b",
    r"\b(?:hair(?:care)? line|skin ?care line|sugar ?bear|fit ?tea|flat tummy|detox tea|waist trainer|vitamins?|lip ?kits?|hairfinity|teami|protein shake|proactiv|sponsor|collection|collab(?:oration)?|limited|exclusive(?:ly)?|available|waiting list|app|launch(?:es|ed|ing)?|promotion|subscribe|newsletter|download|release[sd]?|releasing|products?|brand|customers?|clients?|appointments?|booking|bookings|studio hours|hours:|menu|deals?|special offer|offers?|happy hour|specials|in stock|sizes?:|for inquiries|enquir\w+)\b",
    r"\b(?:trends? |trending )?(?:#\w+ )?(?:tweets?|retweet|rt if|rt to|hashtag|tweet me|followers|following me|subscribers|million (?:followers|views|streams)|\d+[mk] (?:followers|views|streams|likes)|views?|no\.? ?1 on|number (?:one|1) on|#1 on)\b(?<!the view)(?<!a view)(?<!views?)",
    r"\bjust posted an? (?:photo|video)\b",
    r"\b(?:endomondo|strava|nike ?plus|runkeeper|mapmyrun|swarm|foursquare|untappd|i'm at\b.{0,40}\bin [A-Z])",
    r"\bdrinking an? .{3,50} by\b",
    r"\bwe(?:'re| are) hiring\b|\bjob\b.{0,25}\bapply\b|#?hiring\b",
    r"\bread more\b|\bfull (?:story|video|post|article|episode|recipe|look)\b|\bmore (?:info|details|at|on my)\b|\bdetails (?:on|in|at|below|here)\b|\btap (?:for|to|the|4)\b|\bclick (?:the|on|here|link)\b|\bdon'?t miss\b|\bsave the date\b|\bjoin (?:us|me|our)\b|\bvisit (?:us|our|my)\b|\bcome (?:see|by|join|visit) (?:us|me)\b|\bapp store\b|\bgoogle play\b|\bnow hiring\b|\bnow open\b|\bwe(?:'re| are) open\b|\bgiving away\b|\bwin a\b|\bproud to (?:announce|partner|support)\b|\bexcited to (?:announce|share|partner|be (?:part|working|on))\b|\bannounc(?:e|ing|ement)\b",
)
ADVERT = regex.compile("|".join(f"(?:{phrase})" for phrase in PHRASES), regex.I)
BIO = regex.compile(r"(?i)\b(?:on|at|to|from|via|visit)\s+(?:www\.|https?:|[a-z0-9-]+\.(?:com|net|org|co)\b)")


def advert(text: str) -> bool:
    """Sells, announces or promotes something, asks for reach, or was written by an app."""
    return ADVERT.search(text) is not None or BIO.search(text) is not None
