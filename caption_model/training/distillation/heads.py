"""What is read off the student's grid while it learns: the teachers' grids and classes, topics, words."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

SHARPNESS = 4.0  # of the words' pooling: a thing may fill one cell
SELDOM = -4.0  # logit that a word starts from


class Told(NamedTuple):
    """What the heads say of B crops: ``grid`` (B, components, r, c), ``classes`` (B, 1000), ``topics`` and ``words``
    (B, names)."""

    grid: Tensor
    classes: Tensor
    topics: Tensor
    words: Tensor


class Heads(nn.Module):
    """Affine maps of each cell; classes and topics are means over the cells, words the cells' soft maximum."""

    def __init__(self, channels: int, components: int, classes: int, topics: int, words: int) -> None:
        super().__init__()
        self.grid = nn.Conv2d(channels, components, 1)
        self.classes = nn.Linear(channels, classes)
        self.topics = nn.Linear(channels, topics) if topics else None  # a pack may know of none
        self.words = nn.Conv2d(channels, words, 1) if words else None
        with torch.no_grad():  # a random start would first spoil what the student knows
            for parameter in self.parameters():
                parameter.zero_()
            if self.words is not None:
                self.words.bias.fill_(SELDOM)  # type: ignore[union-attr]

    def forward(self, grid: Tensor) -> Told:
        """Grid (B, channels, r, c) → what it tells."""
        pooled = grid.mean(dim=(2, 3))
        none = pooled.new_zeros(len(pooled), 0).float()
        topics = none if self.topics is None else self.topics(pooled).float()
        words = none if self.words is None else _soft_maximum(self.words(grid).flatten(2).float())
        return Told(self.grid(grid).float(), self.classes(pooled).float(), topics, words)


def _soft_maximum(cells: Tensor) -> Tensor:
    """(B, names, cells) → (B, names), between the cells' mean and their maximum."""
    total = torch.logsumexp(SHARPNESS * cells, dim=2)
    return (total - math.log(cells.shape[2])) / SHARPNESS


def fit_head(inputs: Tensor, targets: Tensor, penalty: float = 1e-3) -> tuple[Tensor, Tensor]:
    """Ridge regression: matrix (outputs, inputs) and bias (outputs,) of rows (N, inputs) → (N, outputs).

    Args:
        penalty: in units of the inputs' mean variance.
    """
    x, y = inputs.double(), targets.double()
    mean, centre = x.mean(dim=0), y.mean(dim=0)
    x = x - mean
    covariance = x.T @ x / len(x)
    covariance += (penalty * covariance.trace() / len(covariance) + 1e-9) * torch.eye(
        len(covariance), dtype=x.dtype, device=x.device
    )
    solution = torch.linalg.solve(covariance, x.T @ (y - centre) / len(x))
    return solution.T.float(), (centre - mean @ solution).float()


class Components(NamedTuple):
    """Affine map of a teacher's cells to their principal components, which together have a variance of one each.

    Attributes:
        mean: (channels,).
        matrix: (channels, components).
    """

    mean: Tensor
    matrix: Tensor

    def __call__(self, grid: Tensor) -> Tensor:
        """(B, channels, r, c) → (B, components, r, c)."""
        return torch.einsum("bcij,ck->bkij", grid - self.mean[:, None, None], self.matrix)


def fit_components(cells: Tensor, count: int) -> Components:
    """Principal components of rows (N, channels)."""
    mean = cells.mean(dim=0)
    x = (cells - mean).double()
    values, directions = torch.linalg.eigh(x.T @ x / len(x))
    kept = min(count, cells.shape[1])
    total = values.flip(0)[:kept].sum().clamp_min(1e-12)
    return Components(mean, (directions.flip(1)[:, :kept] / (total / kept).sqrt()).float())
