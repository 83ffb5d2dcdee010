"""Links and e-mail addresses."""

import regex

# Only suffixes that are no English word ("so", "me", "it", "in" are): "home.so happy" is a missing space.
_SUFFIX = r"(?:com|net|org|io|tv|co|ly|gl|be|shop|store|info|biz|app|edu|gov|uk|de|fr|au|ca|eu|ru)"
URL = regex.compile(r"(?i)\b(?:https?:/{0,2}|www\.)\S*|\bhttps?…?(?=\s|$)")
BARE = regex.compile(rf"(?i)(?<![@\w.])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+{_SUFFIX}\b(?![.-]?\w)(?:/\S*)?")
EMAIL = regex.compile(r"(?i)(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b")


def links(text: str) -> str:
    """Take links out."""
    if "." not in text and ":" not in text and "http" not in text.lower():
        return text
    return BARE.sub("", URL.sub("", text))


def emails(text: str) -> str:
    """Take e-mail addresses out."""
    return EMAIL.sub("", text) if "@" in text else text
