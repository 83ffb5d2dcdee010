"""One training at a time in the folder of a run."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from caption_model.errors import TrainingError


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
