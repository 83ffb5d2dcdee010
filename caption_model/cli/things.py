"""``things``: fit what an eye says of the things that captions name."""

import json
from pathlib import Path
from typing import Annotated

import typer

from caption_model.cli.distil import Captions, Out, Photos, ProbeList, Run, Teachers, TrainList
from caption_model.text.shown import tell


def things(
    eye: Annotated[Path, typer.Option("--of", help="The eye: an encoder's bundle.", file_okay=False)],
    photos: Photos,
    teachers: Teachers,
    captions: Captions,
    train_list: TrainList,
    probe_list: ProbeList,
    out: Out,
    run: Run = None,
) -> None:
    """Fit anew the chances that an eye gives to dogs, snow, flowers ...; its weights stay as they are."""
    from caption_model.training.distillation.bundling import bundle_things
    from caption_model.training.distillation.distil import Sources

    sources = Sources(tuple(photos), teachers, captions, train_list, probe_list)
    print(json.dumps(bundle_things(sources, eye, run or out.with_name(out.name + ".run"), out)))
    tell(f"Saved {out}.")
