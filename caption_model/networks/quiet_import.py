"""TensorFlow's native libraries greet on standard error when they are loaded, whatever the log level: not here.

The first import of TensorFlow, whoever asks for it, is made with standard error turned away; Python's own errors are
exceptions and are not lost.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any


@contextmanager
def silenced() -> Iterator[None]:
    """What is written to the process's standard error inside, by native code too, is dropped."""
    try:
        kept = os.dup(2)
    except OSError:  # a process without standard error
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        sys.stderr.flush()
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


class QuietFinder(MetaPathFinder):
    """Finds one module as Python would, and has it loaded silently, once."""

    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> Any:
        """The module's own spec with a silent loader; nothing for other modules."""
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _QuietLoader(spec.loader)
        return spec


class _QuietLoader(Loader):
    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        with silenced():
            self.loader.exec_module(module)


def load_quietly(name: str) -> None:
    """Have a module that is not loaded yet loaded silently when it first is."""
    if name not in sys.modules:
        sys.meta_path.insert(0, QuietFinder(name))
