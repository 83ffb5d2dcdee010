"""The beginning that a person typed: what of a caption is theirs, and what the decoder added and answers for."""

from dataclasses import dataclass
from typing import Protocol

import regex

from caption_model.text import graphemes
from caption_model.text.controls import CHOICES, MAX_GRAPHEMES, MEDIUM, SHORT, Controls, Length
from caption_model.text.lexicon import WORD, Lexicon, words
from caption_model.text.mentioned_topics import mentioned_in_post

LIMITS: dict[Length, int] = {"short": SHORT, "medium": MEDIUM, "long": MAX_GRAPHEMES}  # graphemes
LEAST_ROOM = 3  # graphemes: a blank and an emoji, or a blank and two letters
FORGIVEN = 3  # added words: runs of so many words reach back to what was typed
GOES_ON = regex.compile(r"[\p{L}\p{M}\p{N}]")  # would lengthen the word before it


class Runs(Protocol):
    """Runs of words, or of word classes, that people wrote."""

    def unknown(self, text: str, ended: bool = True) -> int:
        """How many runs of a text nobody wrote."""


@dataclass(frozen=True)
class Beginning:
    """How captions have to begin.

    Attributes:
        text: as it was typed, without blanks around it; empty where nothing was.
        closed: whether a blank was typed behind it, so that its last word is whole.
    """

    text: str = ""
    closed: bool = False

    @classmethod
    def of(cls, typed: str) -> "Beginning":
        """The beginning that somebody typed."""
        return cls(typed.strip(), typed != typed.rstrip())

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def ends_in_emoji(self) -> bool:
        """Whether its last grapheme is an emoji."""
        return graphemes.is_emoji(graphemes.split(self.text)[-1]) if self.text else False

    def joins(self, added: str, lexicon: Lexicon) -> bool:
        """Whether the added text may follow: it must not lengthen a word that is whole, known or not."""
        if not self.text or not GOES_ON.match(added):
            return True
        if self.closed or not GOES_ON.match(self.text[-1]):
            return not self.closed
        last = next((found[0] for found in WORD.finditer(self.text) if found.end() == len(self.text)), None)
        return last is not None and not lexicon.knows(words(last)[0])


def typed_part(text: str, beginning: str) -> str:
    """What is the person's alone: the beginning, without a last word that the decoder finished."""
    if not beginning:
        return ""
    across = (found.start() for found in WORD.finditer(text) if found.start() < len(beginning) < found.end())
    return beginning[: next(across, len(beginning))]


def adds_something(text: str, beginning: str) -> bool:
    """Whether a word or an emoji was added to the beginning; always so where there is none."""
    added = text[len(typed_part(text, beginning)) :]
    return not beginning or bool(words(added) or graphemes.emojis(added))


def unattested(runs: Runs, text: str, beginning: str, ended: bool = True, *, words_by: Runs) -> int:
    """How many runs nobody wrote in what was added.

    Behind a beginning that people write so, its words count as any others. Behind any other, the first added words are
    judged no more than it is: no run that reaches back into it was ever written. ``words_by`` are the runs of words,
    which know a strange beginning even where it is too short for a run of word classes.
    """
    typed = typed_part(text, beginning)
    if not typed or (runs.unknown(typed, False) == 0 and words_by.unknown(typed, False) == 0):
        return runs.unknown(text, ended)
    added = text[len(typed) :]
    forgiven = " ".join(words(added)[:FORGIVEN])
    return max(0, runs.unknown(added, ended) - runs.unknown(forgiven, False))


def with_room(length: Length, begun: int, room: int = LEAST_ROOM) -> Length:
    """The length nearest to the one asked for that leaves room (graphemes) behind ``begun`` graphemes."""
    order = list(LIMITS)
    fitting = (one for one in order[order.index(length) :] if LIMITS[one] - begun >= room)
    return next(fitting, "long")


def fulfils(text: str, controls: Controls, beginning: str) -> bool:
    """Whether a caption is as asked for, as far as that is up to the decoder.

    Emojis, ending and case may be those of the whole caption or of what was added; a length that the beginning leaves
    no room for becomes the next longer one.
    """
    if not beginning or controls.fulfilled_by(text):
        return controls.fulfilled_by(text)
    whole, added = Controls.measure(text), Controls.measure(text[len(beginning) :])
    if controls.length and whole.length != with_room(controls.length, graphemes.length(beginning)):
        return False
    if controls.subject and not mentioned_in_post(text, (controls.subject,)):
        return False
    asked = {name: getattr(controls, name) for name in CHOICES if name not in ("tone", "length")}
    return all(value in (None, getattr(whole, name), getattr(added, name)) for name, value in asked.items())
