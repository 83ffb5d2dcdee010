"""``build``: train everything that ships, from raw data, with one command."""

from pathlib import Path
from typing import Annotated

import typer


def build(
    data: Annotated[Path, typer.Option(help="Folder with all data, laid out as the README says.")],
    out: Annotated[Path, typer.Option(help="Folder of the four bundles to write; those that stand there are kept.")],
    start: Annotated[
        Path | None, typer.Option(help="The eye's weights to start from; default: the bundled eye's.")
    ] = None,
    base: Annotated[Path | None, typer.Option(help="Social bundle to go on from; from scratch without.")] = None,
    eye_minutes: Annotated[float, typer.Option(min=0.1, help="Of the eye's distillation.")] = 600.0,
    descriptive_epochs: Annotated[int, typer.Option(min=1)] = 6,
    self_critical_epochs: Annotated[int, typer.Option(min=0)] = 6,
    social_epochs: Annotated[int, typer.Option(min=1, help="At most so many.")] = 12,
    social_minutes: Annotated[
        float | None, typer.Option(min=0.1, help="Stop the social decoder after so long.")
    ] = None,
    own_epochs: Annotated[
        int, typer.Option(min=1, help="Of the social decoder on its own best captions, at the end.")
    ] = 4,
    seed: Annotated[int, typer.Option(min=0)] = 7,
    cache: Annotated[Path | None, typer.Option(help="Folder of encoded photos; default: the user's cache.")] = None,
) -> None:
    """Distil the eye, train both decoders on it and measure; what was interrupted goes on where it stopped."""
    import json

    from caption_model.training.distillation.course import choose_device
    from caption_model.training.distillation.recipe import recipe_for
    from caption_model.training.recipes.build import Data, Plan
    from caption_model.training.recipes.build import build as build_all

    eye = recipe_for(choose_device().type, {"minutes": eye_minutes, "seed": seed})
    plan = Plan(
        eye, start, descriptive_epochs, self_critical_epochs, social_epochs, social_minutes, base, own_epochs, seed
    )
    print(json.dumps(build_all(Data(data), plan, out, cache), indent=1))
