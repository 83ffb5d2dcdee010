"""What stays behind when tags and links are gone: dangling marks, labels, prepositions, empty brackets."""

import regex

PICTURE = r"[\p{Extended_Pictographic}\p{EComp}\u200d\ufe0f--[0-9#*©®™]]"
TAIL = rf"(?P<tail>(?:\s|{PICTURE})*)$"
EMPTY_PAIRS = regex.compile(r"\(\W{0,3}?\)|\[\s*\]|\{\s*\}|\"\s*\"|(?<!\S)'\s*'(?!\S)|\(\s*(?:by|via|w/)\s*\)")
SPACE_BEFORE_MARK = regex.compile(
    r"(?<=\w) +(?=[!?]+(?:\s|$))|(?<=[\p{L}\p{N}'\")]) +(?=[,;](?:\s|$)|\.(?!\S))|(?<=[.!?]) +\.(?=\s|$)"
    r"|(?<=\w),\s+(?=[.!?](?:\s|$))"
)
SPACE_INSIDE = regex.compile(r"(?<=\() +|(?<![:;=8xX]) +(?=\)(?:\s|$))")
EMOTICON_END = regex.compile(
    r"(?:[:;=8xX][-'^]?[)(\]DPpOo3*|/\\]|<3|\^_?\^|-_-|[oO]_[oO]|\*[-_]\*|:\*|[:;]['-]?\))\s*$"
)
HEAD_MARKS = regex.compile(r"^(?:[\s|,;/&+~•·_=>*\-–—]|<(?!3)|:(?![)(DPp3*'/\-])|\.(?!\.)|[!?.]+(?=\s)|[)\]}](?!\S))+")
TAIL_MARKS = regex.compile(rf"(?:[\s|,;&+~•·_=<>\-–—:@(\[{{]|\*(?!\ufe0f)|(?<!\bw)/)+{TAIL}", regex.V1)
LABEL = regex.compile(
    rf"(?i)(?:(?<=[.!?)\"\n|]|{PICTURE}|^)\s*|\s+)\b(?:photo(?:graphy|s)?|pic(?:ture)?s?|image|video|hair|make-?up|mua"
    r"|glam|styl(?:ed|ing)|outfit|dress|credits?|cr|repost|regram|via|link|link below|source|ig|instagram|snapchat"
    r"|twitter"
    rf"|insta)(?:\s+(?:by|from))?\s*[:\-]+{TAIL}",
    regex.V1,
)
PREPOSITION = regex.compile(rf"(?i)[\s,\-–—|/(]+(?:with|w/?|via|feat\.?|ft\.?|by)[\s:\-]*{TAIL}", regex.V1)
# "by" after these is a credit or a verb's own particle: taking it away would hide a hole or break a sentence.
BEFORE_BY = regex.compile(
    r"(?i)\b(?:photo(?:s|graphed|graphy)?|pics?|picture|shot|video|hair|make-?up|glam|styled|edit|dress|look"
    r"|design(?:ed)?"
    r"|art|repost|drawn|made|taken|captured|directed|new|vogue|issue|cover|beat|face|passing|driving|flying|go(?:es)?"
    r"|stopping|stop|stand(?:ing)?|inspired|surrounded)\s*$"
)
CAMERA_CREDIT = regex.compile(
    r"(?:(?<=\S)|^)\s*[📷📸]\ufe0f?\s*[:\-–—]+\s*\S.*$|\s*[📷📸]\ufe0f?\s*(?:by\s)?\p{Lu}[\p{L}.]*(?:\s\p{Lu}\p{L}+)?\s*$"
)
# A camera at the end stood before the photographer's name, unless the caption is about photos.
CAMERA_END = regex.compile(r"(?<=\S)(?:\s*[📷📸])+\s*$")
ABOUT_PHOTOS = regex.compile(
    r"(?i)\b(?:cheese|smil|photo|pic|pose|posing|camera|shot|shoot|snap|selfie|film|captur|click|lens|flash|model|memor"
    r"|moment|frame)"
)
BRACKETS = {")": "(", "]": "["}
SMILING_BRACKET = regex.compile(r"[:;=8xX][-']?[)\]]|\b\d[)]")
BLANKS = regex.compile(r"[^\S\n]+")


def tidy(text: str) -> str:
    """Remove what dangles, leaving emoticons alone."""
    text = EMPTY_PAIRS.sub(" ", text)
    text = SPACE_BEFORE_MARK.sub("", text)
    text = SPACE_INSIDE.sub("", text)
    if "📷" in text or "📸" in text:
        text = CAMERA_CREDIT.sub("", text)
        text = text if ABOUT_PHOTOS.search(text) else CAMERA_END.sub("", text)
    text = LABEL.sub(r" \g<tail>", text)
    text = _drop_preposition(text)
    text = HEAD_MARKS.sub("", text)
    if not EMOTICON_END.search(text):
        text = TAIL_MARKS.sub(_keep_tail, text)
        text = _balance(text)
    return BLANKS.sub(" ", text).strip()


def _keep_tail(match: "regex.Match[str]") -> str:
    return f" {match['tail'].strip()}" if match["tail"].strip() else ""


def _drop_preposition(text: str) -> str:
    match = PREPOSITION.search(text)
    if match is None:
        return text
    before = text[: match.start()]
    if not any(character.isalpha() for character in before):
        return text
    if "by" in match[0].lower() and BEFORE_BY.search(before):
        return text
    return f"{before} {match['tail'].strip()}".strip()


def _balance(text: str) -> str:
    """Drop brackets and double quotes that have lost their partner."""
    if text.count('"') == 1:
        text = text.replace('"', "")
    for closing, opening in BRACKETS.items():
        if text.count(opening) == 1 and closing not in text:
            text = text.replace(opening, "")
        elif text.count(closing) == 1 and opening not in text and not SMILING_BRACKET.search(text):
            text = text.replace(closing, "")
    return text
