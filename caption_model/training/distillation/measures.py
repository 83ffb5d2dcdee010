"""What the student is worth on photos that it never saw: agreement with a teacher, words, likeness."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from caption_model.evaluation.caption_metrics import CiderD
from caption_model.evaluation.probe import FEWEST, probe
from caption_model.training.distillation.album import Album
from caption_model.training.distillation.catalogue import Entry
from caption_model.training.distillation.crops import normalised, whole
from caption_model.training.distillation.held_out import DEV, FLICKR8K, TRAIN
from caption_model.training.distillation.teacher_networks import Teachers

SIZE = 224  # pixels a side that the finished network looks at
AT_ONCE = 64
DAMPING = 0.1  # of the whitening, in units of the mean variance
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Panel:
    """The photos that judge.

    Attributes:
        described: rows of Flickr8k's.
        written: rows of those with a description written for them.
        gallery: rows of written photos, the judges among them, that the most alike is looked for among.
        first: (N,) row of the album → the teacher's first class, for the judges; -1 for others.
    """

    described: NDArray[np.int64]
    written: NDArray[np.int64]
    gallery: NDArray[np.int64]
    first: NDArray[np.int64]


def choose_panel(album: Album, teachers: Teachers, judges: int, gallery: int, device: torch.device) -> Panel:
    """At most ``judges`` photos of each kind and ``gallery`` written ones, spread over all there are."""
    kinds: dict[str, list[int]] = {"described": [], "written": [], "gallery": []}
    for row, entry in enumerate(album.entries):
        told = bool(entry.descriptions)
        if entry.role == DEV and told:
            kinds["described" if entry.group == FLICKR8K else "written"].append(row)
        if entry.group != FLICKR8K and entry.role == TRAIN and told:
            kinds["gallery"].append(row)
    described, written = spread(kinds["described"], judges), spread(kinds["written"], judges)
    others = np.concatenate([written, spread(kinds["gallery"], gallery)])
    first = np.full(len(album.entries), -1, np.int64)
    asked = np.concatenate([described, written])
    for rows in batches(asked):
        logits = teachers(whole(frames(album, rows, device), SIZE)).logits
        first[rows] = logits.argmax(dim=1).cpu().numpy()
    return Panel(described, written, others, first)


def measure(
    student: nn.Module, classes: nn.Module, album: Album, panel: Panel, device: torch.device
) -> dict[str, float]:
    """The figures of a student.

    Args:
        student: normalised photos → grid, ready to be used.
        classes: pooled features → logits of the teacher's classes.

    Returns:
        ``agree1``, ``agree5``: share of the written photos whose first class by the teacher comes first, among the
        first five; ``flickr_agree1``, ``flickr_agree5`` alike; ``r1``, ``r10`` of ``evaluation.probe``; ``likeness``,
        CIDEr of the most alike other photo's description; ``judges`` and ``gallery``, of and among how many photos.
        What there are too few photos for is left out.
    """
    figures: dict[str, float] = {}
    pooled = {
        name: features(student, album, rows, device)
        for name, rows in (("described", panel.described), ("gallery", panel.gallery))
    }
    for name, rows, seen in (
        ("", panel.written, pooled["gallery"][: len(panel.written)]),
        ("flickr_", panel.described, pooled["described"]),
    ):
        if len(rows):
            with torch.no_grad():
                logits = classes(torch.from_numpy(seen).to(device)).float().cpu().numpy()
            best = np.argsort(-logits, axis=1, kind="stable")[:, :5] == panel.first[rows][:, None]
            figures |= {f"{name}agree1": float(best[:, 0].mean()), f"{name}agree5": float(best.any(axis=1).mean())}
    if len(panel.described) >= FEWEST:
        said = [" ".join(album.entries[row].descriptions) for row in panel.described]
        found = probe(pooled["described"], said)
        figures |= {name: found[name] for name in ("r1", "r10")}
    if len(panel.written) > 1:
        entries = [album.entries[row] for row in panel.gallery]
        figures["likeness"] = likeness(pooled["gallery"], entries, len(panel.written))
        figures |= {"judges": len(panel.written), "gallery": len(panel.gallery)}
    return {name: round(value, 4) for name, value in figures.items()}


def likeness(pooled: Array, entries: Sequence[Entry], judged: int) -> float:
    """CIDEr of the description of the photo that is most alike by whitened features, cosine.

    Args:
        pooled: (N, channels).
        entries: of the N photos, each with a description.
        judged: how many, the first ones, are judged; the n-gram frequencies are those of their descriptions.
    """
    white = whitened(pooled)
    alike = white[:judged] @ white.T
    alike[np.arange(judged), np.arange(judged)] = -np.inf
    nearest = alike.argmax(axis=1)

    def cut(text: str) -> list[str]:
        return re.findall(r"[a-z0-9']+", text.lower())

    cider = CiderD([[cut(text) for text in entry.descriptions] for entry in entries[:judged]])
    scores = [cider(photo, cut(entries[other].descriptions[0])) for photo, other in enumerate(nearest)]
    return float(np.mean(scores))


def whitened(pooled: Array) -> Array:
    """Rows turned and scaled to about equal variance in every direction, and to length 1."""
    x = (pooled - pooled.mean(axis=0)).astype(np.float64)
    values, directions = np.linalg.eigh(x.T @ x / len(x))
    turned = x @ directions / np.sqrt(np.maximum(values, 0.0) + DAMPING * values.mean() + 1e-12)
    return (turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-12)).astype(np.float32)


@torch.no_grad()
def features(student: nn.Module, album: Album, rows: NDArray[np.int64], device: torch.device) -> Array:
    """Pooled features (rows, channels) of whole frames."""
    found = []
    for part in batches(rows):
        with torch.autocast(device.type, torch.bfloat16):
            grid = student(normalised(whole(frames(album, part, device), SIZE)))
        found.append(grid.float().mean(dim=(2, 3)).cpu().numpy())
    return np.concatenate(found) if found else np.zeros((0, 1), np.float32)


def frames(album: Album, rows: NDArray[np.int64], device: torch.device) -> Tensor:
    """Frames uint8 (rows, size, size, 3) on a device."""
    return torch.from_numpy(np.ascontiguousarray(album.pixels[rows])).to(device)


def batches(rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Rows in groups that are looked at together."""
    return [rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE)]


def spread(rows: Sequence[int] | NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """At most so many, evenly from all."""
    every = np.asarray(rows, np.int64)
    return every if len(every) <= most else every[np.linspace(0, len(every) - 1, most).round().astype(np.int64)]
