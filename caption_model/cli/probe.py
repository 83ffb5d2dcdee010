"""``probe``: how much of what people say about photos an encoder's features hold."""

import json
from pathlib import Path
from typing import Annotated

import typer


def probe(
    images: Annotated[Path, typer.Option(help="Folder of photos.")],
    captions: Annotated[Path, typer.Option(help="CSV image,caption, one or several rows an image.")],
    listed: Annotated[Path | None, typer.Option("--list", help="Images to use, one a line; default: all.")] = None,
    encoder: Annotated[str, typer.Option(help="Encoder of the registry.")] = "vgg16",
    cache: Annotated[Path | None, typer.Option(help="Folder of encoded photos; default: the user's cache.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> None:
    """Probe an encoder: features → ridge regression → TF-IDF of the captions, retrieval within five folds."""
    from caption_model.evaluation.probe import probe_images

    measured = probe_images(images, captions, listed, encoder, cache)
    if as_json:
        print(json.dumps(measured))
        return
    for name, value in measured.items():
        print(f"{name:>12} {value:.3f}" if name.startswith("r") else f"{name:>12} {value:g}")
