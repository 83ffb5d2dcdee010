"""What stays behind when tags and links are gone: dangling marks, labels, prepositions, empty brackets."""

import regex

from datasets.cleaning.stranded import may_end
from datasets.cleaning.tails import PICTURE, at_end, split_tail

EMPTY_PAIRS = regex.compile(r"\(\W{0,3}?\)|<\s*>|\[\s*\]|\{\s*\}|\"\s*\"|(?<!\S)'\s*'(?!\S)|\(\s*(?:by|via|w/)\s*\)")
SPACE_BEFORE_MARK = regex.compile(
    r"(?<=\w) +(?=[!?]+(?:\s|$))|(?<=[\p{L}\p{N}'\")]) +(?=[,;](?:\s|$)|\.(?!\S))|(?<=[.!?]) +\.(?=\s|$)"
    r"|(?<=\w),\s+(?=[.!?](?:\s|$))"
)
SPACE_INSIDE = regex.compile(r"(?<=\() +|(?<![:;=8xX ]) ++(?=\)(?:\s|$))")
EMOTICON_END = at_end(r"(?:[:;=8xX][-'^]?[)(\]DPpOo3*|/\\]|<3|\^_?\^|-_-|[oO]_[oO]|\*[-_]\*|:\*|[:;]['-]?\))\s*")
HEAD_MARKS = regex.compile(r"^(?:[\s|,;/&+~•·_=>*\-–—]|<(?!3)|:(?![)(DPp3*'/\-])|\.(?!\.)|[!?.]+(?=\s)|[)\]}](?!\S))+")
TAIL_MARKS = at_end(r"(?:[\s|,;&+~•·_=<>\-–—:@(\[{]|\*|(?<!\bw)/)+")
LABEL = at_end(
    rf"(?i)(?:(?<=[.!?)\"\n|]|{PICTURE}|^)\s*|\s+)\b(?:photo(?:graphy|s)?|pic(?:ture)?s?|image|video|hair|make-?up|mua"
    r"|glam|styl(?:ed|ing)|outfit|dress|credits?|cr|repost|regram|via|link|link below|source|ig|instagram|snapchat"
    r"|twitter"
    r"|insta)(?:\s+(?:by|from))?\s*[:\-]+"
)
PREPOSITION = at_end(r"(?i)[\s,\-–—|/(]+(?:with|w/?|via|feat\.?|ft\.?|by)[\s:\-]*")
# "by" after these is a credit: taking it away would hide a hole.
BEFORE_BY = at_end(
    r"(?i)\b(?:photo(?:s|graphed|graphy)?|pics?|picture|shot|video|hair|make-?up|glam|styled|edit|dress|look"
    r"|design(?:ed)?|art|repost|drawn|made|taken|captured|directed|new|vogue|issue|cover|beat|face|inspired"
    r"|surrounded)\s*"
)
CAMERA_CREDIT = regex.compile(
    r"(?<!\s)\s*+[📷📸]\ufe0f?\s*+(?:[:\-–—]+\s*+\S.*|(?:by\s)?\p{Lu}[\p{L}.]*(?:\s\p{Lu}\p{L}+)?\s*)$"
)
# A camera at the end stood before the photographer's name, unless the caption is about photos.
CAMERA_END = at_end(r"(?<=\S)(?:\s*[📷📸])+\s*")
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
        if (camera := CAMERA_END.match(text)) and not ABOUT_PHOTOS.search(text):
            text = text[: camera.start()]
    text = _drop_at_end(text, LABEL)
    text = _drop_preposition(text)
    text = HEAD_MARKS.sub("", text)
    if not EMOTICON_END.match(text):
        text = _drop_at_end(text, TAIL_MARKS)
        text = _balance(text)
    return BLANKS.sub(" ", text).strip()


def _drop_at_end(text: str, pattern: "regex.Pattern[str]") -> str:
    """Take out what stands before the emojis at the end."""
    body, tail = split_tail(text)
    match = pattern.match(body)
    return text if match is None else f"{body[: match.start()]} {tail.strip()}".rstrip()


def _drop_preposition(text: str) -> str:
    body, tail = split_tail(text)
    match = PREPOSITION.match(body)
    if match is None or not any(character.isalpha() for character in body[: match.start()]):
        return text
    word = match[0].strip(" \t\n,-–—|/(:.").lower()
    if word == "by" and BEFORE_BY.match(body, 0, match.start()):
        return text
    if word in {"with", "by"} and may_end(body, match.start(), word):
        return text
    return f"{body[: match.start()]} {tail.strip()}".strip()


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
