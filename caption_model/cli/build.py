"""``build``: train everything that ships, from raw data, with one command."""

from pathlib import Path
from typing import Annotated

import typer

from caption_model.training.engine.alone import alone


def build(
    data: Annotated[Path, typer.Option(help="Folder with all data, laid out as docs/data-formats.md says.")],
    out: Annotated[Path, typer.Option(help="Folder of the four bundles to write; those that stand there are kept.")],
    start: Annotated[
        Path | None, typer.Option(help="The image encoder's weights to start from; default: the bundled ones.")
    ] = None,
    base: Annotated[Path | None, typer.Option(help="Social bundle to go on from; from scratch without.")] = None,
    encoder_minutes: Annotated[float, typer.Option(min=0.1, help="Of the encoder's distillation.")] = 600.0,
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
    """Distil the encoder, train both decoders on it and measure; what was interrupted goes on where it stopped."""
    import json

    from caption_model.training.distillation.course import choose_device
    from caption_model.training.distillation.recipe import recipe_for
    from caption_model.training.recipes.build import Data, Plan
    from caption_model.training.recipes.build import build as build_all

    encoder = recipe_for(choose_device().type, {"minutes": encoder_minutes, "seed": seed})
    plan = Plan(
        encoder,
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
