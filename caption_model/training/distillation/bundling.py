"""The finished student → the bundle that ships: plain VGG16, probed, with its class head.

Its topic head comes later (``train topic-head``).
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import file_sha256
from caption_model.bundles.provenance import card, file_hashes, versions
from caption_model.bundles.saving import save_bundle, seal
from caption_model.bundles.weights import load_tensors
from caption_model.evaluation.probe import probe
from caption_model.training.distillation import student
from caption_model.training.distillation.distil import TRAINED, Sources, select
from caption_model.training.distillation.frames import Frames, load_frames
from caption_model.training.distillation.loop import History, Recipe
from caption_model.training.distillation.teachers import GOOGLENET, INCEPTION, class_names
from caption_model.training.distillation.views import load_views
from caption_model.vision.encoders import Encoder, keras_vgg16, load_trained
from caption_model.vision.heads import CLASS_HEAD, fit_class_head
from caption_model.vision.vgg16 import BOUNDS, measure_bounds
from datasets.flickr8k import read_captions

READOUT_FROM = 6000  # photos
BOUNDS_FROM = 256  # photos
CHUNK = 256


def bundle_student(sources: Sources, recipe: Recipe, history: History, run: Path, out: Path) -> dict[str, float]:
    """Fold, quantise, probe and save the encoder that ``distil`` left in ``run``.

    Returns:
        The probe of the network as it ships.

    Raises:
        CaptionError: a source or the trained weights cannot be read.
    """
    weights = student.fold(load_tensors(run / TRAINED))
    config = {
        "network": "keras.applications.VGG16(include_top=False)",
        "input": "RGB, whole frame squashed to 224 x 224",
        "preprocessing": "x / 255, minus (.485, .456, .406), over (.229, .224, .225)",
        "recipe": vars(recipe),
        "data": {
            **_hashes(sources, run),
            **(file_hashes([sources.start]) if sources.start else {}),
        },
        "versions": versions(),
    }
    seen, unseen = select(sources)
    frames = load_frames(sources.photos, run / "photos", seen)
    draft = run / "draft"
    save_bundle(draft, "encoder", config, weights, "")
    bounds = json.dumps(measure_bounds(keras_vgg16(draft), _usual_photos(frames.pixels))).encode()
    (draft / BOUNDS).write_bytes(bounds)
    seal(draft, "encoder")
    encoder = load_trained(draft)

    captions = read_captions(sources.captions)
    judges = load_frames(sources.photos, run / "probe", unseen)
    measured = probe(_pooled(encoder, judges, run / "probe"), [" ".join(captions[name]) for name in judges.names])

    rows = np.arange(0, len(frames.names), max(1, len(frames.names) // READOUT_FROM))
    pooled = _pooled(encoder, frames, run / "photos")[rows]
    logits = load_views(frames.pixels, sources.teachers, run / "photos").logits[rows].astype(np.float32)
    class_head = fit_class_head(pooled, logits, class_names(sources.teachers))

    metrics = {"probe": measured, "log": history}
    figures = {
        name: f"{value:.3f}".lstrip("0") if name.startswith("r") else f"{value:g}" for name, value in measured.items()
    }
    text = card("vgg16", photos=f"{len(frames.names):,}", steps=f"{recipe.steps:,}", batch=recipe.batch, **figures)
    extra = {BOUNDS: bounds, CLASS_HEAD: class_head.to_bytes()}
    save_bundle(out, "encoder", config, weights, text, metrics=metrics, extra=extra)
    return measured


def _usual_photos(pixels: Any) -> NDArray[np.uint8]:
    """Training photos, from all over them, to measure the bounds of activations on: pixels uint8 (N, 224, 224, 3)."""
    return np.asarray(pixels[:: max(1, len(pixels) // BOUNDS_FROM)])


def _pooled(encoder: Encoder, frames: Frames, run: Path) -> Any:
    """The encoder's features of all photos, kept in ``run``."""
    file = run / f"pooled-{encoder.sha256[:16]}-{encoder.arithmetic}.npy"
    if not file.exists():
        chunks = (frames.pixels[start : start + CHUNK] for start in range(0, len(frames.names), CHUNK))
        np.save(file, np.concatenate([encoder.encode(chunk).pooled for chunk in chunks]))
    return np.load(file, allow_pickle=False)


def _hashes(sources: Sources, run: Path) -> dict[str, str]:
    """What was learnt from."""
    return {
        **file_hashes(path for path in sources.photos if path.is_file()),
        "names of the photos": file_sha256(run / "photos" / "frames.json"),
        **file_hashes([sources.captions, sources.train, sources.probe]),
        **file_hashes([sources.teachers / INCEPTION, sources.teachers / GOOGLENET]),
    }
