"""The teachers in PyTorch: Inception v3 up to mixed_8 and GoogLeNet, read from ``.npz`` files.

Inception v3: Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision" (TensorFlow's 2015
weights). GoogLeNet: Szegedy et al. 2015, "Going Deeper with Convolutions" (BVLC's weights). Batch norm is folded in
both. The widths are those of the arrays.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from caption_model.errors import TrainingError

INCEPTION = "inception_v3_to_mixed8_fp16.npz"
GOOGLENET = "googlenet_fp16.npz"
SYNSETS = "synset_words.txt"
GOOGLENET_MEAN = (123.0, 117.0, 104.0)  # of red, green, blue, 0 to 255
GOOGLENET_SIZE, INCEPTION_SIZE = 224, 299
MODULES = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
LAST_MIXED = 8
Arrays = Mapping[str, NDArray[Any]]


class Seen(NamedTuple):
    """What the teachers see in B photos: ``inception`` (B, 1280, 8, 8), ``googlenet`` (B, 1024, 7, 7), ``logits``
    (B, 1000)."""

    inception: Tensor
    googlenet: Tensor
    logits: Tensor


class Teachers(nn.Module):
    """Both teachers. They do not learn.

    Args:
        sizes: pixels a side that GoogLeNet and Inception look at.

    Raises:
        TrainingError: the arrays are another network's.
    """

    def __init__(
        self, googlenet: Arrays, inception: Arrays, sizes: tuple[int, int] = (GOOGLENET_SIZE, INCEPTION_SIZE)
    ) -> None:
        super().__init__()
        try:
            self.googlenet, self.inception = GoogLeNet(googlenet), InceptionV3(inception)
        except (KeyError, ValueError) as error:
            raise TrainingError(f"the teachers' weights are of other networks ({error}).") from error
        self.sizes = sizes
        self.mean: Tensor
        self.register_buffer("mean", torch.tensor(GOOGLENET_MEAN)[:, None, None], persistent=False)
        self.requires_grad_(False)
        self.eval()
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @torch.no_grad()
    def forward(self, crops: Tensor) -> Seen:
        """What both see in RGB photos (B, 3, rows, columns) in [0, 1], enlarged to what each is used to."""
        number = self.inception.kind()
        larger = _resized(crops, self.sizes[1]) * 2.0 - 1.0
        grid = self.inception(larger.to(number))
        second, logits = self.googlenet((_resized(crops, self.sizes[0]) * 255.0 - self.mean).to(number))
        return Seen(grid.float(), second.float(), logits.float())


def load_teachers(folder: Path, sizes: tuple[int, int] = (GOOGLENET_SIZE, INCEPTION_SIZE)) -> Teachers:
    """Read both from a folder.

    Raises:
        TrainingError: a file is missing or holds another network.
    """
    return Teachers(_read(folder / GOOGLENET), _read(folder / INCEPTION), sizes)


def load_inception(folder: Path) -> "InceptionV3":
    """Read Inception alone.

    Raises:
        TrainingError: its file is missing or holds another network.
    """
    try:
        return InceptionV3(_read(folder / INCEPTION)).requires_grad_(False).eval()
    except (KeyError, ValueError) as error:
        raise TrainingError(f"the weights in {folder} are of another network ({error}).") from error


def class_names(folder: Path) -> list[str]:
    """ImageNet's classes in the order of ``Seen.logits``, the first name of each synset.

    Raises:
        TrainingError: the list cannot be read.
    """
    try:
        lines = (folder / SYNSETS).read_text(encoding="utf-8").splitlines()
        return [line.split(" ", 1)[1].split(",")[0] for line in lines if line.strip()]
    except (OSError, ValueError, IndexError) as error:
        raise TrainingError(f"{folder / SYNSETS} cannot be read ({error}): check the teachers' folder.") from error


class _Network(nn.Module):
    """Convolutions by the names of their arrays, ``name/kernel`` (rows, columns, inputs, outputs) and ``name/bias``."""

    def __init__(self, arrays: Arrays, downsampling: frozenset[str], padded: bool | frozenset[str]) -> None:
        super().__init__()
        self.convolutions = nn.ModuleDict()
        for key in arrays:
            name = key.removesuffix("/kernel")
            if name == key or arrays[key].ndim != 4:
                continue
            rows, columns, inputs, outputs = arrays[key].shape
            pad = padded if isinstance(padded, bool) else name in padded
            layer = nn.Conv2d(
                inputs,
                outputs,
                (rows, columns),
                stride=2 if name in downsampling else 1,
                padding=(rows // 2, columns // 2) if pad else 0,
            )
            with torch.no_grad():
                kernel = np.ascontiguousarray(arrays[key].transpose(3, 2, 0, 1), np.float32)
                layer.weight.copy_(torch.from_numpy(kernel))
                layer.bias.copy_(torch.from_numpy(arrays[f"{name}/bias"].astype(np.float32)))  # type: ignore[union-attr]
            self.convolutions[name] = layer

    def kind(self) -> torch.dtype:
        """The numbers that it computes in."""
        return next(self.parameters()).dtype

    def chain(self, x: Tensor, *names: str) -> Tensor:
        """Convolutions with ReLU, one after the other."""
        for name in names:
            x = functional.relu(self.convolutions[name](x))
        return x


class GoogLeNet(_Network):
    """Photos (B, 3, r, c), RGB 0 to 255 without their mean → grid (B, 1024, r / 32, c / 32) and logits (B, 1000)."""

    def __init__(self, arrays: Arrays) -> None:
        turned = dict(arrays)
        turned["conv1/7x7_s2/kernel"] = arrays["conv1/7x7_s2/kernel"][:, :, ::-1]  # Caffe's are blue, green, red
        super().__init__(turned, frozenset({"conv1/7x7_s2"}), True)
        kernel, bias = arrays["loss3/classifier/kernel"], arrays["loss3/classifier/bias"]
        self.classifier = nn.Linear(*kernel.shape)
        with torch.no_grad():
            self.classifier.weight.copy_(torch.from_numpy(kernel.astype(np.float32).T))
            self.classifier.bias.copy_(torch.from_numpy(bias.astype(np.float32)))

    def forward(self, photos: Tensor) -> tuple[Tensor, Tensor]:
        """Grid and logits."""
        x = across_channels(_shrunk(self.chain(photos, "conv1/7x7_s2")))
        x = _shrunk(across_channels(self.chain(x, "conv2/3x3_reduce", "conv2/3x3")))
        for module in MODULES:
            x = self._inception(x, f"inception_{module}")
            if module in ("3b", "4e"):
                x = _shrunk(x)
        return x, self.classifier(x.mean(dim=(2, 3)))

    def _inception(self, x: Tensor, module: str) -> Tensor:
        pooled = functional.max_pool2d(x, 3, 1, 1)
        branches = [
            self.chain(x, f"{module}/1x1"),
            self.chain(x, f"{module}/3x3_reduce", f"{module}/3x3"),
            self.chain(x, f"{module}/5x5_reduce", f"{module}/5x5"),
            self.chain(pooled, f"{module}/pool_proj"),
        ]
        return torch.cat(branches, dim=1)


class InceptionV3(_Network):
    """Photos (B, 3, 299, 299) in [-1, 1] → grid (B, 1280, 8, 8), the output of mixed_8."""

    def __init__(self, arrays: Arrays) -> None:
        names = [key.removesuffix("/kernel") for key in arrays if key.endswith("/kernel")]
        halving = frozenset(
            {
                *("conv", "mixed_3_conv", "mixed_3_tower_conv_2"),
                *("mixed_8_tower_conv_1", "mixed_8_tower_1_conv_3"),
            }
        )
        unpadded = halving | {"conv_1", "conv_3", "conv_4"}
        super().__init__(arrays, halving, frozenset(names) - unpadded)
        for name in (*halving, "conv_4", "mixed_7_tower_1_conv_4"):
            self.convolutions[name]  # a KeyError tells of another network

    def forward(self, photos: Tensor) -> Tensor:
        """The grid."""
        x = functional.max_pool2d(self.chain(photos, "conv", "conv_1", "conv_2"), 3, 2)
        x = functional.max_pool2d(self.chain(x, "conv_3", "conv_4"), 3, 2)
        for number in range(LAST_MIXED + 1):
            x = self._mixed(x, f"mixed_{number}" if number else "mixed", number in (3, LAST_MIXED))
        return x

    def _mixed(self, x: Tensor, module: str, halves: bool) -> Tensor:
        """Branches of a module, in the order of their names; the last pools."""
        branches: dict[str, list[str]] = {}
        for name in self._names(module):
            branches.setdefault(name.split("_conv")[0] if "tower" in name else module, []).append(name)
        pooled = branches.pop(f"{module}_tower_2", []) if not halves else []
        parts = [self.chain(x, *names) for names in branches.values()]
        if halves:
            parts.append(functional.max_pool2d(x, 3, 2))
        else:
            parts.append(self.chain(functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False), *pooled))
        return torch.cat(parts, dim=1)

    def _names(self, module: str) -> list[str]:
        starts = (f"{module}_conv", f"{module}_tower")
        return [name for name in self.convolutions if name.startswith(starts)]


def across_channels(x: Tensor) -> Tensor:
    """Local response normalisation over five channels (Krizhevsky et al. 2012), alpha 1e-4, beta .75."""
    square = functional.pad(x.float().square(), (0, 0, 0, 0, 2, 2))
    depth = x.shape[1]
    window = sum(square[:, start : start + depth] for start in range(5))
    return (x.float() * (1.0 + (1e-4 / 5) * window) ** -0.75).to(x.dtype)


def _shrunk(x: Tensor) -> Tensor:
    """Caffe rounds up: on the right and at the bottom the window hangs over."""
    return functional.max_pool2d(x, 3, 2, ceil_mode=True)


def _resized(crops: Tensor, size: int) -> Tensor:
    if crops.shape[-2:] == (size, size):
        return crops
    return functional.interpolate(crops, (size, size), mode="bilinear", align_corners=False)


def _read(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path} cannot be read as weights ({error}): check the teachers' folder.") from error
