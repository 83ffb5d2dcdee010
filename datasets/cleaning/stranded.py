"""May a sentence end in this preposition or particle?

"Kettle is on", "nobody I'd rather be lost with" and "watched the river go by" are whole; "loved working with" has lost
the name that stood at its end.
"""

import regex

from datasets.cleaning.tails import at_end

# What moves past: after it, "by" is an adverb.
MOVING = (
    r"(?:go(?:es|ing|ne)?|went|com(?:es?|ing)|came|pass(?:es|ed|ing)?|roll(?:s|ed|ing)?|walk(?:s|ed|ing)?"
    r"|driv(?:es?|ing)"
    r"|drove|drift(?:s|ed|ing)?|fl(?:y|ies|ew|ying)|float(?:s|ed|ing)?|sail(?:s|ed|ing)?|runs?|ran|running"
    r"|rush(?:es|ed|ing)?|slid(?:es?|ing)?|slip(?:s|ped|ping)?|stroll(?:s|ed|ing)?|stop(?:s|ped|ping)?"
    r"|drop(?:s|ped|ping)?|swing(?:s|ing)?|swung|stand(?:s|ing)?|stood|rid(?:es?|ing)|rode|cycl(?:es?|ed|ing)"
    r"|tick(?:s|ed|ing)?|swims?|swam|swimming|speed(?:s|ing)?|sped|hurr(?:y|ies|ied|ying)|wander(?:s|ed|ing)?"
    r"|zoom(?:s|ed|ing)?|trot(?:s|ted|ting)?|jog(?:s|ged|ging)?|whizz?(?:es|ed|ing)?|blow(?:s|ing)?|blew|march(?:es"
    r"|ed)?"
    r"|gallop(?:s|ed|ing)?|glid(?:es?|ed|ing)|skat(?:es?|ed|ing)|sits?|sat|sitting|pull(?:s|ed|ing)?|sneak(?:s|ed|ing)?"
    r"|close|near|get(?:s|ting)?|got|liv(?:es?|ed|ing)|scraping|skyscraping|days?|years?|hours?|minutes?|months?|weeks?"
    r"|moments?|life|time)"
)
MOVES = at_end(rf"(?i)\b(?:{MOVING}(?:\s+(?:right|just|straight|quietly|slowly|on))?|lets? (?:you|me|us|it|them))\s*")
# Clauses that a preposition may end, having its noun before: "not the haircut I asked for".
SUBJECT = r"(?:i|you|we|he|she|they|nobody|no one|no-one|somebody|someone|everybody|everyone|people|who|that)"
CLAUSE_HEADS = (
    r"(?:and|but|so|or|when|while|because|if|as|think|thinks|thought|know|knew|hope|wish|said|says|say|guess|swear|sure"
    r"|glad|happy|sad|excited|since|until|till|before|after|where|honou?red|grateful|thankful|proud|feel|felt|love"
    r"|loved"
    r"|miss|missed|thank|thanks|for|with|of|to|from|on|in|at|by|like|about|see|saw|seeing|great)"
)
RELATIVE = regex.compile(
    rf"(?i)(?<![\w'])(?!{CLAUSE_HEADS}\b)[\p{{L}}\d'-]+,?\s+{SUBJECT}(?:'\p{{L}}+)?\s+(?:[\p{{L}}'-]+\s+){{1,6}}$",
    regex.V1,
)
# "to" and a verb after a noun or an adjective, not after a wish: "too big to argue with", but "love to hang out with".
WISHES = (
    r"(?:excited|happy|honou?red|proud|love[ds]?|loving|like[ds]?|wants?|wanted|wait|got|gets?|able|going|gonna|blessed"
    r"|lucky|glad|pleased|pleasure|privilege|need(?:s|ed)?|had|try|tried|trying|hop(?:e|ed|ing)|fun|nice|great|good"
    r"|thrilled|stoked|grateful|thankful|fortunate|amazing|awesome|cool|chance|honou?r|opportunity|lovely|sad|dying"
    r"|here|back|off|up|ready|time|came|went|come|go|about|bout|\w+ed|\w+ing)"
)
PURPOSE = regex.compile(rf"(?i)(?<![\w'])(?!{WISHES}\b)[\p{{L}}\d'-]+\s+to\s+(?:[\p{{L}}'-]+\s+){{1,4}}$", regex.V1)
# Words before which "on", "in" or "by" need a noun.
BEFORE_A_NOUN = (
    r"(?:the|a|an|my|our|your|his|their|this|these|that|those|and|or|of|with|for|from|at|to|by|in|on|much|very|pic"
    r"|photo|photos|pics|view|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?)"
)
NEEDS_A_NOUN = at_end(
    rf"(?i)(?:(?<![\w'])(?:{BEFORE_A_NOUN}|made|taken|shot|inspired|surrounded|photographed|drawn"
    r"|congrats|congratulations|waking|more)|^|[^\w\s,.;:!?'\")-])\s*"
)
SORT_OF = at_end(
    r"(?i)\b(?:sort|kind|approve|think|thought|dream|dreamt|proud|heard|fond|out|made|tired|speak|let go)\s*"
)
USED_TO = at_end(
    r"(?i)\b(?:used|ha[sd]|have|going|want|wants|wanted|need|needs|got|able|supposed|meant|talked|waved|dared)\s*"
)


def may_end(text: str, start: int, word: str) -> bool:
    """Whether ``word`` (to, for, from, with, of, in, on or by) may follow ``text`` up to ``start`` and be the last."""
    word = word.lower()
    if word in {"in", "on"} and not NEEDS_A_NOUN.match(text, 0, start):
        return True
    if word == "by" and MOVES.match(text, 0, start):
        return True
    if word == "of" and SORT_OF.match(text, 0, start):
        return True
    if word == "to" and USED_TO.match(text, 0, start):
        return True
    before = text[max(0, start - 120) : start].rsplit("\n", 1)[-1].rstrip() + " "
    return RELATIVE.search(before) is not None or PURPOSE.search(before) is not None
