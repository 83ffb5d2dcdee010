"""The folder of a training run."""

from pathlib import Path
from typing import Annotated

import typer

Run = Annotated[Path | None, typer.Option(help="Folder of checkpoint and log; default: OUT.run. Found there: resumed.")]


def run_folder(out: Path, run: Path | None) -> Path:
    """What was asked for, or beside what is made."""
    return run or out.with_name(out.name + ".run")
