"""What cross-posting to Twitter leaves: a place at the end (``@ Lakeside Park``) and text cut off by ``…``."""

import regex

from caption_model import graphemes

EMOJI_TAIL = r"(?P<tail>[\s\p{Extended_Pictographic}\p{EComp}\u200d\ufe0f--[0-9#*]]*)$"
PLACE = regex.compile(
    r"(?:(?<=^)|(?<=[\s.,!?)…]))[(\[]?@\s+(?=[\p{Lu}\p{N}\"'“‘#@&…¡]|the\b|\p{Lo})"
    r"(?:(?![.!?]\s+\p{L}[\p{L}']*\s+\p{Ll}|\b(?:was|is|are|were|tonight|today|tomorrow)\b|\n).){1,90}?[)\]]?"
    + EMOJI_TAIL,
    regex.V1,
)
CUT = regex.compile(r"(?P<last>\S*?)\s*…" + EMOJI_TAIL, regex.V1)
SENTENCE_END = regex.compile(r"(?:[.!?]+[\"')]*|[\p{Extended_Pictographic}\ufe0f])(?=\s)(?!\s*\p{Ll})")
# A text shorter than this was not cut by a limit on length; its "…" is the writer's own.
SHORTEST_CUT = 50


def place_suffix(text: str) -> str:
    """Drop the place at the end, keep the emojis after it."""
    if "@ " not in text:
        return text
    return PLACE.sub(lambda match: " " + match["tail"].strip(), text, count=1)


def cut_word(text: str) -> str:
    """Of a text cut off amid its hashtags drop the cut one; amid a sentence, keep the sentences before it."""
    match = CUT.search(text)
    if match is None:
        return text
    tail = match["tail"].strip()
    if match["last"].startswith(("#", "@", "http")):
        return f"{text[: match.start()]} {tail}"
    if graphemes.length(text) < SHORTEST_CUT:
        return text
    ends = [end.end() for end in SENTENCE_END.finditer(text, 0, match.start())]
    return f"{text[: ends[-1]]} {tail}" if ends else text


def cut_off(text: str) -> bool:
    """The text still ends in the middle of a sentence that was cut."""
    return "…" in text and CUT.search(text) is not None and graphemes.length(text) >= SHORTEST_CUT
