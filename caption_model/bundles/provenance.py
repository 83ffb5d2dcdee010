"""What a bundle tells about where it came from: versions, data hashes, model card."""

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from string import Template
from typing import Any

from caption_model import __version__
from caption_model.bundles.bundle import file_sha256

CARDS = Path(__file__).parent / "cards"


def versions() -> dict[str, str]:
    """Versions of this project, Python and the libraries that decide a training run's result."""
    return {
        "caption_model": __version__,
        "python": platform.python_version(),
        **{name: _version(name) for name in ("keras", "numpy", "emoji", "regex")},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # distilling needs none of Keras
        return "absent"


def file_hashes(paths: Iterable[Path]) -> dict[str, str]:
    """File name → SHA-256 of its bytes."""
    return {path.name: file_sha256(path) for path in paths}


def card(name: str, **facts: Any) -> str:
    """The model card ``cards/<name>.md`` with measured facts filled in; a missing fact is a ``KeyError``."""
    return Template((CARDS / f"{name}.md").read_text(encoding="utf-8")).substitute(facts)
