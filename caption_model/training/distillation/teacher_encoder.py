"""The better teacher as an encoder: what a decoder would do on its features."""

import hashlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from caption_model.training.distillation.teacher_networks import INCEPTION_SIZE, load_inception
from caption_model.vision.encoders import BATCH, Encoder
from caption_model.vision.vgg16 import GRID, SIZE


def teacher_encoder(folder: Path) -> Encoder:
    """Inception as an encoder with the student's grid of cells, to measure decoders with: never shipped.

    Raises:
        TrainingError: its weights are missing or are another network's.
    """
    network = load_inception(folder)
    digest = hashlib.sha256()
    for value in network.parameters():
        digest.update(value.detach().numpy().tobytes())

    @torch.no_grad()
    def look(photos: NDArray[np.uint8]) -> NDArray[np.float32]:
        pixels = torch.from_numpy(np.array(photos)).permute(0, 3, 1, 2).float() / 127.5 - 1.0
        large = functional.interpolate(pixels, (INCEPTION_SIZE, INCEPTION_SIZE), mode="bilinear", align_corners=False)
        grid = functional.interpolate(network(large), GRID[:2], mode="bilinear", align_corners=False)
        return grid.permute(0, 2, 3, 1).contiguous().numpy()

    def forward(photos: NDArray[np.uint8]) -> NDArray[np.float32]:
        grids = [look(photos[start : start + BATCH]) for start in range(0, len(photos), BATCH)]
        return np.concatenate(grids) if grids else np.zeros((0, *GRID[:2], channels), np.float32)

    channels = int(look(np.zeros((1, *SIZE, 3), np.uint8)).shape[-1])
    return Encoder("inception_teacher", SIZE, (*GRID[:2], channels), digest.hexdigest(), forward)
