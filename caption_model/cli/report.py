"""``report``: captions of many photos on one page, to be read."""

from pathlib import Path
from typing import Annotated

import typer

from caption_model.text.shown import tell


def report(
    images: Annotated[Path, typer.Option(help="Folder of photos.", exists=True, file_okay=False)],
    out: Annotated[Path, typer.Option(help="HTML file to write.", dir_okay=False)] = Path("captions.html"),
    listed: Annotated[Path | None, typer.Option("--list", help="Images to use, one a line; default: all.")] = None,
    count: Annotated[int, typer.Option(min=1, help="At most so many photos.")] = 100,
    n: Annotated[int, typer.Option("-n", min=1, max=50, help="Social captions a photo.")] = 5,
    seed: Annotated[int, typer.Option(min=0)] = 7,
    models: Annotated[Path | None, typer.Option(help="Folder with the bundles; default: the bundled ones.")] = None,
    voice: Annotated[Path | None, typer.Option(help="Folder of your own voice, made by `train social`.")] = None,
) -> None:
    """Caption photos and write a page with all of them."""
    from caption_model.bundles.bundle import MODELS
    from caption_model.captioner import Captioner
    from caption_model.errors import CaptionError, PhotoError
    from caption_model.evaluation.photos import photos_of
    from caption_model.evaluation.sheet import sheet
    from caption_model.generation.options import GenerationOptions

    captioner = Captioner.load(models or MODELS, voice)
    options = GenerationOptions(n, seed)
    photos, suggested = [], []
    for photo in photos_of(images, listed, count):
        try:
            suggested.append(captioner.suggest(photo, options))
        except PhotoError as error:
            tell(f"Left out: {error}")
        else:
            photos.append(photo)
    try:
        out.write_text(sheet(photos, suggested, f"Captions of {len(photos)} photos"), encoding="utf-8")
    except OSError as error:
        raise CaptionError(f"{out} cannot be written ({error.strerror}): name another --out.") from error
    tell(f"Saved {out}: {len(photos)} photos.")
