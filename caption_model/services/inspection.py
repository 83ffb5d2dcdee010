"""A dump being looked into, in a process of its own: a large one takes a minute."""

from pathlib import Path
from typing import Any

from caption_model.services.jobs import Event, Job


class Inspection:
    """What ``inspect`` finds in a dump.

    Args:
        dump: absolute path.

    Raises:
        CaptionError: no process can be started.
    """

    def __init__(self, dump: Path) -> None:
        self.dump = dump
        self.found: dict[str, Any] = {}  # see ``inspect_posts``
        self._job = Job(["inspect", dump, "--json"], self._hear)

    @property
    def running(self) -> bool:
        """Whether the answer is still to come."""
        return self._job.running

    @property
    def fault(self) -> str:
        """Why there is none, in a sentence."""
        return self._job.fault()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the answer; whether it has come."""
        return self._job.wait(seconds)

    def cancel(self) -> None:
        """It is not wanted any more."""
        self._job.kill()

    def _hear(self, event: Event) -> None:
        self.found = event
