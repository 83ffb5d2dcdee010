"""The finished student → the bundle that ships: plain VGG16, probed, with its read-out of ImageNet's classes."""

from pathlib import Path

import numpy as np

from caption_model.bundle import file_sha256, save_bundle
from caption_model.distillation import student
from caption_model.distillation.distil import TRAINED, Sources, select
from caption_model.distillation.frames import load_frames
from caption_model.distillation.loop import History, Recipe
from caption_model.distillation.teachers import GOOGLENET, INCEPTION, class_names
from caption_model.distillation.views import load_views
from caption_model.encoders import Encoder, trained_vgg16
from caption_model.evaluation.probe import probe
from caption_model.readout import FILE as READOUT
from caption_model.readout import fit_readout
from caption_model.training.provenance import card, file_hashes, versions
from caption_model.weights import load_tensors
from datasets.flickr8k import read_captions

READOUT_FROM = 6000  # photos
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
            **file_hashes(path for path in sources.photos if path.is_file()),
            "names of the photos": file_sha256(run / "photos" / "frames.json"),
            **file_hashes([sources.captions, sources.train, sources.probe]),
            **file_hashes([sources.teachers / INCEPTION, sources.teachers / GOOGLENET]),
            **(file_hashes([sources.start]) if sources.start else {}),
        },
        "versions": versions(),
    }
    save_bundle(run / "draft", "encoder", config, weights, "")
    encoder = Encoder(trained_vgg16(run / "draft"))

    captions = read_captions(sources.captions)
    seen, unseen = select(sources)
    judges = load_frames(sources.photos, run / "probe", unseen)
    measured = probe(encoder.encode(judges.pixels).pooled, [" ".join(captions[name]) for name in judges.names])

    frames = load_frames(sources.photos, run / "photos", seen)
    rows = np.arange(0, len(frames.names), max(1, len(frames.names) // READOUT_FROM))
    pooled = np.concatenate(
        [encoder.encode(frames.pixels[rows[i : i + CHUNK]]).pooled for i in range(0, len(rows), CHUNK)]
    )
    logits = load_views(frames.pixels, sources.teachers, run / "photos").logits[rows].astype(np.float32)
    readout = fit_readout(pooled, logits, class_names(sources.teachers))

    metrics = {"probe": measured, "log": history}
    figures = {
        name: f"{value:.3f}".lstrip("0") if name.startswith("r") else f"{value:g}" for name, value in measured.items()
    }
    text = card("vgg16", photos=f"{len(frames.names):,}", steps=f"{recipe.steps:,}", batch=recipe.batch, **figures)
    save_bundle(out, "encoder", config, weights, text, metrics=metrics, extra={READOUT: readout.to_bytes()})
    return measured
