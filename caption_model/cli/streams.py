"""Standard streams that take any text, and end quietly when nobody reads on."""

import io
import os
import signal
import sys

CLOSED_PIPE = 128 + getattr(signal, "SIGPIPE", 13)  # what a shell tells of a program that a closed pipe has ended


def use_utf8() -> None:
    """Make all standard streams UTF-8, whatever the system's code page; what UTF-8 cannot hold is written out."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def flush() -> None:
    """Hand over what is still held back.

    Raises:
        BrokenPipeError: nobody reads it any more.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()


def let_go() -> None:
    """Turn streams away that nobody reads, so that Python does not complain about them at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError, AttributeError):
            continue
    os.close(nowhere)
