"""``things``: fit what an eye says of the things that captions name."""

import json
from pathlib import Path
from typing import Annotated

import typer

from caption_model.training.distillation.commands import Fitted, Judged, Pack, Run


def things(
    pack: Pack,
    run: Run,
    eye: Annotated[Path, typer.Option("--of", help="The eye: an encoder's bundle.", file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
    fitted: Fitted = 4000,
    judged: Judged = 1000,
) -> None:
    """Fit anew the chances that an eye gives to dogs, snow, flowers ...; its weights stay as they are."""
    from caption_model.training.distillation.album import open_album
    from caption_model.training.distillation.exporting import refit_things

    print(json.dumps(refit_things(open_album(pack, run), eye, out, fitted, judged)))
    print(f"Saved {out}.")
