"""From photos and teachers to the VGG16 that ships: the whole way, one function."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from caption_model.bundles.weights import save_tensors
from caption_model.evaluation.probe import probe
from caption_model.training.distillation import student
from caption_model.training.distillation.frames import Frames, load_frames
from caption_model.training.distillation.loop import History, Lessons, Recipe, fit, prepare
from caption_model.training.distillation.stem import load_stem
from caption_model.training.distillation.targets import load_targets
from caption_model.training.distillation.views import load_views
from datasets.flickr8k import read_captions, read_list

HEAD_FROM = 512  # photos that the head's start is fitted on
RIDGE = 1e-3  # of the head's start, in units of the features' mean variance
BATCH = 32
TRAINED = "student.safetensors"


@dataclass(frozen=True)
class Sources:
    """What is learnt from.

    Attributes:
        photos: folders and tars of photos; the captioned ones among them.
        teachers: folder of the teachers' weights.
        captions: CSV image,caption.
        train: list of images whose captions may be learnt from.
        probe: list of images that judge and are learnt from in no way.
        start: weights to start from; random ones without.
    """

    photos: tuple[Path, ...]
    teachers: Path
    captions: Path
    train: Path
    probe: Path
    start: Path | None = None


def train_student(sources: Sources, recipe: Recipe, run: Path) -> History:
    """Teach a VGG16; leaves ``student.safetensors`` (with batch norm), checkpoint and log in ``run``.

    Every stage leaves its result in ``run`` and is not done again there.

    Raises:
        TrainingError, DumpError: a source cannot be used.
    """
    captions = read_captions(sources.captions)
    train = frozenset(read_list(sources.train))
    seen, judging = select(sources)
    frames = load_frames(sources.photos, run / "photos", seen)
    unseen = load_frames(sources.photos, run / "probe", judging)
    rows = {row: captions[name] for row, name in enumerate(frames.names) if name in train and name in captions}
    views = load_views(frames.pixels, sources.teachers, run / "photos")
    targets, truths = load_targets(views, rows, run / "photos")

    torch.manual_seed(recipe.seed)
    network = student.build_student()
    if sources.start:
        student.load(network, student.read_start(sources.start))
    blocks = list(network)
    stem, body = nn.Sequential(*blocks[: recipe.frozen]), nn.Sequential(*blocks[recipe.frozen :])
    inputs, peak, judge_inputs = (
        _inputs(stem, frames, unseen, run) if recipe.frozen else (frames.pixels, None, unseen.pixels)
    )
    home = np.array([row for row, name in enumerate(frames.names) if name in captions])
    lessons = Lessons(inputs, peak, targets, truths, home)
    head = _start_head(body, lessons)

    def measure() -> dict[str, float]:
        pooled = encode(body, judge_inputs, peak).mean(axis=(1, 2))
        return probe(pooled, [" ".join(captions[name]) for name in unseen.names])

    history = fit(body, head, lessons, recipe, run, measure)
    arrays = student.export(network.float())
    save_tensors(run / TRAINED, arrays)
    return history


def select(sources: Sources) -> tuple[Callable[[str], bool], Callable[[str], bool]]:
    """Whether a photo of a name is learnt from, and whether it judges: never both."""
    judges = frozenset(read_list(sources.probe))
    return (lambda name: name not in judges), (lambda name: name in judges)


def encode(body: nn.Sequential, inputs: NDArray[np.uint8], peak: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """Grids (N, 7, 7, channels) as the finished network will give them."""
    body.eval()
    grids = []
    for start in range(0, len(inputs), BATCH):
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            grids.append(body(prepare(inputs[start : start + BATCH], peak)).float().permute(0, 2, 3, 1).numpy())
    return np.concatenate(grids)


def _inputs(stem: nn.Sequential, frames: Frames, unseen: Frames, run: Path) -> Any:
    maps, peak = load_stem(stem, frames.pixels, run / "photos")
    judges, _ = load_stem(stem, unseen.pixels, run / "probe", peak)
    return maps, peak, judges


def _start_head(body: nn.Sequential, lessons: Lessons) -> nn.Conv2d:
    """The 1 x 1 convolution that fits the start's grids best: a random one would first spoil what the body knows."""
    rows = lessons.home[:: max(1, len(lessons.home) // HEAD_FROM)]
    grids = encode(body, lessons.inputs[rows], lessons.peak)
    x = grids.reshape(-1, grids.shape[-1]).astype(np.float64)
    y = lessons.targets[rows].reshape(len(x), -1).astype(np.float64)
    mean = x.mean(axis=0)
    x -= mean
    covariance = x.T @ x / len(x)
    covariance += RIDGE * np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    solution = np.linalg.solve(covariance, x.T @ (y - y.mean(axis=0)) / len(x))
    head = nn.Conv2d(x.shape[1], y.shape[1], 1)
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(solution.T[:, :, None, None]))
        head.bias.copy_(torch.from_numpy(y.mean(axis=0) - mean @ solution))  # type: ignore[union-attr]
    return head.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
