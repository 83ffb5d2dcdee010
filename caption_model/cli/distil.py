"""``distil``: teach a VGG16 from stronger networks and photos without labels."""

import json
from pathlib import Path
from typing import Annotated

import typer

from caption_model.cli.runs import alone, run_folder
from caption_model.text.shown import tell

Photos = Annotated[list[Path], typer.Option(help="Folder or tar of photos to learn from; may be repeated.")]
Teachers = Annotated[Path, typer.Option(help="Folder of the teachers' weights.")]
Captions = Annotated[Path, typer.Option(help="CSV image,caption of some of the photos.")]
TrainList = Annotated[Path, typer.Option("--list", help="Images whose captions may be learnt from, one a line.")]
ProbeList = Annotated[Path, typer.Option(help="Images that only judge, one a line; never learnt from.")]
Out = Annotated[Path, typer.Option(help="Folder of the bundle to write.")]
Run = Annotated[Path | None, typer.Option(help="Folder of all stages; default: OUT.run. Found: resumed.")]


def distil(
    photos: Photos,
    teachers: Teachers,
    captions: Captions,
    train_list: TrainList,
    probe_list: ProbeList,
    out: Out,
    start: Annotated[Path | None, typer.Option(help="Weights to start from; random ones without.")] = None,
    steps: Annotated[int, typer.Option(min=1)] = 20000,
    batch: Annotated[int, typer.Option(min=1, help="Photos a step.")] = 16,
    window: Annotated[int, typer.Option(min=1, max=7, help="Cells of 32 pixels cut from each photo; 7: whole.")] = 7,
    frozen: Annotated[int, typer.Option(min=0, max=4, help="First blocks that stay as they are.")] = 0,
    learning_rate: Annotated[float, typer.Option(min=0.0, help="Peak of the cosine.")] = 1e-3,
    seed: Annotated[int, typer.Option(min=0)] = 7,
    run: Run = None,
) -> None:
    """Distil a VGG16, fold its batch norm, probe it and bundle it."""
    from caption_model.training.distillation.bundling import bundle_student
    from caption_model.training.distillation.distil import Sources, train_student
    from caption_model.training.distillation.loop import Recipe

    sources = Sources(tuple(photos), teachers, captions, train_list, probe_list, start)
    recipe = Recipe(steps, batch, window, frozen, learning_rate, seed=seed)
    folder = run_folder(out, run)
    with alone(folder):
        measured = bundle_student(sources, recipe, train_student(sources, recipe, folder), folder, out)
    print(json.dumps(measured))
    tell(f"Saved {out}.")
