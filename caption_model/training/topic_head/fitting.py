"""Fit a topic head by gradient descent: an affine map of the mean over the cells and one of each cell, together."""

import logging
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from caption_model.errors import TrainingError
from caption_model.vision.heads import SHARPNESS, LinearHead, TopicHead

log = logging.getLogger(__name__)

SCALED_BY, CELLS_SCALED_BY = 3000, 1500  # photos that the features' mean and deviation are measured on
LEAST_DEVIATION = 1e-3
WARMUP = 50  # steps


@dataclass(frozen=True)
class TopicHeadTraining:
    """How to fit; saved in the bundle. ``dropout`` is on the standardised features."""

    epochs: int = 8
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    dropout: float = 0.3
    seed: int = 0


class Network(nn.Module):
    """The head in training: features standardised, so that one learning rate suits all channels."""

    def __init__(self, grids: NDArray[np.float16], topics: int, dropout: float) -> None:
        super().__init__()
        channels = grids.shape[-1]
        pooled = grids[:SCALED_BY].mean(axis=(1, 2), dtype=np.float32)
        cells = grids[:CELLS_SCALED_BY].reshape(-1, channels).astype(np.float32)
        for name, rows in (("mean", pooled), ("cell", cells)):
            self.register_buffer(f"{name}_centre", torch.tensor(rows.mean(axis=0)))
            self.register_buffer(f"{name}_deviation", torch.tensor(rows.std(axis=0) + LEAST_DEVIATION))
        self.mean, self.cell = nn.Linear(channels, topics), nn.Linear(channels, topics)
        nn.init.zeros_(self.mean.weight)
        nn.init.zeros_(self.cell.weight)
        self.drop = nn.Dropout(dropout)

    def forward(self, grids: Any) -> Any:
        """Logits (B, topics) of grids (B, rows, columns, channels)."""
        pooled = (grids.mean((1, 2)) - self.mean_centre) / self.mean_deviation
        logits = self.mean(self.drop(pooled))
        cells = (grids.flatten(1, 2) - self.cell_centre) / self.cell_deviation
        found = self.cell(self.drop(cells))
        return logits + (torch.logsumexp(found * SHARPNESS, 1) - math.log(cells.shape[1])) / SHARPNESS

    def linear(self, part: str, names: tuple[str, ...]) -> LinearHead:
        """One of the affine maps, on features as they are."""
        layer: Any = getattr(self, part)
        centre, deviation = (getattr(self, f"{part}_{what}").numpy() for what in ("centre", "deviation"))
        matrix = layer.weight.detach().numpy().T / deviation[:, None]
        bias = layer.bias.detach().numpy() - centre @ matrix
        return LinearHead(matrix.astype(np.float32), bias.astype(np.float32), names)


def fit_topic_head(
    grids: NDArray[np.float16],
    targets: NDArray[np.float32],
    weights: NDArray[np.float32],
    names: tuple[str, ...],
    training: TopicHeadTraining,
) -> tuple[TopicHead, list[dict[str, float]]]:
    """Fit on N photos, mirrored every other step.

    Args:
        grids: (N, rows, columns, channels).
        targets: (N, topics), in [0, 1].
        weights: (N, topics), of the loss, 0 where nothing is known.
        names: of the topics.
        training: settings.

    Returns:
        The head, and the loss of each epoch.

    Raises:
        TrainingError: there are no photos, or the loss is no longer finite.
    """
    count = len(grids)
    if not count:
        raise TrainingError("no photo is left to fit a topic head on: name the photos (--corpus-photos, --images).")
    torch.manual_seed(training.seed)
    network = Network(grids, len(names), training.dropout)
    often = targets.sum(axis=0)
    prior = np.log((often + 1) / np.maximum(count - often, 1))
    network.mean.bias.data = torch.tensor(prior).float()
    optimiser = torch.optim.AdamW(network.parameters(), training.learning_rate, weight_decay=training.weight_decay)
    batch = min(training.batch, count)
    steps, step, history = training.epochs * (count // batch), 0, []
    for epoch in range(training.epochs):
        order, losses = np.random.default_rng(epoch).permutation(count), []
        for start in range(0, count - batch + 1, batch):
            rows = order[start : start + batch]
            shown = torch.from_numpy(grids[rows]).float()
            if step % 2:
                shown = shown.flip(2)
            rate = training.learning_rate * min(1, (step + 1) / WARMUP) * (0.5 + 0.5 * math.cos(math.pi * step / steps))
            for group in optimiser.param_groups:
                group["lr"] = rate
            loss = nn.functional.binary_cross_entropy_with_logits(
                network(shown),
                torch.from_numpy(targets[rows]),
                weight=torch.from_numpy(weights[rows]),
                reduction="sum",
            ) / len(rows)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(float(loss.detach()))
            step += 1
        history.append({"epoch": epoch, "loss": float(np.mean(losses))})
        log.info("epoch %d: loss %.3f", epoch, history[-1]["loss"])
        if not np.isfinite(losses).all():
            raise TrainingError("the topic head's loss is no longer finite: lower the learning rate.")
    network.eval()
    return TopicHead(network.linear("mean", names), network.linear("cell", names)), history
