"""The commands of ``distil``: teach a VGG16 from stronger networks, topics and words, here or on a machine with a GPU.

They need none of what captioning needs: ``python -m caption_model.training.distillation`` runs them alone.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from caption_model.errors import TrainingError
from caption_model.text.shown import tell
from caption_model.training.engine.alone import alone

distil = typer.Typer(help="Teach the encoder: pack the data, train on them, bundle the result.", no_args_is_help=True)

Pack = Annotated[Path, typer.Argument(help="Folder of a pack.")]
Run = Annotated[Path, typer.Option(help="Folder of the run. A run found there is resumed.")]
Judged = Annotated[int, typer.Option(min=50, help="Photos of each measure, at most.")]


@distil.command("pack")
def pack_command(
    data: Annotated[Path, typer.Option(help="Folder with all data, laid out as docs/data-formats.md says.")],
    out: Annotated[Path, typer.Option(help="Folder of the pack to write.")],
    start: Annotated[Path | None, typer.Option(help="Weights to start from; default: the bundled encoder.")] = None,
    piece_mb: Annotated[float, typer.Option(min=0.1, help="Megabytes of a piece at most.")] = 28.0,
    shrink: Annotated[int, typer.Option(min=0, help="Store larger photos at so many pixels a side; 0: as is.")] = 0,
    every: Annotated[int, typer.Option(min=1, help="Take every so many-th photo only.")] = 1,
) -> None:
    """Put photos, words, labels, teachers and start into pieces that can be moved."""
    from caption_model.bundles.bundle import MODELS
    from caption_model.training.distillation.packing import MEGABYTE, Packing, pack

    index = pack(data, start or MODELS / "vgg16", out, Packing(round(piece_mb * MEGABYTE), shrink, every))
    print(json.dumps(index["photos"]))
    tell(f"Saved {len(index['pieces'])} pieces in {out}.")


@distil.command("train")
def train_command(
    pack: Pack,
    run: Run,
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Of the whole run; the rate falls with them.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Of the whole run, instead of minutes.")] = None,
    session_minutes: Annotated[
        float | None, typer.Option(min=0.1, help="Stop with a checkpoint after so long.")
    ] = None,
    sizes: Annotated[str | None, typer.Option(help="Pixels of crops until shares of the run: 128:0.65,224:1.")] = None,
    batch: Annotated[int | None, typer.Option(min=2, help="Crops a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(min=0.0, help="Its peak.")] = None,
    checkpoints: Annotated[int | None, typer.Option(min=1, help="How many, each with measures.")] = None,
    judges: Annotated[int | None, typer.Option(min=2, help="Photos of each measure, at most.")] = None,
    gallery: Annotated[int | None, typer.Option(min=0, help="Written photos to find the most alike among.")] = None,
    fitted: Annotated[int | None, typer.Option(min=16, help="Photos that heads and projections start from.")] = None,
    compiled: Annotated[bool | None, typer.Option("--compile/--no-compile", help="Default: on a GPU only.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; default: what there is.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 7,
    out: Annotated[Path | None, typer.Option(help="Folder of the bundle, exported when the run is over.")] = None,
) -> None:
    """Train, or go on. Defaults are those of two CPU cores, or of a large GPU where there is one."""
    from caption_model.training.distillation.course import choose_device
    from caption_model.training.distillation.course import distil as teach
    from caption_model.training.distillation.recipe import parse_sizes, recipe_for

    chosen = choose_device(device)
    asked = {
        "minutes": minutes if minutes or steps else 600.0,
        "steps": steps,
        "session_minutes": session_minutes,
        "sizes": parse_sizes(sizes) if sizes else None,
        "batch": batch,
        "learning_rate": learning_rate,
        "checkpoints": checkpoints,
        "judges": judges,
        "gallery": gallery,
        "fitted": fitted,
        "compiled": compiled,
        "seed": seed,
    }
    recipe = recipe_for(chosen.type, {name: value for name, value in asked.items() if value is not None})
    if not pack.is_dir() and not run.is_dir():  # nothing to learn from: no folder is made for it
        raise TrainingError(f"{pack} is not there: make it with `distil pack`.")
    with alone(run):
        curve = teach(pack, run, recipe, chosen)
    print(json.dumps(curve[-1]))
    over = curve[-1]["share"] >= 1.0
    tell(f"Saved {run}." if over else f"Saved {run}: run the same command again to go on.")
    if out and over:
        export_command(pack, run, out)


@distil.command("export")
def export_command(
    pack: Pack,
    run: Run,
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
    result: Annotated[Path | None, typer.Option(help="Folder of the result; default: RUN/result.")] = None,
    judged: Judged = 1000,
) -> None:
    """Fold the batch norms of a result, turn it into integers, measure and bundle it."""
    from caption_model.training.distillation.album import open_album
    from caption_model.training.distillation.exporting import export

    with alone(run):
        print(json.dumps(export(open_album(pack, run), result or run / "result", out, judged)))
    tell(f"Saved {out}.")
