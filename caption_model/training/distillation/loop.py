"""Distillation's training loop: windows of photos in, the teachers' cells as targets; checkpoint, resume, log."""

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from caption_model.errors import TrainingError
from caption_model.training.distillation.student import normalise
from caption_model.training.engine.checkpoint import Checkpoint
from caption_model.training.engine.schedule import cosine_rate

log = logging.getLogger(__name__)

CELLS = 7


@dataclass(frozen=True)
class Recipe:
    """How long and on what to learn.

    Attributes:
        steps: optimiser steps.
        batch: photos a step.
        window: cells of the square window that is cut from each photo; 7 is the whole frame.
        frozen: first blocks that stay as they are; their maps are cached, so that photos are then neither mirrored nor
            brightened.
        learning_rate: peak, reached after ``warmup`` steps; falls as a cosine to 2 %.
        home: share of each batch that comes from the captioned photos' folder, the domain that matters.
        caption: weight of the true captions beside the teachers' cells.
    """

    steps: int
    batch: int = 16
    window: int = 7
    frozen: int = 3
    learning_rate: float = 1e-3
    warmup: int = 200
    weight_decay: float = 0.02
    clip: float = 1.0
    home: float = 0.5
    caption: float = 0.3
    seed: int = 7

    def rate(self, step: int) -> float:
        """Learning rate of a step."""
        return cosine_rate(self.learning_rate, step, step / max(1, self.steps), self.warmup)


History = list[dict[str, float]]


class Lessons(NamedTuple):
    """What is learnt from: N photos as pixels or as maps of the frozen blocks, and their targets.

    Attributes:
        inputs: uint8 (N, 7 · stride, 7 · stride, channels).
        peak: see ``stem.load_stem``; ``None`` where ``inputs`` are pixels.
        targets: float16 (N, 7, 7, outputs).
        captions: row → the true captions' vector (c,), compared with the mean of the last c outputs.
        home: rows of the domain that matters.
    """

    inputs: NDArray[np.uint8]
    peak: NDArray[np.float32] | None
    targets: NDArray[np.float16]
    captions: dict[int, NDArray[np.float32]]
    home: NDArray[np.int64]


def fit(
    body: nn.Sequential,
    head: nn.Conv2d,
    lessons: Lessons,
    recipe: Recipe,
    run: Path,
    measure: Callable[[], dict[str, float]],
    every: int = 1000,
) -> History:
    """Train ``body`` and ``head`` in place.

    Args:
        body: the blocks that learn; inputs → grid.
        head: 1 x 1 convolution from the grid to the targets.
        run: folder of the checkpoint, log included; a run found there is resumed.
        measure: called every ``every`` steps and at the end; its figures join the log.

    Returns:
        The log: step, photos, loss, seconds and ``measure``'s figures.

    Raises:
        TrainingError: the loss is no longer finite, or the checkpoint is of another recipe.
    """
    optimiser = torch.optim.AdamW(
        [*body.parameters(), *head.parameters()], recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True
    )
    checkpoint = Checkpoint(run)
    history = _resume(checkpoint, body, head, optimiser, recipe)
    total, started = 0.0, time.monotonic()
    body.train()
    for step in range(int(history[-1]["step"]) if history else 0, recipe.steps):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate(step)
        random = np.random.default_rng([recipe.seed, step])  # of the step alone: a resumed run sees the same
        loss = _loss(body, head, lessons, recipe, random)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_([*body.parameters(), *head.parameters()], recipe.clip)
        optimiser.step()
        total += float(loss.detach())
        if (step + 1) % every and step + 1 < recipe.steps:
            continue
        if not math.isfinite(total):
            raise TrainingError(f"the loss in {run} is no longer finite: lower the learning rate and start again.")
        since = history[-1]["step"] if history else 0
        history.append(
            {
                "step": step + 1,
                "photos": (step + 1) * recipe.batch,
                "loss": total / (step + 1 - since),
                "seconds": round(time.monotonic() - started + (history[-1]["seconds"] if history else 0.0)),
                **measure(),
            }
        )
        total, started = 0.0, time.monotonic()
        body.train()
        log.info("%s", json.dumps(history[-1]))
        tensors = {name: tensor.numpy() for name, tensor in _tensors(body, head, optimiser).items()}
        checkpoint.save({"recipe": vars(recipe), "log": history}, tensors, history=history)
    return history


def prepare(maps: NDArray[np.uint8], peak: NDArray[np.float32] | None) -> Tensor:
    """Bytes (B, rows, columns, channels) → the body's input (B, channels, rows, columns)."""
    tensor = torch.from_numpy(np.array(maps)).permute(0, 3, 1, 2)
    if peak is None:
        return normalise(tensor).contiguous(memory_format=torch.channels_last)
    share = tensor.to(torch.bfloat16) / 255.0
    return share * share * torch.from_numpy(peak).to(torch.bfloat16)[:, None, None]


def _loss(
    body: nn.Sequential, head: nn.Conv2d, lessons: Lessons, recipe: Recipe, random: np.random.Generator
) -> Tensor:
    at_home = round(recipe.batch * recipe.home)
    rows = np.concatenate(
        [random.choice(lessons.home, at_home), random.integers(0, len(lessons.inputs), recipe.batch - at_home)]
    )
    inputs, targets = _windows(lessons, recipe, rows, random)
    with torch.autocast("cpu", torch.bfloat16):
        outputs = head(body(inputs)).float()
    loss = functional.mse_loss(outputs, targets)
    known = [number for number, row in enumerate(rows) if int(row) in lessons.captions]
    if recipe.caption and recipe.window == CELLS and known:
        truth = torch.from_numpy(np.stack([lessons.captions[int(rows[number])] for number in known]))
        guessed = outputs[known, -truth.shape[1] :].mean(dim=(2, 3))
        loss = loss + recipe.caption * functional.mse_loss(guessed, truth) / truth.var()
    return loss


def _windows(
    lessons: Lessons, recipe: Recipe, rows: NDArray[np.int64], random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """One window a photo, mirrored half the time and brightened where the inputs are pixels."""
    stride, size = lessons.inputs.shape[1] // CELLS, recipe.window
    inputs, targets = [], []
    for row, top, left in zip(rows, *random.integers(0, CELLS - size + 1, (2, len(rows))), strict=True):
        inputs.append(lessons.inputs[row, top * stride : (top + size) * stride, left * stride : (left + size) * stride])
        targets.append(lessons.targets[row, top : top + size, left : left + size])
        if lessons.peak is None:
            if random.random() < 0.5:
                inputs[-1], targets[-1] = inputs[-1][:, ::-1], targets[-1][:, ::-1]
            bright = inputs[-1] * random.uniform(0.85, 1.15)
            inputs[-1] = np.clip(bright, 0, 255).astype(np.uint8)
    wanted = torch.from_numpy(np.stack(targets).astype(np.float32)).permute(0, 3, 1, 2)
    return prepare(np.stack(inputs), lessons.peak), wanted


def _resume(
    checkpoint: Checkpoint, body: nn.Sequential, head: nn.Conv2d, optimiser: torch.optim.Optimizer, recipe: Recipe
) -> History:
    """Put the checkpoint's tensors back; the log so far, empty for a new run."""
    saved = checkpoint.load()
    if saved is None:
        return []
    if saved.state.get("recipe") != vars(recipe):
        raise TrainingError(f"the checkpoint in {checkpoint.run} is of another recipe: name another --run folder.")
    for parameter in (*body.parameters(), *head.parameters()):  # AdamW makes its moments in its first step
        moments = {"exp_avg": torch.zeros_like(parameter), "exp_avg_sq": torch.zeros_like(parameter)}
        optimiser.state[parameter] = {"step": torch.tensor(0.0), **moments}
    try:
        history: History = saved.state["log"]
        for name, tensor in _tensors(body, head, optimiser).items():
            tensor.copy_(torch.from_numpy(np.array(saved.tensors[name])))
    except (KeyError, RuntimeError) as error:
        raise checkpoint.unfit(error) from error
    log.info("resumed after step %d", history[-1]["step"])
    return history


def _tensors(body: nn.Sequential, head: nn.Conv2d, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Everything that training changes, by name, as views."""
    tensors = {f"body/{name}": value for name, value in body.state_dict().items()}
    tensors |= {f"head/{name}": value for name, value in head.state_dict().items()}
    for number, parameter in enumerate((*body.parameters(), *head.parameters())):
        for name, value in optimiser.state[parameter].items():
            tensors[f"optimiser/{number}/{name}"] = value
    return tensors
