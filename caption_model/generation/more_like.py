"""More like this: further captions of a photo that are close to one that somebody liked."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from caption_model.generation.reranking import Candidate, Ranker, likeness, trigrams
from caption_model.text.controls import Controls
from caption_model.text.mentioned_topics import claimed

if TYPE_CHECKING:
    from caption_model.captioner import Captioner
    from caption_model.generation.options import Wishes

ROUNDS = 3  # each draws as many samples as a suggestion does
CLOSENESS = 4.0  # nats a symbol that a caption gains if it has all trigrams of the liked one
SAME = 0.75  # likeness from which two captions are one to a reader


def more_like(
    captioner: "Captioner",
    pixels: NDArray[np.uint8],
    liked: str,
    n: int,
    wishes: "Wishes",
    shown: Collection[str],
) -> list[str]:
    """Captions of one photo, closest to the liked one and best first; fewer than ``n`` if no more pass the filters.

    The decoder is asked for what can be measured on the liked caption: its emojis, length, ending, case and topic. Only
    the visitor's own wishes must be fulfilled. The same photo, caption and captions shown: the same answer.

    Args:
        captioner: draws and knows what may be shown.
        pixels: RGB uint8 (height, width, 3) of the encoder's size.
        liked: the caption, edited or not.
        n: captions wanted.
        wishes: tone, relevance and creativity of the further ones, and what they must fulfil.
        shown: captions that must not come again, the liked one included or not.
    """
    features = captioner.encoder.encode(pixels[None])
    shows = captioner.shown(features.pooled, captioner.describe_surely(features.grid))
    photo = hashlib.sha256(pixels.tobytes()).digest()
    told = replace(Controls.measure(liked, tone=wishes.tone), about=min(claimed(liked), default=None))
    candidates: list[Candidate] = []
    for number in range(ROUNDS):
        salt = photo + hashlib.sha256(f"{liked}\0{len(shown)}\0{number}".encode()).digest()
        (drawn,) = captioner.sample(features.pooled, shows, [salt], n, 0, told, wishes.sampler())
        candidates += drawn
    return choose(captioner.social.ranker, candidates, liked, n, wishes.controls(), shown)


def choose(
    ranker: Ranker,
    candidates: Sequence[Candidate],
    liked: str,
    n: int,
    controls: Controls,
    shown: Collection[str],
) -> list[str]:
    """At most ``n`` candidates by score and trigrams shared with the liked caption, none like another or one shown."""
    like = trigrams(liked)
    taken = [like, *(trigrams(text) for text in shown)]

    def closeness(candidate: Candidate) -> tuple[float, str]:
        return ranker.score(candidate) + CLOSENESS * likeness(trigrams(candidate.text), like), candidate.text

    chosen: list[str] = []
    for candidate in sorted(candidates, key=closeness, reverse=True):
        if len(chosen) == n:
            break
        grams = trigrams(candidate.text)
        if max(likeness(grams, other) for other in taken) < SAME and ranker.acceptable(candidate.text, controls):
            chosen.append(candidate.text)
            taken.append(grams)
    return chosen
