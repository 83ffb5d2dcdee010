"""Which bundles captions are made with, and one hash of them all, without loading any."""

import hashlib
from pathlib import Path

from caption_model.bundles.bundle import MANIFEST, MODELS, EncoderNamed
from caption_model.bundles.files import file_sha256, read_json
from caption_model.bundles.schema import checked

TRAINED = "vgg16"  # the encoder that has a bundle; the others are downloaded


def named_encoder(decoder: Path) -> EncoderNamed:
    """The encoder that a decoder's bundle was trained on.

    Raises:
        BundleError: there is no configuration, or it names none.
    """
    file = decoder / "config.json"
    config = read_json(file)
    return checked(EncoderNamed, config.get("encoder") if isinstance(config, dict) else None, f"the encoder in {file}")


def encoder_named(decoder: Path) -> str:
    """Its name in the registry of encoders.

    Raises:
        BundleError: as above.
    """
    return named_encoder(decoder).name


def bundled_encoder() -> tuple[str, str]:
    """Name and hash of the encoder that comes along.

    Raises:
        BundleError: the bundled decoder is damaged.
    """
    named = named_encoder(MODELS / "social")
    return named.name, named.sha256


def used_bundles(models: Path, voice: Path | None = None) -> list[Path]:
    """The bundles that ``Captioner.load`` loads: decoders, the critic if it is there, and a trained encoder.

    Raises:
        BundleError: the decoder's configuration is missing or broken.
    """
    used = [voice or models / "social", models / "descriptive"]
    if (models / "critic").is_dir():
        used.append(models / "critic")
    if encoder_named(models / "social") == TRAINED:
        beside = (models / "social").resolve().parent / TRAINED
        used.append(beside if (beside / MANIFEST).exists() else MODELS / TRAINED)
    return used


def models_sha256(models: Path, voice: Path | None = None) -> str:
    """One hash of all files of the bundles in use, the encoder's heads included.

    Raises:
        BundleError: a bundle is missing or incomplete.
    """
    parts = [str(named_encoder(models / "social"))]
    parts += [file_sha256(bundle / MANIFEST) for bundle in used_bundles(models, voice)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
