"""``things``: fit the topic head of an image encoder."""

import json
from pathlib import Path
from typing import Annotated

import typer

from caption_model.text.shown import tell
from caption_model.training.distillation.commands import Fitted, Judged, Pack, Run
from caption_model.training.engine.alone import alone


def things(
    pack: Pack,
    run: Run,
    encoder: Annotated[Path, typer.Option("--of", help="Bundle of the image encoder.", file_okay=False)],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
    fitted: Fitted = 4000,
    judged: Judged = 1000,
) -> None:
    """Fit the topic head of an image encoder anew (dogs, snow, flowers ...); its weights stay as they are."""
    from caption_model.training.distillation.album import open_album
    from caption_model.training.distillation.exporting import train_topic_head

    with alone(run):
        print(json.dumps(train_topic_head(open_album(pack, run), encoder, out, fitted, judged)))
    tell(f"Saved {out}.")
