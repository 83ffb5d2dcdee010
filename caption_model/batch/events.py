"""What a run tells while it goes on, and what it sums up at its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Planned:
    """The photos found: how many are to be captioned, were captioned before, or have a sidecar and are left alone.

    ``passed_over`` counts what is no photo of this run, by reason: excluded, a link out of the folder, ...
    """

    photos: int
    to_do: int
    done_before: int
    had_sidecar: int
    passed_over: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Captioned:
    """A photo's captions are in the journal, and in its sidecar if one was asked for."""

    image: str
    description: str
    captions: tuple[str, ...]


@dataclass(frozen=True)
class Failed:
    """A photo could not be captioned, or its sidecar not be written; the next run tries again."""

    image: str
    reason: str


@dataclass(frozen=True)
class Finished:
    """The sum; ``left`` photos are still to do where the run was stopped, ``seconds`` count from the first photo on."""

    captioned: int
    done_before: int
    had_sidecar: int
    failed: int
    left: int
    seconds: float

    @property
    def photos_per_second(self) -> float:
        """Photos captioned a second."""
        return self.captioned / self.seconds if self.seconds > 0 else 0.0


Event = Planned | Captioned | Failed | Finished
KINDS: dict[str, type[Event]] = {kind.__name__.lower(): kind for kind in (Planned, Captioned, Failed, Finished)}


def parsed(told: Mapping[str, Any]) -> Event | None:
    """The event that a line of ``batch --json-progress`` tells of, ``None`` if it is no such line.

    Args:
        told: the line's object; it may hold more than the event's own values.
    """
    kind = KINDS.get(str(told.get("event")))
    if kind is None:
        return None
    try:
        values = {one.name: told[one.name] for one in fields(kind)}
    except KeyError:
        return None
    known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return kind(**known)
