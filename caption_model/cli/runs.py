"""The folder of a training run: where it is, and that nobody else trains there."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from caption_model.errors import TrainingError

Run = Annotated[Path | None, typer.Option(help="Folder of checkpoint and log; default: OUT.run. Found there: resumed.")]


def run_folder(out: Path, run: Path | None) -> Path:
    """What was asked for, or beside what is made."""
    return run or out.with_name(out.name + ".run")


@contextmanager
def alone(run: Path) -> Iterator[None]:
    """Keep any other training out of a run's folder.

    Raises:
        TrainingError: another training is at work there, or it cannot be written.
    """
    from caption_model.storage.lock import exclusive

    with ExitStack() as held:
        try:
            run.mkdir(parents=True, exist_ok=True)
            held.enter_context(exclusive(run / "lock"))
        except BlockingIOError as error:
            raise TrainingError(f"another training is at work in {run}: wait for it, or name another --run.") from error
        except OSError as error:
            raise TrainingError(f"{run} cannot be written ({error.strerror or error}): name another --run.") from error
        yield
