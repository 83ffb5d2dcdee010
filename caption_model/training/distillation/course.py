"""A run from beginning to end, in any number of sessions: steps, learning curve, checkpoints, the result."""

import json
import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from caption_model.errors import TrainingError
from caption_model.storage.replace import replace_file
from caption_model.training.distillation.album import open_album
from caption_model.training.distillation.budget import Budget
from caption_model.training.distillation.classroom import Classroom
from caption_model.training.distillation.measures import Panel, choose_panel, measure
from caption_model.training.distillation.pieces import load_pieces, save_pieces
from caption_model.training.distillation.recipe import Recipe
from caption_model.training.distillation.teacher_networks import load_teachers

log = logging.getLogger(__name__)

CHECKPOINT, RESULT, CURVE = "checkpoint", "result", "curve.jsonl"
LOOK_EVERY = 10  # steps after which the device is waited for, and the loss and the clock are looked at
NAMES = ("classes", "inception", "googlenet", "topics", "words")
Curve = list[dict[str, float]]


def distil(
    pack: Path,
    run: Path,
    recipe: Recipe,
    device: torch.device,
    clock: Callable[[], float] = time.monotonic,
) -> Curve:
    """Train, or go on with the training that stands in ``run``.

    ``run`` gets ``checkpoint`` (everything, to go on), ``result`` (the averaged student, half precision, to keep) and
    ``curve.jsonl``.

    Returns:
        The learning curve so far, a record a checkpoint.

    Raises:
        CaptionError: pack or checkpoint cannot be used, or the loss is no longer finite.
    """
    started = clock()
    album = open_album(pack, run)
    teachers = load_teachers(album.teachers, recipe.teacher_sizes).to(device)
    if device.type == "cuda":
        teachers.to(torch.bfloat16)
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
    room = Classroom(album, teachers, recipe, device)
    panel = choose_panel(album, teachers, recipe.judges, recipe.gallery, device)
    step, curve, reserve = _resume(run, room)
    budget = Budget(recipe, curve[-1]["seconds"] if curve else 0.0, clock, started, reserve)
    return _go_on(room, panel, run, budget, step, curve, clock)


def choose_device(name: str | None = None) -> torch.device:
    """A device by its name; without one, a GPU where there is one.

    Raises:
        TrainingError: there is no such device here.
    """
    if name is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name not in ("cpu", "cuda") or (name == "cuda" and not torch.cuda.is_available()):
        raise TrainingError(f"there is no device {name!r} here: choose cpu, or cuda on a machine with a GPU.")
    return torch.device(name)


def _go_on(
    room: Classroom,
    panel: Panel,
    run: Path,
    budget: Budget,
    step: int,
    curve: Curve,
    clock: Callable[[], float],
) -> Curve:
    recipe = room.recipe
    if not curve:  # what the start is worth, and what a checkpoint costs
        _checkpoint(room, panel, run, budget, step, curve, None, clock)
    kept = _passed(curve[-1]["share"], recipe)
    look = LOOK_EVERY if room.device.type == "cuda" and recipe.steps is None else 1
    total: Tensor | None = None
    since, share = step, budget.share(step)
    while share < 1.0:
        seen = room.step(step, share)
        total = seen if total is None else total + seen
        step += 1
        if step % look == 0:
            if room.device.type == "cuda":
                torch.cuda.synchronize()
            share = budget.share(step)
            over = budget.session_over()
            if _passed(share, recipe) > kept or share >= 1.0 or over:
                kept = _passed(share, recipe)
                _checkpoint(room, panel, run, budget, step, curve, total / (step - since), clock)
                total, since = None, step
                if over:
                    break
                share = budget.share(step)
    return curve


def _passed(share: float, recipe: Recipe) -> int:
    """How many checkpoints lie before a share of the run, which may have been rounded."""
    return math.floor(share * recipe.checkpoints + 1e-3)


def _checkpoint(
    room: Classroom,
    panel: Panel,
    run: Path,
    budget: Budget,
    step: int,
    curve: Curve,
    loss: Tensor | None,
    clock: Callable[[], float],
) -> None:
    """Measure, then write everything; the loss comes first, for nothing must be written of a run gone astray."""
    began, share = clock(), budget.share(step)
    if loss is not None and not torch.isfinite(loss).all():
        raise TrainingError(f"the loss in {run} is no longer finite: lower the learning rate and resume.")
    student = room.ready_student()
    record: dict[str, Any] = {"step": step, "photos": step * room.recipe.batch, "share": round(share, 5)}
    record |= {"size": room.recipe.size(share), "rate": room.recipe.rate(step, share)}
    if loss is not None:
        record["loss"] = round(float(loss.sum()), 4)
        record |= dict(zip(NAMES, (round(value, 4) for value in loss.tolist()), strict=True))
    classes: nn.Module = room.average["heads"].classes  # type: ignore[assignment]
    record |= measure(student, classes, room.album, panel, room.device)
    record["seconds"] = round(budget.seconds, 1)
    curve.append(record)
    _save(room, student, run, {"step": step, "recipe": room.recipe.what(), "curve": curve, "reserve": budget.reserve})
    budget.checkpoint_took(clock() - began)
    log.info("%s", json.dumps(record))


def _save(room: Classroom, student: nn.Sequential, run: Path, state: dict[str, Any]) -> None:
    arrays = {name: tensor.detach().cpu().numpy() for name, tensor in room.tensors().items()}
    save_pieces(run, CHECKPOINT, arrays, state)
    result = {f"student/{name}": value for name, value in student.state_dict().items()}
    result |= {f"heads/{name}": value for name, value in room.average["heads"].state_dict().items()}
    halves = {name: _half(value).numpy() for name, value in result.items()}
    told = {"topics": list(room.labels.topics), "vocabulary": list(room.labels.vocabulary)}
    save_pieces(run / RESULT, RESULT, halves, {**state, **told})
    lines = "".join(json.dumps(record) + "\n" for record in state["curve"]).encode()
    for folder in (run, run / RESULT):
        replace_file(folder / CURVE, lambda file: file.write(lines))


def _half(tensor: Tensor) -> Tensor:
    """Kernels in half precision; what is small stays as it is, a variance can be too large for it."""
    tensor = tensor.detach().cpu()
    return tensor.half() if tensor.is_floating_point() and tensor.ndim > 1 else tensor


def _resume(run: Path, room: Classroom) -> tuple[int, Curve, float]:
    found = load_pieces(run, CHECKPOINT)
    if found is None:
        return 0, [], 0.0
    tensors, state = found
    if state["recipe"] != room.recipe.what():
        raise TrainingError(f"the checkpoint in {run} is of another recipe: name another --run folder.")
    room.restore(tensors)
    log.info("resumed after step %d", state["step"])
    return state["step"], state["curve"], state["reserve"]
