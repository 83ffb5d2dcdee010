"""What stays behind when tags and links are gone: dangling marks, labels, prepositions, empty brackets."""

import regex

PICTURE = r"[\p{Extended_Pictographic}\p{EComp}\u200d\ufe0f--[0-9#*©®™]]"
TAIL = rf"(?P<tail>(?:\s|{PICTURE})*)$"
EMPTY_PAIRS = regex.compile(
    r"\(\W{0,3}?\)(?<!\()|\[\s*\]|\{\s*\}|\"\s*\"|(?<=\s|^)'\s*'(?=\s|$)|\(\s*(?:by|via|w/)?\s*\)"
)
SPACE_BEFORE_MARK = regex.compile(r"(?<=\w) +(?=[!?]+(?:\s|$))")
SPACE_INSIDE = regex.compile(r"(?<=\() +| +(?=\)(?:\s|$))(?<![:;=8] )")
EMOTICON_END = regex.compile(r"(?:[:;=8xX][-'^]?[)(\]DPpOo3*|/\\]|<3|\^_?\^|-_-|[oO]_[oO]|\*[-_]\*|:\*)\s*$")
HEAD_MARKS = regex.compile(r"^(?:[\s|,;/&+~•·_=<>*\-–—]|:(?![)(DPp3*'/\-])|\.(?!\.)|[)\]}](?!\S))+(?!3)")
TAIL_MARKS = regex.compile(rf"[\s|,;/&+~•·_=<>*\-–—:@#(\[{{]+{TAIL}", regex.V1)
LABEL = regex.compile(
    rf"(?i)(?:(?<=[.!?)\"\n|]|{PICTURE}|^)\s*|\s+)\b(?:photo(?:graphy|s)?|pic(?:ture)?s?|image|video|hair|make-?up|mua|glam|styl(?:ed|ing)|"
    rf"outfit|dress|credits?|cr|repost|regram|via|link|link below|source|ig|instagram|snapchat|twitter|insta)"
    rf"(?:\s+(?:by|from))?\s*[:\-]+{TAIL}",
    regex.V1,
)
PREPOSITION = regex.compile(rf"(?i)[\s,\-–—|/(]+(?:with|w/?|via|feat\.?|ft\.?|by)[\s:\-]*{TAIL}", regex.V1)
BY_ENDS = regex.compile(
    r"(?i)\b(?:photo(?:s|graphed|graphy)?|pics?|picture|shot|video|hair|make-?up|glam|styled|edit|dress|look|design(?:ed)?|art"
    r"|repost|drawn|made|taken|captured|directed|new|vogue|issue|cover|beat|face|passing|driving|flying|time goes|days go|stopping|stop)\s*$"
)
CAMERA_END = regex.compile(
    r"(?:(?<=\s)|(?<=[.!?]))[📷📸]\ufe0f?\s*[:\-–—]+\s*$|(?<=\S)\s+\(?\s*[📷📸]\ufe0f?\s*[:\-–—]\s*"
)
BRACKETS = {")": "(", "]": "["}


def tidy(text: str) -> str:
    """Remove what dangles, leaving emoticons alone."""
    text = EMPTY_PAIRS.sub(" ", text)
    text = SPACE_BEFORE_MARK.sub("", text)
    text = SPACE_INSIDE.sub("", text)
    text = CAMERA_END.sub(" ", text)
    text = LABEL.sub(r" \g<tail>", text)
    text = _drop_preposition(text)
    text = HEAD_MARKS.sub("", text)
    if not EMOTICON_END.search(text):
        text = TAIL_MARKS.sub(_keep_tail, text)
        text = _balance(text)
    return regex.sub(r"[^\S\n]+", " ", text).strip()


def _keep_tail(match: "regex.Match[str]") -> str:
    return f" {match['tail'].strip()}" if match["tail"].strip() else ""


def _drop_preposition(text: str) -> str:
    match = PREPOSITION.search(text)
    if match is None:
        return text
    before = text[: match.start()]
    if not any(character.isalpha() for character in before) or (
        "by" in match[0].lower() and BY_ENDS.search(before) is not None
    ):
        return text
    return f"{before} {match['tail'].strip()}".strip()


def _balance(text: str) -> str:
    """Drop brackets and double quotes that have lost their partner."""
    if text.count('"') == 1:
        text = text.replace('"', "")
    for closing, opening in BRACKETS.items():
        if text.count(opening) == text.count(closing):
            continue
        if text.count(opening) == 1 and closing not in text:
            text = text.replace(opening, "")
        elif text.count(closing) == 1 and opening not in text and not regex.search(r"[:;=8][-']?[)\]]|\b\d[)]", text):
            text = text.replace(closing, "")
    return text
