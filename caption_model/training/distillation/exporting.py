"""A run's result → the encoder's bundle that ships: plain VGG16 in integers, with its class head."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from caption_model.bundles.provenance import card, versions
from caption_model.bundles.saving import save_bundle
from caption_model.errors import TrainingError
from caption_model.evaluation.probe import FEWEST, probe
from caption_model.training.distillation import student
from caption_model.training.distillation.album import Album
from caption_model.training.distillation.course import RESULT
from caption_model.training.distillation.crops import normalised, whole
from caption_model.training.distillation.held_out import DEV, FLICKR8K, TRAIN
from caption_model.training.distillation.measures import SIZE, batches, frames, likeness, spread
from caption_model.training.distillation.pieces import load_pieces
from caption_model.training.distillation.teacher_networks import class_names
from caption_model.training.distillation.unfold import widths
from caption_model.vision.encoders import Encoder, load_trained
from caption_model.vision.heads import CLASS_HEAD, LinearHead
from caption_model.vision.vgg16 import BOUNDS, USUAL

BOUNDS_FROM = 256  # photos
GALLERY = 4  # written photos a judge that the most alike is looked for among
JUDGED = 1000  # photos of each measure, unless told otherwise
CPU = torch.device("cpu")
Array = NDArray[np.float32]


def export(album: Album, result: Path, out: Path, judged: int) -> dict[str, Any]:
    """Fold, quantise, measure and save what a run left in its ``result``.

    Args:
        album: of the run's pack.
        result: folder of the result.
        out: folder of the bundle.
        judged: photos of each measure, at most.

    Returns:
        The figures of the network as it ships.

    Raises:
        CaptionError: there is no result, or it cannot be used.
    """
    found = load_pieces(result, RESULT)
    if found is None:
        raise TrainingError(f"{result} holds no result: train first.")
    tensors, state = found
    network, train = restored(tensors), album.rows(TRAIN)
    bounds = json.dumps(measure_bounds(network, album, spread(train, BOUNDS_FROM))).encode()
    matrix = np.ascontiguousarray(tensors["heads/classes.weight"].astype(np.float32).T)
    bias, names = tensors["heads/classes.bias"].astype(np.float32), tuple(class_names(album.teachers))
    extra = {BOUNDS: bounds, CLASS_HEAD: LinearHead(matrix, bias, names).to_bytes()}
    config = {
        "network": "keras.applications.VGG16(include_top=False)",
        "input": "RGB, whole frame squashed to 224 x 224",
        "preprocessing": "x / 255, minus (.485, .456, .406), over (.229, .224, .225)",
        "recipe": state["recipe"],
        "data": {"photos": len(train), "topics": state["topics"], "words": len(state["vocabulary"])},
        "versions": versions(),
    }
    weights = student.fold(student.export(network))
    save_bundle(out, "encoder", config, weights, "", extra=extra)
    load_trained.cache_clear()
    encoder = load_trained(out)
    figures = measure_encoder(encoder, album, judged)
    last = state["curve"][-1]
    text = card(
        "vgg16",
        photos=f"{len(train):,}",
        crops=f"{last['photos']:,}",
        steps=f"{last['step']:,}",
        batch=state["recipe"]["batch"],
        minutes=f"{last['seconds'] / 60:,.0f}",
        sizes=", ".join(f"{size} until {until:.0%}" for size, until in state["recipe"]["sizes"]),
        topics=", ".join(state["topics"]),
        words=len(state["vocabulary"]),
        figures="\n".join(f"| {name} | {value:g} |" for name, value in figures.items()),
    )
    metrics = {"probe": figures, "log": state["curve"]}
    save_bundle(out, "encoder", config, weights, text, metrics=metrics, extra=extra)
    load_trained.cache_clear()
    return figures


def restored(tensors: dict[str, NDArray[Any]]) -> nn.Sequential:
    """The student of a result, ready to be used."""
    arrays = {name.removeprefix("student/"): value for name, value in tensors.items() if name.startswith("student/")}
    kernels = {
        "_".join(name.split(".")[:2]) + "/kernel": np.moveaxis(value, 0, -1)
        for name, value in sorted(arrays.items())
        if value.ndim == 4
    }
    network = student.build_student(widths(kernels))
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in arrays.items()})
    return network.float().eval()


@torch.no_grad()
def measure_bounds(network: nn.Sequential, album: Album, rows: NDArray[np.int64]) -> dict[str, float]:
    """The bound of each layer: what the largest activations of most photos do not exceed."""
    peaks: dict[str, list[torch.Tensor]] = {}
    for part in batches(rows):
        grid = normalised(whole(frames(album, part, CPU), SIZE))
        for block_name, block in network.named_children():
            for name, layer in block.named_children():
                grid = layer(grid)
                if isinstance(layer, nn.ReLU):
                    key = f"{block_name}_{name.replace('relu', 'conv')}"
                    peaks.setdefault(key, []).append(grid.amax(dim=(1, 2, 3)))
    return {name: round(float(torch.cat(found).quantile(USUAL)), 3) for name, found in peaks.items()}


def measure_encoder(encoder: Encoder, album: Album, judged: int) -> dict[str, float]:
    """``r1`` … of the probe on Flickr8k's dev photos and ``likeness`` of the held-out written ones, in integers."""
    kinds: dict[bool, list[int]] = {True: [], False: []}
    for row in album.rows(DEV):
        if album.entries[row].descriptions:
            kinds[album.entries[row].group == FLICKR8K].append(int(row))
    described, written = spread(kinds[True], judged), spread(kinds[False], judged)
    figures: dict[str, float] = {}
    if len(described) >= FEWEST:
        said = [" ".join(album.entries[row].descriptions) for row in described]
        figures |= probe(_pooled(encoder, album, described), said)
    if len(written) > 1:
        others = [r for r in album.rows(TRAIN) if album.entries[r].descriptions and album.entries[r].group != FLICKR8K]
        rows = np.concatenate([written, spread(others, GALLERY * judged)])
        entries = [album.entries[row] for row in rows]
        figures |= {"likeness": likeness(_pooled(encoder, album, rows), entries, len(written)), "gallery": len(rows)}
    return {name: round(float(value), 4) for name, value in figures.items()}


def _pooled(encoder: Encoder, album: Album, rows: NDArray[np.int64]) -> Array:
    """The encoder's features of whole photos, as it will see them."""
    found = []
    for part in batches(rows):
        photos = (whole(frames(album, part, CPU), SIZE) * 255).round().to(torch.uint8)
        found.append(encoder.encode(np.ascontiguousarray(photos.permute(0, 2, 3, 1).numpy())).pooled)
    return np.concatenate(found)
