"""Ctrl-C as a wish: the first one is noted and the work ends at the next good moment, a second one ends it at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# On Windows a process without a window can be asked by Ctrl-Break alone.
SIGNALS = [signal.SIGINT, *([signal.SIGBREAK] if hasattr(signal, "SIGBREAK") else [])]


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """Gives an event that the first Ctrl-C sets."""
    stopped = threading.Event()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number: int, frame: FrameType | None) -> None:
        stopped.set()
        restore()

    for number in SIGNALS:
        signal.signal(number, note)
    try:
        yield stopped
    finally:
        restore()
