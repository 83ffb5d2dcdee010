"""What cross-posting to Twitter leaves: a place at the end (``@ Lakeside Park``) and text cut off by ``…``."""

import regex

from caption_model.text import graphemes
from datasets.cleaning.tails import at_end, split_tail

EMOJI_TAIL = r"(?P<tail>[\s\p{Extended_Pictographic}\p{EComp}\u200d\ufe0f--[0-9#*]]*)$"
NO_SENTENCE = r"(?:(?![.!?]\s+\p{L}[\p{L}']*\s+\p{Ll}|\b(?:was|is|are|were|tonight|today|tomorrow)\b|\n).)"
PLACE = regex.compile(
    r"(?:^|(?<=[\s.,!?)…]))(?:[(\[](?:@\s+|at\s+(?=[\p{Lu}@]))"
    r"|@\s+(?=[\p{Lu}\p{N}\"'“‘#@&…¡]|(?:the|la|le|el|a|my) \p{Lu}"
    r"|\p{Ll}\p{Lu})|(?:en|em) (?=\p{Lu}))" + NO_SENTENCE + r"{1,90}?[)\]]?" + EMOJI_TAIL,
    regex.V1,
)
ABROAD = regex.compile(r"\be[nm] \p{Lu}")
AT_SIGN = regex.compile(r"(?<=[\p{L}\p{N}]) @ (?=\p{Ll})")
CUT = at_end(r"(?P<last>\S*+)\s*…")
SENTENCE_END = regex.compile(
    r"(?:(?<!\b(?i:mr|mrs|ms|dr|st|vs|no|feat|ft|jr|sr|mt|\p{L}))[.!?]+[\"')]*"
    r"|[\p{Extended_Pictographic}\ufe0f])(?=\s)(?!\s*\p{Ll})"
)
# A text shorter than this was not cut by a limit on length; its "…" is the writer's own.
SHORTEST_CUT = 50


def place_suffix(text: str) -> str:
    """Drop the place at the end, keep the emojis after it; an ``@`` before an ordinary word is "at"."""
    if "@" not in text and "(at " not in text and not ABROAD.search(text):
        return text
    text = PLACE.sub(lambda match: " " + match["tail"].strip(), text, count=1)
    return AT_SIGN.sub(" at ", text)


def cut_word(text: str) -> str:
    """Of a text cut off amid its hashtags drop the cut one; amid a sentence, keep the sentences before it."""
    body, tail = split_tail(text)
    match = CUT.match(body) if "…" in body else None
    if match is None:
        return text
    if match["last"].startswith(("#", "@", "http")):
        return f"{text[: match.start()]} {tail.strip()}"
    if graphemes.length(text) < SHORTEST_CUT:
        return text
    ends = [end.end() for end in SENTENCE_END.finditer(text, 0, match.start())]
    return f"{text[: ends[-1]]} {tail.strip()}" if ends else text


def cut_off(text: str) -> bool:
    """The text still ends in the middle of a sentence that was cut."""
    return "…" in text and split_tail(text)[0].endswith("…") and graphemes.length(text) >= SHORTEST_CUT
