"""What a user may choose about cleaning."""

from dataclasses import asdict, dataclass
from typing import Any

from caption_model.errors import CaptionError


@dataclass(frozen=True, slots=True)
class CleaningConfig:
    """``language`` is an ISO 639-1 code; ``max_graphemes`` counts emojis as one; ``disabled`` names rules."""

    language: str = "en"
    max_graphemes: int = 80
    disabled: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.max_graphemes < 1:
            raise CaptionError(f"The longest caption must have at least 1 symbol, not {self.max_graphemes}.")

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``json.dump``."""
        return asdict(self) | {"disabled": sorted(self.disabled)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "CleaningConfig":
        """The inverse of :meth:`to_json`. Raises CaptionError on values that are none of ours."""
        try:
            return cls(**(values | {"disabled": frozenset(values.get("disabled", ()))}))
        except TypeError as error:
            raise CaptionError(f"These are no cleaning settings ({error}).") from error
