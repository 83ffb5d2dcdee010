"""``train reranking``: fit the weights of reranking to marked captions, and say what each is good for."""

from pathlib import Path
from typing import Annotated, Any

import typer

from caption_model.cli.train import CorpusPhotos, train
from caption_model.text.shown import tell


@train.command()
def reranking(
    marks: Annotated[list[Path], typer.Option(help="CSV photo,source,position,mark,text; may be repeated.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.", dir_okay=False)],
    corpus_photos: CorpusPhotos = None,
    source: Annotated[
        list[str] | None, typer.Option(help='Whose texts count; may be repeated; default: all "captions …".')
    ] = None,
    models: Annotated[
        Path | None, typer.Option(help="Folder with the bundles; default: those that come along.", file_okay=False)
    ] = None,
) -> None:
    """Fit the weights of reranking to captions that people marked, and try each weight's absence.

    Nothing is changed: the weights stand in generation/reranking.py.
    """
    from caption_model.bundles.bundle import MODELS
    from caption_model.captioner import Captioner
    from caption_model.training.reranking.train import train_reranking

    captioner = Captioner.load(models or MODELS)
    _show(train_reranking(captioner, marks, tuple(corpus_photos or ()), out, tuple(source or ())))
    tell(f"Saved {out}.")


def _show(told: dict[str, Any]) -> None:
    """Who orders the captions how well, and every weight with and without."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(
        f"{told['captions']} captions of {told['photos']} photos, {told['suggestions']} suggestions, "
        f"{told['pairs']} pairs with different marks"
    )
    orders = Table(box=box.SIMPLE_HEAD)
    for title in ("order", "first would be posted", "pairs right"):
        orders.add_column(title)
    for name in ("chance", "shown", "present", "fitted", "best"):
        told_of = told[name] if isinstance(told[name], dict) else {"first": told[name]}
        orders.add_row(name, *_shares(told_of))
    console.print(orders)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.add_column("weight", no_wrap=True)
    for title in ("now", "first", "pairs", "other first", "fitted", "first", "pairs"):
        table.add_column(title, justify="right")
    for name, one in told["weights"].items():
        fitted = [f"{one['fitted']:.2f}±{one['deviation']:.2f}", *_shares(one["refitted"])] if "fitted" in one else []
        table.add_row(name, f"{one['present']:g}", *_shares(one["without"]), f"{one['changes']:.1%}", *fitted)
    console.print("Without each weight: the present ones, and those fitted anew.")
    console.print(table)


def _shares(told: dict[str, float]) -> list[str]:
    return [f"{told[name]:.1%}" if name in told else "" for name in ("first", "pairs")]
