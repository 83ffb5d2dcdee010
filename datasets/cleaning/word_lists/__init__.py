"""The word lists that rules look words up in: text files, one or more words a line, ``#`` starts a comment."""

from functools import cache
from importlib import resources


@cache
def word_list(name: str) -> frozenset[str]:
    """The words of the list ``name``, split at white space."""
    return frozenset(word for line in phrases(name) for word in line.split())


@cache
def phrases(name: str) -> tuple[str, ...]:
    """The lines of the list ``name``, less comments and empty ones."""
    lines = resources.files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))
