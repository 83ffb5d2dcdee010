"""What programs leave in a caption: tags and entities of HTML, and characters written as escapes."""

import ast
import html

import regex

ENTITY = regex.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# An emoji beyond U+FFFF as two entities, one for each half of its surrogate pair.
PAIR_OF_ENTITIES = regex.compile(
    r"&#(?:(5[5-7]\d{3})|[xX]([dD][89abAB][0-9a-fA-F]{2}));&#(?:(\d{5})|[xX]([0-9a-fA-F]{4}));"
)
ELEMENT = (
    r"(?:a|abbr|article|audio|b|big|blockquote|body|br|button|caption|center|cite|code|dd|del|div|dl|dt|em|figcaption"
    r"|figure|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|label|li|link|main|mark|meta|nav|nobr"
    r"|ol|p|path|picture|pre|q|s|script|section|small|source|span|strike|strong|style|sub|sup|svg|table|tbody|td|th"
    r"|thead|time|title|tr|tt|u|ul|video|wbr)"
)
COMMENT = regex.compile(
    r"<!--.*?(?:-->|$)|<!doctype[^<>]*+>|<(script|style)\b[^<>]*+>.*?(?:</\1\s*+>|$)", regex.S | regex.I
)
NEW_LINE = regex.compile(r"(?i)\s*+<(?:br|/p|/div|/li|/tr|/h[1-6]|/blockquote)\b[^<>]*+>")
TAG = regex.compile(rf"(?i)</?{ELEMENT}(?:\s[^<>]*+|\s*+/)?>|</?{ELEMENT}\s[^<>]*=[^<>]*+$")

BYTES = regex.compile(r"\s*+[bB](['\"])(.*)\1\s*+", regex.S)
UTF8 = regex.compile(r"(?:\\x[0-9a-fA-F]{2})++|(?:%[0-9a-fA-F]{2}){3,}+|(?:=[0-9A-F]{2}){2,}+")
CODE_POINT = regex.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\u\{([0-9a-fA-F]{1,6})\}|<U\+([0-9a-fA-F]{4,8})>")
# The backslash itself was lost: half of an emoji, a typographic mark after a letter, a sign or a variation selector.
BARE_CODE_POINT = regex.compile(
    r"(?i)(?<![\p{L}\d])u(d8[0-9a-f]{2})u(d[c-f][0-9a-f]{2})|(?<=[\p{Ll}\d])u(d8[0-9a-f]{2})u(d[c-f][0-9a-f]{2})"
    r"|(?<=\p{L})u(20[12][0-9a-f])(?![0-9a-f])|(?<![\p{L}\d])u(2[67][0-9a-f]{2})(?=u|\b)|u(fe0f)\b"
)
SIMPLE = regex.compile(r"\\([nrt\"'/])")
SIMPLE_MEANING = {"n": "\n", "r": "\n", "t": " "}
SURROGATES = regex.compile(r"[\ud800-\udbff][\udc00-\udfff]")
SOFT_BREAK = regex.compile(r"=\r?\n(?=\S)")


def html_entities(text: str) -> str:
    """``&amp;`` → ``&``, also where it was escaped twice. An entity ends in a semicolon: "&notes" is none."""
    for _ in range(2):
        if "&" not in text or ";" not in text:
            break
        text = PAIR_OF_ENTITIES.sub(_pair, text)
        text = ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return text


def html_tags(text: str) -> str:
    """Take tags out: ``<br>`` and ends of blocks become line ends, other tags nothing. "<3" and "a < b" stay."""
    if "<" not in text:
        return text
    return TAG.sub("", NEW_LINE.sub("\n", COMMENT.sub("", text)))


def escapes(text: str) -> str:
    r"""Characters for their escapes: ``\u2764``, ``\xe2\x9d\xa4``, ``<U+2764>``, ``%E2%9D%A4``, ``b'...'``, ``\n``.

    Bytes that are no UTF-8 stay as they are.
    """
    if (match := BYTES.fullmatch(text)) and (decoded := _bytes(match[0].strip())) is not None:
        text = decoded
    if "\\" in text or "%" in text or "=" in text:
        text = UTF8.sub(_utf8, SOFT_BREAK.sub("", text))
    if "\\" in text or "<U+" in text:
        text = CODE_POINT.sub(_code_point, text)
        text = SIMPLE.sub(lambda match: SIMPLE_MEANING.get(match[1], match[1]), text)
    text = BARE_CODE_POINT.sub(_bare, text)
    return text if text.isascii() else SURROGATES.sub(lambda match: _join(match[0]), text)


def _join(halves: str) -> str:
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _pair(match: "regex.Match[str]") -> str:
    high = int(match[1]) if match[1] else int(match[2], 16)
    low = int(match[3]) if match[3] else int(match[4], 16)
    whole = 0xD800 <= high <= 0xDBFF and 0xDC00 <= low <= 0xDFFF
    return _join(chr(high) + chr(low)) if whole else match[0]


def _bytes(literal: str) -> str | None:
    try:
        return ast.literal_eval("b" + literal[1:]).decode("utf-8")
    except (ValueError, SyntaxError, MemoryError, RecursionError, AttributeError):
        return None


def _utf8(match: "regex.Match[str]") -> str:
    digits = regex.sub(r"\\x|[%=]", "", match[0])
    try:
        return bytes.fromhex(digits).decode("utf-8")
    except UnicodeDecodeError:
        return match[0]


def _code_point(match: "regex.Match[str]") -> str:
    value = int(next(group for group in match.groups() if group), 16)
    return chr(value) if value < 0x110000 else match[0]


def _bare(match: "regex.Match[str]") -> str:
    return "".join(chr(int(group, 16)) for group in match.groups() if group)
