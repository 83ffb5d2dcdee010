"""``build``: train everything that ships, from raw data, with one command."""

from pathlib import Path
from typing import Annotated

import typer

from caption_model.cli.runs import alone


def build(
    data: Annotated[Path, typer.Option(help="Folder with all data, laid out as the README says.")],
    out: Annotated[Path, typer.Option(help="Folder of the four bundles to write; those that stand there are kept.")],
    start: Annotated[Path | None, typer.Option(help="The eye's weights to start from; random ones without.")] = None,
    base: Annotated[Path | None, typer.Option(help="Social bundle to go on from; from scratch without.")] = None,
    eye_steps: Annotated[int, typer.Option(min=1)] = 20000,
    eye_frozen: Annotated[int, typer.Option(min=0, max=4, help="First blocks of the eye that stay as they are.")] = 0,
    descriptive_epochs: Annotated[int, typer.Option(min=1)] = 6,
    self_critical_epochs: Annotated[int, typer.Option(min=0)] = 6,
    social_epochs: Annotated[int, typer.Option(min=1, help="At most so many.")] = 12,
    social_minutes: Annotated[
        float | None, typer.Option(min=0.1, help="Stop the social decoder after so long.")
    ] = None,
    pseudo_label_epochs: Annotated[
        int,
        typer.Option(
            "--pseudo-label-epochs", "--own-epochs", min=1, help="Of the social decoder on its own best captions."
        ),
    ] = 4,
    seed: Annotated[int, typer.Option(min=0)] = 7,
    cache: Annotated[Path | None, typer.Option(help="Folder of encoded photos; default: the user's cache.")] = None,
) -> None:
    """Distil the eye, train both decoders on it and measure; what was interrupted goes on where it stopped."""
    import json

    from caption_model.training.distillation.loop import Recipe
    from caption_model.training.recipes.build import Data, Plan
    from caption_model.training.recipes.build import build as build_all

    eye = Recipe(eye_steps, frozen=eye_frozen, seed=seed)
    plan = Plan(
        eye,
        start,
        descriptive_epochs,
        self_critical_epochs,
        social_epochs,
        social_minutes,
        base,
        pseudo_label_epochs,
        seed,
    )
    found = Data(data)
    with alone(out / "run"):
        print(json.dumps(build_all(found, plan, out, cache), indent=1))
