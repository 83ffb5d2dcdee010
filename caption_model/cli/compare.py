"""``compare descriptive``: what each part of the describing decoder is worth."""

from pathlib import Path
from typing import Annotated

import typer

compare = typer.Typer(help="Train variants of a model alike and compare them.", no_args_is_help=True)


@compare.callback()
def _group() -> None:
    """Keep ``descriptive`` a command of its own although it is the only one."""


@compare.command()
def descriptive(
    data: Annotated[Path, typer.Option(help="Folder with all data, laid out as docs/data-formats.md says.")],
    out: Annotated[Path, typer.Option(help="Folder of results and checkpoints; rows that stand there are kept.")],
    epochs: Annotated[int, typer.Option(min=1, help="Of teacher forcing, at most.")] = 6,
    self_critical_epochs: Annotated[int, typer.Option(min=1)] = 6,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, order and dropout.")] = 7,
    cache: Annotated[Path | None, typer.Option(help="Folder of encoded photos; default: the user's cache.")] = None,
) -> None:
    """One Markdown table: without attention, with it, beam search, self-critical training, a teacher's grid."""
    from caption_model.training.descriptive.self_critical import SelfCritical
    from caption_model.training.descriptive.train import DescriptiveTraining
    from caption_model.training.recipes.ablation import as_table, compare_descriptive
    from caption_model.training.recipes.build import Data

    training = DescriptiveTraining(epochs, self_critical=SelfCritical(self_critical_epochs), seed=seed)
    print(as_table(list(compare_descriptive(Data(data), out, training, cache))))
