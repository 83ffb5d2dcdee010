"""What a step is judged by: the teachers' classes and grids, topics where they are known, words where there are any."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from caption_model.training.distillation.crops import Draw
from caption_model.training.distillation.heads import Components, Told
from caption_model.training.distillation.labels import UNKNOWN
from caption_model.training.distillation.recipe import Recipe
from caption_model.training.distillation.teacher_networks import Seen

ABSENT = 0.25  # weight of a word that the texts do not hold: people leave most things unsaid


class Truth(NamedTuple):
    """Labels of B photos: ``topic`` (B,) with ``UNKNOWN``, ``words`` (B, words) and ``described`` (B,) booleans."""

    topic: Tensor
    words: Tensor
    described: Tensor


def losses(told: Told, seen: Seen, truth: Truth, drawn: Draw, parts: tuple[Components, ...], recipe: Recipe) -> Tensor:
    """The weighted losses of a batch, (5,): classes, Inception's and GoogLeNet's grid, topics, words."""
    cells = (told.grid.shape[2], told.grid.shape[3])
    inception, googlenet = (
        part(functional.adaptive_avg_pool2d(grid, cells))
        for part, grid in zip(parts, (seen.inception, seen.googlenet), strict=True)
    )
    first = inception.shape[1]
    return torch.stack(
        [
            recipe.classes * softened(told.classes, seen.logits, recipe.temperature),
            recipe.inception * functional.mse_loss(told.grid[:, :first], inception),
            recipe.googlenet * functional.mse_loss(told.grid[:, first:], googlenet),
            recipe.topics * _mixed(topic_losses(told.topics, truth, drawn)),
            recipe.words * _mixed(word_losses(told.words, truth, drawn)),
        ]
    )


def softened(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Kullback-Leibler divergence from the teacher's softened classes, in nats, times the temperature's square."""
    wanted = functional.log_softmax(teacher / temperature, dim=1)
    given = functional.log_softmax(student / temperature, dim=1)
    return temperature**2 * functional.kl_div(given, wanted, reduction="batchmean", log_target=True)


def topic_losses(logits: Tensor, truth: Truth, drawn: Draw) -> tuple[Tensor, Tensor]:
    """Cross-entropy and weight, (2 B,), of the own and the mixed-in photos' topics; unknown ones weigh nothing."""
    topic = torch.cat([truth.topic, truth.topic[drawn.partner]])
    known = topic != UNKNOWN
    weight = torch.cat([drawn.share, 1.0 - drawn.share]) * known
    if logits.shape[1] == 0:
        return torch.zeros_like(weight), torch.zeros_like(weight)
    loss = functional.cross_entropy(torch.cat([logits, logits]), topic.clamp_min(0), reduction="none")
    return loss, weight


def word_losses(logits: Tensor, truth: Truth, drawn: Draw) -> tuple[Tensor, Tensor]:
    """Binary cross-entropy, summed over the words, and weight, (2 B,); photos without a text weigh nothing."""
    words = torch.cat([truth.words, truth.words[drawn.partner]]).float()
    described = torch.cat([truth.described, truth.described[drawn.partner]])
    weight = torch.cat([drawn.share, 1.0 - drawn.share]) * described
    both = torch.cat([logits, logits])
    loss = functional.binary_cross_entropy_with_logits(both, words, words + ABSENT * (1 - words), reduction="none")
    return loss.sum(dim=1), weight


def _mixed(both: tuple[Tensor, Tensor]) -> Tensor:
    loss, weight = both
    return (loss * weight).sum() / weight.sum().clamp_min(1.0)
