"""Crops of photos, made where the network runs: teacher and student see the very same.

What is random about a batch is a function of seed and step alone, so that a resumed run sees what an uninterrupted one
would have seen.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from caption_model.training.distillation.recipe import Recipe
from caption_model.vision.vgg16 import DEVIATION, MEAN

LONGEST = 4 / 3  # a crop's sides, one to the other
BRIGHT, CONTRAST, COLOURFUL, TINT = 0.2, 0.2, 0.3, 0.05  # most that each changes by
GREY = torch.tensor([0.299, 0.587, 0.114])  # of red, green, blue


class Draw(NamedTuple):
    """What is random about a batch of B photos.

    Attributes:
        rows: (B,) of the photos.
        windows: (B, 2, 3) affine maps from a crop's square to its frame's, both from -1 to 1.
        colours: (B, 6) brightness, contrast, colourfulness and a gain of each channel.
        partner: (B,) positions of the crops that are mixed in.
        share: (B,) of the own crop, 1 where nothing is mixed in.
    """

    rows: Tensor
    windows: Tensor
    colours: Tensor
    partner: Tensor
    share: Tensor

    def to(self, device: torch.device) -> "Draw":
        """On another device."""
        return Draw(*(part.to(device, non_blocking=True) for part in self))


def draw(recipe: Recipe, step: int, weights: Tensor, candidates: Tensor) -> Draw:
    """Draw a batch.

    Args:
        recipe: of the run.
        step: whose batch it is.
        weights: (M,) how often each candidate is drawn.
        candidates: (M,) rows of photos.
    """
    chance = torch.Generator().manual_seed(recipe.seed * 1_000_003 + step)
    size = recipe.batch

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*shape, generator=chance)

    rows = candidates[torch.multinomial(weights, size, len(weights) < size, generator=chance)]
    area = uniform(recipe.smallest, 1.0, size)
    ratio = uniform(-1.0, 1.0, size).mul(torch.log(torch.tensor(LONGEST))).exp()
    wide, high = (area * ratio).sqrt().clamp_max(1.0), (area / ratio).sqrt().clamp_max(1.0)
    windows = torch.zeros(size, 2, 3)
    windows[:, 0, 0] = wide * (1.0 - 2.0 * (torch.rand(size, generator=chance) < 0.5).float())
    windows[:, 1, 1] = high
    windows[:, 0, 2] = uniform(-1.0, 1.0, size) * (1.0 - wide)
    windows[:, 1, 2] = uniform(-1.0, 1.0, size) * (1.0 - high)
    most = torch.tensor([BRIGHT, CONTRAST, COLOURFUL, TINT, TINT, TINT])
    colours = 1.0 + most * uniform(-1.0, 1.0, size, 6)
    own = torch.where(torch.rand(size, generator=chance) < recipe.mixed, uniform(0.5, 1.0, size), torch.ones(size))
    return Draw(rows, windows, colours, torch.randperm(size, generator=chance), own)


def crop(frames: Tensor, drawn: Draw, size: int) -> Tensor:
    """Cut, colour and mix.

    Args:
        frames: uint8 (B, rows, columns, 3), the drawn photos.
        drawn: of the batch, on the frames' device.
        size: pixels a side of a crop.

    Returns:
        RGB in [0, 1], (B, 3, size, size).
    """
    photos = frames.permute(0, 3, 1, 2).float() / 255.0
    where = functional.affine_grid(drawn.windows, [len(photos), 3, size, size], align_corners=False)
    cut = functional.grid_sample(photos, where, mode="bilinear", padding_mode="border", align_corners=False)
    bright, contrast, colourful = (drawn.colours[:, part, None, None, None] for part in range(3))
    cut = cut * bright * drawn.colours[:, 3:, None, None]
    mean = cut.mean(dim=(1, 2, 3), keepdim=True)
    cut = mean + (cut - mean) * contrast
    grey = (cut * GREY.to(cut.device)[:, None, None]).sum(dim=1, keepdim=True)
    cut = (grey + (cut - grey) * colourful).clamp(0.0, 1.0)
    own = drawn.share[:, None, None, None]
    return (own * cut + (1.0 - own) * cut[drawn.partner]).contiguous(memory_format=torch.channels_last)


def whole(frames: Tensor, size: int) -> Tensor:
    """Whole frames uint8 (B, rows, columns, 3) → RGB in [0, 1], (B, 3, size, size)."""
    photos = frames.permute(0, 3, 1, 2).float() / 255.0
    return functional.interpolate(photos, (size, size), mode="bicubic", align_corners=False).clamp(0.0, 1.0)


def normalised(crops: Tensor) -> Tensor:
    """RGB in [0, 1] → what the student reads: zero mean and unit variance a channel over ImageNet."""
    mean = torch.from_numpy(MEAN).to(crops.device)[:, None, None]
    deviation = torch.from_numpy(DEVIATION).to(crops.device)[:, None, None]
    return ((crops - mean) / deviation).contiguous(memory_format=torch.channels_last)
