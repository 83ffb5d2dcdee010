"""``things``: fit what an eye says of the things that captions name."""

import json
from pathlib import Path
from typing import Annotated

import typer

from caption_model.cli.distil import Captions, Out, Photos, ProbeList, Run, Teachers, TrainList
from caption_model.cli.runs import alone, run_folder
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
    from caption_model.training.distillation.bundling import train_topic_head
    from caption_model.training.distillation.distil import Sources

    sources = Sources(tuple(photos), teachers, captions, train_list, probe_list)
    folder = run_folder(out, run)
    with alone(folder):
        print(json.dumps(train_topic_head(sources, eye, folder, out)))
    tell(f"Saved {out}.")
