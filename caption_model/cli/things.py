"""``things``: fit what an eye says of the things that captions name."""

import json
from pathlib import Path
from typing import Annotated

import typer


def things(
    eye: Annotated[Path, typer.Option("--of", help="The eye: an encoder's bundle.", file_okay=False)],
    photos: Annotated[list[Path], typer.Option(help="Folder or tar of photos to learn from; may be repeated.")],
    teachers: Annotated[Path, typer.Option(help="Folder of the teachers' weights.")],
    captions: Annotated[Path, typer.Option(help="CSV image,caption of some of the photos.")],
    train_list: Annotated[Path, typer.Option("--list", help="Images whose captions may be learnt from, one a line.")],
    probe_list: Annotated[Path, typer.Option(help="Images that only judge, one a line; never learnt from.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
    run: Annotated[Path | None, typer.Option(help="Folder of all stages; default: OUT.run. Found: resumed.")] = None,
) -> None:
    """Fit anew the chances that an eye gives to dogs, snow, flowers ...; its weights stay as they are."""
    from caption_model.distillation.bundling import bundle_things
    from caption_model.distillation.distil import Sources

    sources = Sources(tuple(photos), teachers, captions, train_list, probe_list)
    print(json.dumps(bundle_things(sources, eye, run or out.with_name(out.name + ".run"), out)))
    print(f"Saved {out}.")
