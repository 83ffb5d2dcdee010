"""One run's networks and arrays: student, its average, heads, teachers, projections; a step, and everything's names."""

import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from caption_model.errors import TrainingError
from caption_model.training.distillation.album import Album
from caption_model.training.distillation.crops import crop, draw, normalised, whole
from caption_model.training.distillation.heads import Components, Heads, fit_components, fit_head
from caption_model.training.distillation.held_out import TRAIN
from caption_model.training.distillation.labels import Labels, label
from caption_model.training.distillation.losses import Truth, losses
from caption_model.training.distillation.recipe import Recipe
from caption_model.training.distillation.teacher_networks import Teachers
from caption_model.training.distillation.unfold import load_start, recalibrate
from caption_model.vision.heads import LinearHead

ON_DEVICE = 6_000_000_000  # bytes of photos that are kept in a GPU's memory
AT_ONCE = 32  # photos, while something is fitted
STATISTICS = 64  # photos that norms are measured on at the start
STATISTICS_SIZE = 160


class Classroom:
    """Everything that a step needs.

    Args:
        album: photos.
        teachers: on the device.
        recipe: of the run.
        device: that is trained on.

    Raises:
        TrainingError: there is no photo to learn from, or no start.
    """

    def __init__(self, album: Album, teachers: Teachers, recipe: Recipe, device: torch.device) -> None:
        self.album, self.recipe, self.device = album, recipe, device
        self.rows = torch.from_numpy(album.rows(TRAIN))
        if not len(self.rows):
            raise TrainingError("the pack holds no photo to learn from: pack the photos again.")
        self.labels: Labels = label(album.entries, recipe.vocabulary)
        self.weights = torch.tensor([recipe.emphasis.get(album.entries[row].group, 1.0) for row in self.rows])
        on_gpu = device.type == "cuda" and album.pixels.nbytes <= ON_DEVICE
        self._pixels = torch.from_numpy(np.array(album.pixels)).to(device) if on_gpu else None
        self._truth = Truth(
            torch.from_numpy(self.labels.topic).to(device),
            torch.from_numpy(self.labels.words).to(device),
            torch.from_numpy(self.labels.described).to(device),
        )
        self.teachers: Any = teachers
        self.sample = self.rows[:: max(1, len(self.rows) // recipe.fitted)][: recipe.fitted]
        measured = [batch.cpu() for batch in self.whole_frames(self.sample[:STATISTICS], STATISTICS_SIZE)]
        student, class_head = load_start(album.start, measured)
        self.student = student.to(device)
        self.parts = self._fit_parts()
        self.heads = self._start_heads(class_head).to(device)
        self.average = copy.deepcopy(nn.ModuleDict({"student": self.student, "heads": self.heads}))
        self.average.requires_grad_(False)
        self.optimiser = _optimiser(self.student, self.heads, recipe)
        self._learner: Any = nn.Sequential(self.student, self.heads)
        if recipe.compiled:
            self._compile()

    def step(self, number: int, share: float) -> Tensor:
        """One step of the optimiser and of the average; returns the losses (5,), on the device."""
        drawn = draw(self.recipe, number, self.weights, self.rows)
        frames = self.frames(drawn.rows)
        truth = Truth(*(part[drawn.rows.to(self.device)] for part in self._truth))
        here = drawn.to(self.device)
        crops = crop(frames, here, self.recipe.size(share))
        seen = self.teachers(crops)
        self.student.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate(number, share)
        with torch.autocast(self.device.type, torch.bfloat16):
            told = self._learner(normalised(crops))
        parts = losses(told, seen, truth, here, self.parts, self.recipe)
        self.optimiser.zero_grad(set_to_none=True)
        parts.sum().backward()
        nn.utils.clip_grad_norm_([*self.student.parameters(), *self.heads.parameters()], self.recipe.clip)
        self.optimiser.step()
        self._move_average(number)
        return parts.detach()

    def ready_student(self) -> nn.Sequential:
        """The averaged student, its norms measured on whole frames at the size that it will look at."""
        from caption_model.training.distillation.measures import SIZE

        student: nn.Sequential = copy.deepcopy(self.average["student"])  # type: ignore[assignment]
        with torch.autocast(self.device.type, torch.bfloat16):
            recalibrate(student, self.whole_frames(self.sample[: 4 * STATISTICS], SIZE))
        return student

    def tensors(self) -> dict[str, Tensor]:
        """Everything that a run changes or has fitted, by name, as views."""
        found = {f"student/{name}": value for name, value in self.student.state_dict().items()}
        found |= {f"heads/{name}": value for name, value in self.heads.state_dict().items()}
        found |= {f"average/{name}": value for name, value in self.average.state_dict().items()}
        for number, part in enumerate(self.parts):
            found |= {f"parts/{number}/mean": part.mean, f"parts/{number}/matrix": part.matrix}
        learning = [*self.student.parameters(), *self.heads.parameters()]
        for number, parameter in enumerate(learning):
            for name, value in self.optimiser.state[parameter].items():
                found[f"optimiser/{number}/{name}"] = value
        return found

    def restore(self, stored: dict[str, NDArray[Any]]) -> None:
        """Put a checkpoint's tensors back.

        Raises:
            TrainingError: they are another network's.
        """
        for parameter in (*self.student.parameters(), *self.heads.parameters()):  # AdamW makes them in its first step
            self.optimiser.state[parameter] = {
                "step": torch.zeros((), device=self.device if self.device.type == "cuda" else None),
                "exp_avg": torch.zeros_like(parameter),
                "exp_avg_sq": torch.zeros_like(parameter),
            }
        try:
            with torch.no_grad():
                for name, tensor in self.tensors().items():
                    if name in stored or not name.startswith("optimiser/"):  # a checkpoint before the first step
                        tensor.copy_(torch.from_numpy(np.array(stored[name])))
        except (KeyError, RuntimeError) as error:
            raise TrainingError(
                f"the checkpoint is of another network ({error}): name another --run folder."
            ) from error

    def frames(self, rows: Tensor) -> Tensor:
        """Frames uint8 (B, size, size, 3), on the device."""
        if self._pixels is not None:
            return self._pixels[rows.to(self.device)]
        return torch.from_numpy(self.album.pixels[rows.numpy()]).to(self.device)

    def whole_frames(self, rows: Tensor, size: int) -> list[Tensor]:
        """Normalised whole photos in batches."""
        parts = rows.split(AT_ONCE)
        return [normalised(whole(self.frames(part), size)) for part in parts if len(part) > 1 or len(parts) == 1]

    def _compile(self) -> None:
        import torch._dynamo

        torch._dynamo.config.suppress_errors = True  # what cannot be compiled runs as it is
        self._learner = torch.compile(self._learner, dynamic=False)
        self.teachers = torch.compile(self.teachers, dynamic=False)

    def _move_average(self, number: int) -> None:
        stays = min(self.recipe.average, (1.0 + number) / (10.0 + number))
        now = [*self.student.state_dict().values(), *self.heads.state_dict().values()]
        mean = list(self.average.state_dict().values())
        with torch.no_grad():
            pairs = [(a, b) for a, b in zip(mean, now, strict=True) if a.is_floating_point()]
            torch._foreach_lerp_([a for a, _ in pairs], [b for _, b in pairs], 1.0 - stays)

    @torch.no_grad()
    def _fit_parts(self) -> tuple[Components, Components]:
        """Principal components of both teachers' grids; keeps what the heads are started from."""
        self.student.eval()
        inception, googlenet, logits, own = [], [], [], []
        for part in self.sample.split(AT_ONCE):
            frames = whole(self.frames(part), 224)
            seen, grid = self.teachers(frames), self.student(normalised(frames)).float()
            cells = grid.shape[-2:]
            pool = nn.functional.adaptive_avg_pool2d
            inception.append(_rows(pool(seen.inception, cells)))
            googlenet.append(_rows(pool(seen.googlenet, cells)))
            logits.append(seen.logits)
            own.append(grid)
        first, second = torch.cat(inception), torch.cat(googlenet)
        parts = (
            fit_components(first, self.recipe.components[0]),
            fit_components(second, self.recipe.components[1]),
        )
        targets = [(rows - part.mean) @ part.matrix for rows, part in zip((first, second), parts, strict=True)]
        grids = torch.cat(own)
        self._started = (grids, torch.cat(targets, dim=1), torch.cat(logits))
        return parts

    def _start_heads(self, class_head: LinearHead | None) -> Heads:
        """Heads that read off the start's grids as well as affine maps can: a random one would spoil the start."""
        grids, targets, logits = self._started
        del self._started
        heads = Heads(
            grids.shape[1], targets.shape[1], logits.shape[1], len(self.labels.topics), len(self.labels.vocabulary)
        )
        with torch.no_grad():
            matrix, bias = fit_head(_rows(grids), targets)
            heads.grid.weight.copy_(matrix[:, :, None, None])
            heads.grid.bias.copy_(bias)  # type: ignore[union-attr]
            if class_head is not None and class_head.matrix.shape == (grids.shape[1], logits.shape[1]):
                matrix, bias = torch.from_numpy(class_head.matrix.T.copy()), torch.from_numpy(class_head.bias.copy())
            else:
                matrix, bias = fit_head(grids.mean(dim=(2, 3)), logits, 0.1)
            heads.classes.weight.copy_(matrix)
            heads.classes.bias.copy_(bias)
        return heads


def _rows(grid: Tensor) -> Tensor:
    return grid.permute(0, 2, 3, 1).flatten(0, 2)


def _optimiser(student: nn.Module, heads: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW; norms and biases do not decay."""
    every = [*student.parameters(), *heads.parameters()]
    groups = [
        {"params": [one for one in every if one.ndim > 1], "weight_decay": recipe.weight_decay},
        {"params": [one for one in every if one.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, recipe.learning_rate, fused=True)
