"""What a person asks of the captions, in everyday words, and what it means to the sampler."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from caption_model.text.controls import RELEVANCE, Controls, EmojiAmount, Length, Tone

if TYPE_CHECKING:
    from caption_model.generation.sampling import TopPSampler


@dataclass(frozen=True)
class Wishes:
    """Wishes for social captions.

    Attributes:
        tone, emoji, length: as in ``Controls``; ``None`` leaves one open.
        relevance: weight of the photo: 0 is pure mood, 2 clings to the photo.
        creativity: factor on the sampler's temperature; 1 leaves the sampler as it is.
        about: a topic, one of ``claims.THINGS``, that captions name; ``None`` leaves it to the photo.
    """

    tone: Tone | None = "gram"
    emoji: EmojiAmount | None = None
    length: Length | None = None
    relevance: float = RELEVANCE
    creativity: float = 1.0
    about: str | None = None

    def controls(self) -> Controls:
        """What the decoder is told."""
        return Controls(self.tone, self.emoji, self.length, about=self.about)

    def sampler(self) -> "TopPSampler":
        """The captioner's own sampler with relevance and creativity turned."""
        from caption_model.captioner import SAMPLER

        return replace(SAMPLER, relevance=self.relevance, temperature=SAMPLER.temperature * self.creativity)
