"""A caption with what is known of it."""

from dataclasses import dataclass

CERTAIN = 30.0  # logit beyond which the critic is not believed any further


@dataclass(frozen=True)
class Caption:
    """A sampled caption of one photo and the scores that reranking weighs.

    A caption that no critic judged counts as written by people and as fitting neither well nor badly.

    Attributes:
        text: at most 80 graphemes once it is chosen.
        conditional_logp: log p(caption | photo) in nats, end included; behind a beginning, of what was added to it.
        unconditional_logp: the same without the photo; ``None`` where it was not computed.
        real_logit: the critic's logit that people wrote it.
        fit_logit: the critic's logit that it goes with this photo.
        grounded: mean probability of the topics it mentions, 0 where it mentions none.
        hallucinated: expected number of topics that it mentions and the photo does not show.
        beginning: what a person typed of the text; no filter judges it.
    """

    text: str
    conditional_logp: float
    unconditional_logp: float | None = None
    real_logit: float = CERTAIN
    fit_logit: float = 0.0
    grounded: float = 0.0
    hallucinated: float = 0.0
    beginning: str = ""

    @property
    def added(self) -> str:
        """The text without its beginning."""
        return self.text.removeprefix(self.beginning)
