"""One command of this project as a process of its own: heard through the JSON lines it prints, stopped by a Ctrl-C.

It runs at a lower priority, so that the app's pages come first, and it does not outlive the app: all it has done is on
disk, and it can go on another time.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from caption_model.errors import CaptionError

Event = dict[str, Any]

COMMAND = [sys.executable, "-m", "caption_model"]
ROOT = Path(__file__).resolve().parent.parent.parent
KINDNESS = 10  # steps of priority that pages come before it
TAIL = 8192  # bytes of standard error that are looked at for its last sentence
ERROR = "Error: "  # what the command line puts before a sentence of ours


class Job:
    """A running command.

    Args:
        words: what would be typed after ``python -m caption_model``; paths must be absolute.
        hear: called with each event in a thread of its own, in order.

    Raises:
        CaptionError: no process can be started.
    """

    def __init__(self, words: Sequence[str | Path], hear: Callable[[Event], None]) -> None:
        self.asked_to_stop = False
        self._hear = hear
        self._last_words = ""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the thread that listens
        windows: dict[str, Any] = {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
        apart: dict[str, Any] = windows if sys.platform == "win32" else {"start_new_session": True}
        try:
            self._process = subprocess.Popen(  # noqa: S603
                [*COMMAND, *map(str, words)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                **apart,
            )
        except OSError as error:
            self._errors.close()
            raise CaptionError(
                f"no process can be started ({error.strerror or error}): close other programs."
            ) from error
        _put_last(self._process.pid)
        weakref.finalize(self, _end, self._process)
        self._listener = threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True)
        self._listener.start()

    @property
    def running(self) -> bool:
        """Whether there may be more to hear."""
        return self._listener.is_alive()

    def stop(self) -> None:
        """Ask it to end at the next good moment."""
        if self.running and not self.asked_to_stop:
            self.asked_to_stop = True
            with suppress(OSError):  # it has just ended
                self._process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT))

    def kill(self) -> None:
        """End it at once."""
        self.asked_to_stop = True
        _end(self._process)
        self.wait()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it has ended and all was heard; whether it has."""
        self._listener.join(seconds)
        return not self.running

    def fault(self) -> str:
        """Why it failed, in a sentence; nothing while it runs, and where it ended well or as it was asked to."""
        if self.running:
            return ""
        code = self._process.wait()
        sentence = self._last_words
        if code == 0:
            return ""
        if sentence.startswith(ERROR):
            return sentence.removeprefix(ERROR)
        if self.asked_to_stop:
            return ""
        if code < 0:
            return f"It was ended from outside (signal {-code}), perhaps for want of memory: start it again to go on."
        return f"It broke off ({sentence or f'exit code {code}'}): start it again to go on."

    def _listen(self, lines: IO[bytes]) -> None:
        with lines:
            for line in lines:
                with suppress(ValueError):  # not an event: whatever a library prints
                    event = json.loads(line)
                    if isinstance(event, dict):
                        self._hear(event)
        self._process.wait()
        with self._errors as errors:
            self._last_words = _last_sentence(errors)


def _last_sentence(errors: IO[bytes]) -> str:
    """Our own last one, or else whatever was written last."""
    errors.seek(0, os.SEEK_END)
    errors.seek(max(0, errors.tell() - TAIL))
    lines = errors.read().decode("utf-8", "replace").split("\n")
    told = [line.strip() for line in lines if line.strip()]
    ours = [line for line in told if line.startswith(ERROR)]
    return (ours or told or [""])[-1]


def _put_last(process: int) -> None:
    if sys.platform != "win32":
        with suppress(OSError):  # ended already, or not allowed: it competes as an equal
            os.setpriority(os.PRIO_PROCESS, process, os.getpriority(os.PRIO_PROCESS, 0) + KINDNESS)


def _end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(OSError):
        process.terminate()
