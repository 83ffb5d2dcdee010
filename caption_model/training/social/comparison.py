"""What a voice suggests where its base suggested something else."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from caption_model.bundles.bundle import MANIFEST
from caption_model.captioner import Captioner
from caption_model.generation.descriptive import DescriptiveModel
from caption_model.generation.options import GenerationOptions
from caption_model.generation.social import SocialModel
from caption_model.vision.encoders import Encoder
from datasets import SAMPLE_PHOTOS

PHOTOS = 3
OPTIONS = GenerationOptions(n=3)


def compare_suggestions(base: Path, voice: Path, encoder: Encoder, photos: Sequence[Path]) -> list[dict[str, Any]]:
    """Suggestions before and after for the first few photos, for the sample's where there are none.

    Nothing is compared where the base has no describing decoder beside it, as a captioner needs.

    Returns:
        ``{"photo", "before", "after"}`` for each photo.

    Raises:
        CaptionError: a bundle cannot be loaded, or a photo cannot be opened.
    """
    if not (base.parent / "descriptive" / MANIFEST).exists():
        return []
    descriptive = DescriptiveModel.load(base.parent / "descriptive", encoder)
    before, after = (Captioner(encoder, SocialModel.load(folder, encoder), descriptive) for folder in (base, voice))
    return [
        {
            "photo": photo.name,
            "before": list(before.suggest(photo, OPTIONS).texts),
            "after": list(after.suggest(photo, OPTIONS).texts),
        }
        for photo in (photos or sorted(SAMPLE_PHOTOS.glob("*.jpg")))[:PHOTOS]
    ]
