"""Batch norm put around folded convolutions, so that plain VGG16 can be trained on, and measured anew.

A kernel with its bias, K and b, becomes a kernel r·K, whose filters have the length that He et al. (2015) start with,
and a batch norm with the mean m and the variance v of what that kernel gives on photos: gamma √(v + ε) / r and beta
b + m / r. While the norm uses m and v the network computes what it did before, whatever they are; once it uses a
batch's own, about that.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from caption_model.bundles.bundle import WEIGHTS, read_json
from caption_model.bundles.weights import Weights, load_weights
from caption_model.errors import BundleError, TrainingError
from caption_model.training.distillation.student import build_student, convolutions, load, read_start
from caption_model.vision.heads import CLASS_HEAD, LinearHead
from caption_model.vision.vgg16 import BOUNDS

LENGTH = 2**0.5  # of a filter
SMALLEST = 1e-6  # length of a filter that counts as one


def unfold(weights: Weights, batches: Sequence[Tensor], bounds: dict[str, float] | None = None) -> nn.Sequential:
    """The student that computes what folded convolutions do.

    Args:
        weights: ``<layer>/kernel`` (3, 3, inputs, outputs) and ``<layer>/bias`` of each layer.
        batches: normalised photos (B, 3, rows, columns) to measure means and variances on.
        bounds: largest activation of each layer while it is measured: a few photos would otherwise set off a chain of
            ever larger ones.

    Raises:
        TrainingError: these are not the weights of such a network.
    """
    ratios, biases = {}, {}
    try:
        network = build_student(widths(weights))
        with torch.no_grad():
            for name, convolution, norm in convolutions(network):
                kernel = torch.from_numpy(weights[f"{name}/kernel"].copy()).permute(3, 2, 0, 1)
                length = kernel.flatten(1).norm(dim=1)
                ratio = torch.where(length > SMALLEST, LENGTH / length.clamp_min(SMALLEST), torch.ones_like(length))
                convolution.weight.copy_(kernel * ratio[:, None, None, None])
                bias = torch.from_numpy(weights[f"{name}/bias"].copy())
                ratios[name], biases[name] = ratio, bias
                _neutral(norm, torch.zeros_like(bias), torch.ones_like(bias), ratio, bias)
    except (KeyError, RuntimeError, ValueError) as error:
        raise TrainingError(f"these are not the weights of a VGG16 ({error}): check the start.") from error
    with torch.no_grad():
        measured = _measured(network, batches, bounds or {})
        for name, _, norm in convolutions(network):
            _neutral(norm, *measured[name], ratios[name], biases[name])
    return network


def load_start(folder: Path, batches: Sequence[Tensor]) -> tuple[nn.Sequential, LinearHead | None]:
    """The student to start with, and the class head that goes with it, where there is one.

    Args:
        folder: with an encoder bundle's weights, or one file that ``student.read_start`` reads.
        batches: as ``unfold`` takes them.

    Raises:
        TrainingError, BundleError: there is none, or it cannot be read.
    """
    if (folder / WEIGHTS).exists():
        class_head = _class_head(folder / CLASS_HEAD) if (folder / CLASS_HEAD).exists() else None
        return unfold(load_weights(folder / WEIGHTS), batches, read_json(folder / BOUNDS)), class_head
    files = [path for path in folder.iterdir() if path.suffix in (".npz", ".safetensors")]
    if len(files) != 1:
        raise TrainingError(f"{folder} holds no weights to start from: pack them again.")
    arrays = read_start(files[0])
    network = build_student(widths(arrays))
    load(network, arrays)
    return network, None


@torch.no_grad()
def recalibrate(network: nn.Sequential, batches: Sequence[Tensor]) -> None:
    """Measure the norms' means and variances anew, on photos as the finished network will see them."""
    norms = [norm for _, _, norm in convolutions(network)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over all batches
    network.train()
    for batch in batches:
        network(batch)
    network.eval()
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _measured(
    network: nn.Sequential, batches: Sequence[Tensor], bounds: dict[str, float]
) -> dict[str, tuple[Tensor, Tensor]]:
    """Mean and variance of what each convolution gives, activations cut at their bounds."""
    found = {}
    stages: list[Tensor] = list(batches)
    for name, layer in _layers(network):
        if isinstance(layer, nn.Conv2d):
            stages = [layer(stage) for stage in stages]
            cells = torch.cat([stage.transpose(0, 1).flatten(1) for stage in stages], dim=1).double()
            found[name] = (cells.mean(dim=1).float(), cells.var(dim=1, correction=0).float())
        elif isinstance(layer, nn.BatchNorm2d):
            layer.eval()
            stages = [layer(stage) for stage in stages]
        elif isinstance(layer, nn.ReLU):
            stages = [stage.clamp(0.0, bounds.get(name, float("inf"))) for stage in stages]
        else:
            stages = [layer(stage) for stage in stages]
    return found


def _layers(network: nn.Sequential) -> Iterator[tuple[str, nn.Module]]:
    """All layers in their order, with the name of the convolution that each belongs to."""
    for block_name, block in network.named_children():
        name = ""
        for layer_name, layer in block.named_children():
            name = f"{block_name}_{layer_name}" if isinstance(layer, nn.Conv2d) else name
            yield name, layer


def _neutral(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor, ratio: Tensor, bias: Tensor) -> None:
    """Make a norm give x / ratio + bias, whatever mean and variance."""
    norm.running_mean.copy_(mean)  # type: ignore[union-attr]
    norm.running_var.copy_(variance)  # type: ignore[union-attr]
    norm.weight.copy_((variance + norm.eps).sqrt() / ratio)
    norm.bias.copy_(bias + mean / ratio)


def widths(arrays: Mapping[str, NDArray[Any]]) -> tuple[tuple[int, ...], ...]:
    """Filters of each block's convolutions, read off the arrays' names and shapes."""
    blocks: dict[str, list[int]] = {}
    for key in sorted(name for name in arrays if name.endswith("/kernel")):
        blocks.setdefault(key.split("_")[0], []).append(int(np.shape(arrays[key])[-1]))
    return tuple(map(tuple, blocks.values()))


def _class_head(path: Path) -> LinearHead:
    try:
        return LinearHead.from_bytes(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} holds no linear head ({error}): get the bundle again.") from error
