"""What a person asks of a photo's captions: one immutable value from the command line or the app to the decoder."""

from collections.abc import Collection
from dataclasses import dataclass
from math import isfinite
from unicodedata import category

from caption_model.text import graphemes
from caption_model.text.controls import Case, Controls, EmojiAmount, Ending, Length, Tone

GUIDANCE_SCALE = 1.0  # the decoder as it is; more makes it describe dogs rather than post about them
TEMPERATURE = 0.7  # the guide keeps captions English, so that they may differ
TOP_P = 0.9
LONGEST_BEGINNING = 60  # graphemes; so many leave room for a few words
NOT_ON_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # categories of control characters, line ends, broken text


@dataclass(frozen=True)
class GenerationOptions:
    """How captions are written. The same photo, models and options give the same captions.

    Attributes:
        n: captions wanted, at least 1.
        seed: of the random numbers, at least 0.
        tone, emoji, length, ending, case: as in ``Controls``; ``None`` leaves one open.
        subject: a topic that every caption has to mention; ``None`` leaves it to the photo.
        guidance_scale: weight of the photo in classifier-free guidance: 0 ignores it, 1 is the decoder as it is, 2
            clings to the photo.
        temperature: above 1 flattens the decoder's distribution, below 1 sharpens it.
        top_p: probability mass of the nucleus that symbols are drawn from, in (0, 1].
        samples: captions drawn a photo and round, from which the best are chosen; ``None`` draws enough for ``n``.
        avoid: captions that must not come again, nor others that read the same; any collection of strings.
        like: a caption, edited or not: others come close to it in wording, length, emojis and topic.
        starts_with: how every caption begins, letter by letter, at most ``LONGEST_BEGINNING`` graphemes without the
            blanks around it, which are left out; a blank behind it tells that its last word is whole.

    Raises:
        ValueError: a value is outside its range.
    """

    n: int = 5
    seed: int = 7
    tone: Tone | None = "gram"
    emoji: EmojiAmount | None = None
    length: Length | None = None
    ending: Ending | None = None
    case: Case | None = None
    subject: str | None = None
    guidance_scale: float = GUIDANCE_SCALE
    temperature: float = TEMPERATURE
    top_p: float = TOP_P
    samples: int | None = None
    avoid: Collection[str] = frozenset()
    like: str | None = None
    starts_with: str = ""

    def __post_init__(self) -> None:
        self.controls()  # it checks its own
        if self.n < 1:
            raise ValueError(f"n must be at least 1, not {self.n}")
        if self.seed < 0:
            raise ValueError(f"seed must be at least 0, not {self.seed}")
        if not (isfinite(self.guidance_scale) and self.guidance_scale >= 0):
            raise ValueError(f"guidance_scale must be a number of at least 0, not {self.guidance_scale}")
        if not (isfinite(self.temperature) and self.temperature > 0):
            raise ValueError(f"temperature must be a number above 0, not {self.temperature}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must be above 0 and at most 1, not {self.top_p}")
        if self.samples is not None and self.samples < 1:
            raise ValueError(f"samples must be at least 1, not {self.samples}")
        if isinstance(self.avoid, str):
            raise ValueError("avoid must be a collection of captions, not one string")
        object.__setattr__(self, "avoid", frozenset(self.avoid))
        if self.like is not None and not self.like.strip():
            raise ValueError("like must be a caption, not a blank")
        if (begun := graphemes.length(self.starts_with.strip())) > LONGEST_BEGINNING:
            raise ValueError(f"starts_with must have at most {LONGEST_BEGINNING} characters, not {begun}")
        if not NOT_ON_A_LINE.isdisjoint(map(category, self.starts_with)):
            raise ValueError("starts_with must be one line of text, without line ends or control characters")

    def controls(self) -> Controls:
        """The control symbols that the decoder is told, and that captions have to fulfil."""
        return Controls(self.tone, self.emoji, self.length, self.ending, self.case, self.subject)
