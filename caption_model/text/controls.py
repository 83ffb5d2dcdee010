"""Control symbols: what a caption should be like, learnt from attributes measured on each training caption.

Conditioning a language model on such codes follows Keskar et al. 2019 (CTRL). Every control may be left open.
"""

from dataclasses import dataclass
from typing import Literal, Self, get_args

from caption_model.text import graphemes
from caption_model.text.mentioned_topics import mentioned_in_post
from caption_model.text.topics import topics

Tone = Literal["gram", "funny", "romantic", "tweet", "plain"]
EmojiAmount = Literal["none", "some", "many"]
Length = Literal["short", "medium", "long"]
Ending = Literal["plain", "question", "exclamation"]
Case = Literal["lower", "normal"]
CHOICES: dict[str, tuple[str, ...]] = {
    "tone": get_args(Tone),
    "emoji": get_args(EmojiAmount),
    "length": get_args(Length),
    "ending": get_args(Ending),
    "case": get_args(Case),
}
SHORT, MEDIUM, MAX_GRAPHEMES = 25, 50, 80  # graphemes


@dataclass(frozen=True)
class Controls:
    """What a caption should be like; ``None`` leaves a control open.

    Attributes:
        tone: gram, funny, romantic, tweet or plain (says what there is to see).
        emoji: none, some (one or two) or many (three or more).
        length: short (at most 25 graphemes), medium (at most 50) or long.
        ending: plain, question (has a question mark) or exclamation.
        case: lower (no capital letter) or normal.
        subject: a topic that the caption mentions.
    """

    tone: Tone | None = None
    emoji: EmojiAmount | None = None
    length: Length | None = None
    ending: Ending | None = None
    case: Case | None = None
    subject: str | None = None

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            value = getattr(self, name)
            if value is not None and value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}")
        if self.subject is not None and self.subject not in topics():
            raise ValueError(f"subject must be one of {', '.join(topics())}, not {self.subject!r}")

    @classmethod
    def measure(cls, caption: str, tone: Tone | None = None) -> Self:
        """The controls that this caption fulfils; it may be about several things, so that is left open."""
        emojis = len(graphemes.emojis(caption))
        symbols = graphemes.length(caption)
        return cls(
            tone=tone,
            emoji="none" if emojis == 0 else "some" if emojis <= 2 else "many",
            length="short" if symbols <= SHORT else "medium" if symbols <= MEDIUM else "long",
            ending="question" if "?" in caption else "exclamation" if "!" in caption else "plain",
            case="normal" if any(letter.isupper() for letter in caption) else "lower",
        )

    def ids(self) -> list[int]:
        """One integer a control, in the order of ``CHOICES``; 0 where it is left open."""
        asked = {name: getattr(self, name) for name in CHOICES}
        return [0 if asked[name] is None else 1 + choices.index(asked[name]) for name, choices in CHOICES.items()]

    def fulfilled_by(self, caption: str) -> bool:
        """Whether a caption has every attribute that was asked for; tone cannot be measured and is not looked at."""
        measured = Controls.measure(caption)
        pairs = [(getattr(self, name), getattr(measured, name)) for name in CHOICES if name != "tone"]
        named = self.subject is None or self.subject in mentioned_in_post(caption, (self.subject,))
        return named and all(asked is None or asked == found for asked, found in pairs)
