"""Third-party libraries that look for Hugging Face's ``datasets`` find that one, and never this project's folder.

In a checkout this project's readers are importable as ``datasets``, as the folder is called, and stand in front of
anything installed. transformers and sentence-transformers probe for a package of that name and import from it whatever
they find. They are imported inside ``installed_datasets()``, where the name means what is installed under it, or
nothing. (Installed by pip, the folder is ``caption_model._datasets`` and in nobody's way: see ``setup.py``.)
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import datasets as ours

_NAME = "datasets"
_theirs: dict[str, ModuleType] = {}  # kept: some of their modules cannot be imported twice


@contextmanager
def installed_datasets() -> Iterator[None]:
    """Inside, ``import datasets`` means the installed package of that name, if there is one.

    Not for use while other threads import: ``sys.path`` and ``sys.modules`` belong to the whole process.
    """
    if ours.__name__ != _NAME:  # installed: nothing is in the way
        yield
        return
    root = Path(ours.__file__ or "").resolve().parent.parent
    path = sys.path[:]
    mine = _take_out()
    sys.modules.update(_theirs)
    sys.path[:] = [entry for entry in path if Path(entry or ".").resolve() != root]
    try:
        yield
    finally:
        _theirs.update(_take_out())
        sys.path[:] = path
        sys.modules.update(mine)


def _take_out() -> dict[str, ModuleType]:
    """The package and all of its modules, no longer known to Python."""
    names = [name for name in sys.modules if name.partition(".")[0] == _NAME]
    return {name: sys.modules.pop(name) for name in names}
