"""What was seen in a photo: all that writing captions needs, however often they are written."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caption_model.generation.calibration import SURE_FROM


@dataclass(frozen=True, eq=False)
class Seen:
    """One encoded photo. ``Captioner.look`` makes it; it holds no pixels and is about 100 kB.

    Attributes:
        grid: the encoder's features, float32 (rows, columns, channels).
        pooled: their mean over the grid, float32 (channels,).
        description: a plain sentence.
        confidence: chance in [0, 1] that people would agree with it; ``None`` where the bundle is not calibrated.
        topics: the probability of each topic that captions may mention, from the topic head and the description.
        classes: ImageNet's classes that the photo is taken for, with probabilities, likeliest first; empty where the
            encoder has no head for them.
        salt: SHA-256 of the pixels, 32 bytes, so that random numbers depend on the photo and not on its file.
    """

    grid: NDArray[np.float32]
    pooled: NDArray[np.float32]
    description: str
    confidence: float | None
    topics: Mapping[str, float]
    classes: tuple[tuple[str, float], ...]
    salt: bytes

    @property
    def unsure(self) -> bool:
        """Whether the description is better called a guess."""
        return self.confidence is not None and self.confidence < SURE_FROM
