"""Lines, white space, and repeated marks and emojis."""

import regex

from caption_model.text import graphemes

MAX_REPEATS = 3
MAX_EMOJI_RUN = 6
MAX_LETTER_RUN = 4
RULED_LINE = regex.compile(r"(?m)^[ \t]*[^\p{L}\p{N}\n\p{Extended_Pictographic}]*[ \t]*$|^[ \t]*[➖〰\ufe0f ]+[ \t]*$")
SPACED_DOTS = regex.compile(r"(?:(?<=\s)|^)[.•·⠀](?:\s+[.•·⠀])+(?=\s|$)")
SPACES = regex.compile(r"\s+")
MARK_RUN = regex.compile(r"([^\p{L}\p{N}\s\p{Extended_Pictographic}])\1{3,}")
MIXED_MARKS = regex.compile(r"[!?]{4,}")
LETTER_RUN = regex.compile(r"(\p{L})\1{4,}")
SPACED_RUN = regex.compile(r"([.!?])(?: \1){2,}")


def ruled_lines(text: str) -> str:
    """Drop lines of dots and dashes that only make room: people type them to push hashtags down."""
    if "\n" in text:
        text = RULED_LINE.sub("", text)
        text = regex.sub(r"\n{2,}", "\n", text).strip("\n")
    return SPACED_DOTS.sub("\n", text)


def one_line(text: str) -> str:
    """Join lines by a space; by a full stop where one ends bare and the next starts a sentence."""
    if "\n" in text:
        lines = [line.strip() for line in text.split("\n")]
        text = lines[0]
        for line in lines[1:]:
            ends_bare = text[-1:].isalnum() and line[:1].isupper()
            text = f"{text}{'.' if ends_bare else ''} {line}" if line else text
    return SPACES.sub(" ", text).strip()


def repeats(text: str) -> str:
    """Cap runs: 3 of one mark or emoji, 6 emojis in all, 4 of a letter."""
    text = SPACED_RUN.sub(r"\1\1\1", text)
    text = MARK_RUN.sub(r"\1\1\1", text)
    text = MIXED_MARKS.sub(lambda match: match[0][:MAX_REPEATS], text)
    text = LETTER_RUN.sub(r"\1\1\1\1", text)
    return text if text.isascii() else _cap_emojis(text)


def _cap_emojis(text: str) -> str:
    kept: list[str] = []
    last, same, run = "", 0, 0
    for cluster in graphemes.split(text):
        if graphemes.is_emoji(cluster):
            same = same + 1 if cluster == last else 1
            run += 1
            last = cluster
            if same > MAX_REPEATS or run > MAX_EMOJI_RUN:
                continue
        elif not cluster.isspace():
            last, same, run = "", 0, 0
        kept.append(cluster)
    return "".join(kept)
