"""Decoded pictures of any mode and size → small RGB ones, strip by strip, so that no second copy is ever whole."""

import math
from collections.abc import Iterator

import numpy as np
from PIL import Image

GAP = 3.0  # times the wanted size that is left to the fine filter; the coarse one does the rest
STRIP = 2_000_000  # pixels that are converted at once

Range = tuple[float, float]


class UnknownRangeError(ValueError):
    """Numbers of which nobody can tell which is black and which is white."""


def fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A picture of any mode as RGB of exactly ``size``, (columns, rows).

    Raises:
        UnknownRangeError: its pixels are numbers that are none.
    """
    columns, rows = picture.size
    factors = max(1, int(columns / size[0] / GAP)), max(1, int(rows / size[1] / GAP))
    small = Image.new("RGB", (math.ceil(columns / factors[0]), math.ceil(rows / factors[1])))
    limits = _limits(picture)
    for top, strip in _strips(picture, factors[1]):
        small.paste(_rgb(strip, limits).reduce(factors), (0, top // factors[1]))
    box = (0.0, 0.0, columns / factors[0], rows / factors[1])
    return small.resize(size, Image.Resampling.BICUBIC, box=box)


def _strips(picture: Image.Image, multiple: int = 1) -> Iterator[tuple[int, Image.Image]]:
    """Where each strip begins, and the strip; all but the last have a multiple of so many rows."""
    columns, rows = picture.size
    height = multiple * max(1, STRIP // (columns * multiple))
    for top in range(0, rows, height):
        yield top, picture.crop((0, top, columns, min(rows, top + height)))


def _limits(picture: Image.Image) -> Range | None:
    """Which numbers are black and white where a pixel is one number of more than eight bits; for others none.

    Floats from 0 to 1 and integers of so many bits, at least eight, are taken for what they are; numbers of any other
    kind for a scale from the least to the greatest of them. A cloud of one grey says nothing of its range: it has the
    one of its type.
    """
    mode = picture.mode
    if not _is_deep(mode):
        return None
    low, high = math.inf, -math.inf
    for _, strip in _strips(picture):
        numbers = np.asarray(strip)
        if not np.isfinite(numbers).all():
            raise UnknownRangeError("some of its pixels are no numbers")
        low, high = min(low, float(numbers.min())), max(high, float(numbers.max()))
    if mode == "F" and low >= 0 and high <= 1:
        return 0.0, 1.0
    if mode == "F" or low < 0:
        low = min(low, 0.0) if mode == "F" else low
        if low == high:
            raise UnknownRangeError("all of its pixels are one number below nought")
        return low, high
    if low == high and mode != "I":
        return 0.0, 65535.0
    return 0.0, float(2 ** max(8, int(high).bit_length()) - 1)


def _is_deep(mode: str) -> bool:
    return mode.startswith("I") or mode == "F"


def _rgb(picture: Image.Image, limits: Range | None) -> Image.Image:
    """Any mode → RGB: numbers scaled to eight bits, transparency put on white."""
    if limits:
        black, white = limits
        grey = (np.asarray(picture, np.float32) - black) * (255 / (white - black))
        return Image.fromarray(np.clip(grey + 0.5, 0, 255).astype(np.uint8)).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return picture.convert("RGB")
