"""Folders of photos to measure with: the sample's photos, cropped and scaled to what phones send, as JPEG."""

import os
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

SAMPLE = Path(__file__).resolve().parents[2] / "datasets" / "sample" / "photos"
DIFFERENT = 50  # photos; larger folders repeat them under other names
SIZE = (1600, 1200)


def make_folder(root: Path, photos: int) -> Path:
    """Make (or find) a folder of so many photos."""
    folder, originals = root / f"{photos} photos", root / "originals"
    if not originals.exists():
        _draw(originals)
    folder.mkdir(parents=True, exist_ok=True)
    sources = sorted(originals.glob("*.jpg"))
    for number in range(photos):
        target = folder / f"{number:06}.jpg"
        if not target.exists():
            try:
                os.link(sources[number % len(sources)], target)
            except OSError:  # a disk without hard links
                shutil.copy(sources[number % len(sources)], target)
    return folder


def _draw(folder: Path) -> None:
    folder.mkdir(parents=True)
    random = np.random.default_rng(7)
    photos = sorted(SAMPLE.glob("*.jpg"))
    for number in range(DIFFERENT):
        with Image.open(photos[number % len(photos)]) as picture:
            left, top = (random.uniform(0, 0.2, 2) * picture.size).astype(int).tolist()
            right, bottom = (random.uniform(0.8, 1, 2) * picture.size).astype(int).tolist()
            crop = picture.convert("RGB").crop((left, top, right, bottom))
            crop.resize(SIZE, Image.Resampling.BICUBIC).save(folder / f"{number:03}.jpg", quality=88)
