"""Links and e-mail addresses."""

import regex

# Only suffixes that are no English word ("so", "me", "it", "in" are): "home.so happy" is a missing space.
_SUFFIX = r"(?:com|net|org|io|tv|co|ly|gl|be|shop|store|info|biz|app|edu|gov|uk|de|fr|au|ca|eu|ru)"
URL = regex.compile(r"(?i)\b(?:https?:/{0,2}|www\.)\S*|\bhttps?…?(?=\s|$)")
BARE = regex.compile(rf"(?i)(?<![@\w.-])(?:[a-z0-9][a-z0-9-]*+(?<=[a-z0-9])\.)+{_SUFFIX}\b(?![.-]?\w)(?:/\S*)?")
# A whole address, one without its ending at a well-known provider, and "ana (at) example (dot) com".
_AT = r"(?:@|\s?[\[({]\s?at\s?[\])}]\s?)"
_DOT = r"(?:\.|\s?[\[({]\s?dot\s?[\])}]\s?)"
_PROVIDER = r"(?:gmail|googlemail|yahoo|hotmail|outlook|icloud|proton(?:mail)?|gmx|aol)"
_LABEL = r"(?:(?:\b(?:e-?mail|mail|mailto|contact)\s*:|[✉📧📩📨📬]\ufe0f?:?)\s*)?"
EMAIL = regex.compile(
    r"(?i)"
    rf"{_LABEL}[<(\[]?(?:\bmailto:)?(?<![\w.+@-])[\w.+-]++"
    rf"(?:{_AT}[\w-]++(?:{_DOT}[\w-]++)*{_DOT}[a-z]{{2,}}\b|@{_PROVIDER}\b)[>)\]]?"
)
# A sentence that hinges on the address: "write to ana@example.com".
EMAIL_IN_SENTENCE = regex.compile(
    rf"(?i)\b(?:to|at|via|on|is|by|from|me|us|and|or)\s*{EMAIL.pattern.removeprefix('(?i)')}"
)
AT_WORD = regex.compile(r"(?i)[\[({]\s?at\s?[\])}]")


def links(text: str) -> str:
    """Take links out."""
    if "." not in text and ":" not in text and "http" not in text.lower():
        return text
    return BARE.sub("", URL.sub("", text))


def email_in_sentence(text: str) -> bool:
    """A sentence hinges on an e-mail address: without it, it is broken."""
    return ("@" in text or AT_WORD.search(text) is not None) and EMAIL_IN_SENTENCE.search(text) is not None


def emails(text: str) -> str:
    """Take e-mail addresses out, with the label and brackets around them."""
    return EMAIL.sub("", text) if "@" in text or AT_WORD.search(text) else text
