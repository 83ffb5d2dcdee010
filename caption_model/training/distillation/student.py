"""The student: VGG16 with batch norm in PyTorch (Simonyan & Zisserman 2015; Ioffe & Szegedy 2015).

PyTorch trains convolutions on a CPU about twice as fast as TensorFlow does. What ships is plain VGG16: batch norm is
folded into the convolutions in the end.
"""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from caption_model.bundles.weights import Weights, load_tensors
from caption_model.errors import TrainingError
from caption_model.vision.vgg16 import BLOCKS, DEVIATION, MEAN

STATISTICS = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "variance": "running_var"}


def build_student(widths: tuple[tuple[int, ...], ...] = BLOCKS) -> nn.Sequential:
    """VGG's blocks, each a ``Sequential`` of convolution, batch norm, ReLU … and max pooling.

    Normalised photos (B, 3, 32·r, 32·c) → grid (B, channels, r, c).
    """
    blocks: OrderedDict[str, nn.Module] = OrderedDict()
    channels = 3
    for number, block in enumerate(widths, start=1):
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for index, width in enumerate(block, start=1):
            layers[f"conv{index}"] = nn.Conv2d(channels, width, 3, padding=1, bias=False)
            layers[f"norm{index}"] = nn.BatchNorm2d(width)
            layers[f"relu{index}"] = nn.ReLU(inplace=True)
            channels = width
        layers["pool"] = nn.MaxPool2d(2)
        blocks[f"block{number}"] = nn.Sequential(layers)
    network = nn.Sequential(blocks)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def normalise(pixels: Tensor) -> Tensor:
    """RGB uint8 (B, 3, rows, columns) → zero mean and unit variance a channel over ImageNet, float32."""
    mean, deviation = torch.tensor(MEAN)[:, None, None], torch.tensor(DEVIATION)[:, None, None]
    return (pixels.float() / 255.0 - mean) / deviation


def export(network: nn.Sequential) -> dict[str, NDArray[np.float32]]:
    """Arrays ``block1_conv1/kernel`` (rows, columns, inputs, outputs) and ``gamma beta mean variance`` (outputs,)."""
    arrays = {}
    for name, convolution, norm in convolutions(network):
        arrays[f"{name}/kernel"] = _array(convolution.weight.permute(2, 3, 1, 0))
        for ours, theirs in STATISTICS.items():
            arrays[f"{name}/{ours}"] = _array(getattr(norm, theirs))
    return arrays


def load(network: nn.Sequential, arrays: Mapping[str, NDArray[np.float32]]) -> None:
    """Put ``export``'s arrays into a network.

    Raises:
        TrainingError: an array is missing or has another shape.
    """
    try:
        with torch.no_grad():
            for name, convolution, norm in convolutions(network):
                convolution.weight.copy_(torch.from_numpy(arrays[f"{name}/kernel"].copy()).permute(3, 2, 0, 1))
                for ours, theirs in STATISTICS.items():
                    getattr(norm, theirs).copy_(torch.from_numpy(arrays[f"{name}/{ours}"].copy()))
    except (KeyError, RuntimeError) as error:
        raise TrainingError(f"these are not the weights of such a VGG16 with batch norm ({error}).") from error


def read_start(path: Path) -> dict[str, NDArray[np.float32]]:
    """Start weights: ``export``'s arrays as safetensors, or an ``.npz`` with int8 kernels and their ``scale``.

    Raises:
        TrainingError: it cannot be read.
    """
    if path.suffix == ".safetensors":
        return {name: value.astype(np.float32) for name, value in load_tensors(path).items()}
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name].astype(np.float32) for name in file.files}
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} cannot be read as weights ({error}): check --start.") from error
    scales = {name: value for name, value in arrays.items() if name.endswith("/scale")}
    for name, scale in scales.items():
        arrays[name.replace("/scale", "/kernel")] *= scale
    return {name: value for name, value in arrays.items() if name not in scales}


def fold(arrays: Mapping[str, NDArray[np.float32]], epsilon: float = 1e-5) -> Weights:
    """Batch norm into the convolutions: tensors of ``keras.applications.VGG16(include_top=False)``."""
    weights: Weights = {}
    for name in sorted({key.split("/")[0] for key in arrays}):
        kernel, gamma, beta, mean, variance = (arrays[f"{name}/{part}"] for part in ("kernel", *STATISTICS))
        factor = gamma / np.sqrt(variance + epsilon)
        weights[f"{name}/kernel"] = (kernel * factor).astype(np.float32)
        weights[f"{name}/bias"] = (beta - mean * factor).astype(np.float32)
    return weights


def convolutions(network: nn.Sequential) -> list[tuple[str, nn.Conv2d, nn.BatchNorm2d]]:
    """Name in a bundle, convolution and norm of every layer, in their order."""
    found = []
    for block_name, block in network.named_children():
        layers = dict(block.named_children())
        for name, layer in layers.items():
            if isinstance(layer, nn.Conv2d):
                norm = cast(nn.BatchNorm2d, layers[name.replace("conv", "norm")])
                found.append((f"{block_name}_{name}", layer, norm))
    return found


def _array(tensor: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(tensor.detach().float().cpu().numpy())
