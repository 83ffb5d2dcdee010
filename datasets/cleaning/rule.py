"""A cleaning rule: a name and one function, which either changes a caption or tells that it must go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True)
class Edit:
    """Changes a caption; ``apply`` gives the text back unchanged where it has nothing to do."""

    name: str
    apply: Callable[[str], str]
    kind: ClassVar[Literal["edit"]] = "edit"


@dataclass(frozen=True, slots=True)
class Drop:
    """Drops a caption when ``fails`` says so; the rule's name is the reason."""

    name: str
    fails: Callable[[str], bool]
    kind: ClassVar[Literal["drop"]] = "drop"


Rule = Edit | Drop
