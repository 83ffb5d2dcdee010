"""What stand-ins of a captioner say: a photo that was looked at, and captions."""

from typing import TYPE_CHECKING

import numpy as np

from caption_model.generation.caption import Caption
from caption_model.generation.seen import Seen

if TYPE_CHECKING:
    from caption_model.captioner import Suggestions  # with all that captioning needs, which most stand-ins do without


def seen(description="A photo.", confidence=None, classes=(), topics=None, salt=b"", pooled=(0.0,) * 4) -> Seen:
    """A photo with features of two by two cells, all alike."""
    features = np.array(pooled, np.float32)
    grid = np.tile(features, (2, 2, 1))
    return Seen(grid, features, description, confidence, topics or {}, tuple(classes), salt)


def captions(*texts: str, logp: float = -10.0) -> list[Caption]:
    """Captions that are equally likely."""
    return [Caption(text, logp) for text in texts]


def suggestions(photo: str, *texts: str, seconds: float = 0.25, **of_seen) -> "Suggestions":
    """What is suggested for a photo."""
    from caption_model.captioner import Suggestions

    return Suggestions(photo, seen(**of_seen), tuple(captions(*texts)), seconds)
