"""A run's budget: how much of it is over, and when to stop so that the last checkpoint is written in time."""

import time
from collections.abc import Callable

from caption_model.training.distillation.recipe import Recipe

SAFETY = 1.3  # times what the dearest checkpoint so far has taken
SPARE = 3.0  # seconds beside it


class Budget:
    """Seconds of all sessions, or steps.

    Args:
        recipe: of the run.
        spent: seconds of earlier sessions.
        clock: seconds.
        started: when this session began, by ``clock``; what was done since counts.
        reserve: seconds kept for the last checkpoint, as an earlier session found.
    """

    def __init__(
        self,
        recipe: Recipe,
        spent: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        started: float | None = None,
        reserve: float = 0.0,
    ) -> None:
        self._recipe, self._spent, self._clock = recipe, spent, clock
        self._started = clock() if started is None else started
        self.reserve = reserve

    @property
    def seconds(self) -> float:
        """That the run has taken so far."""
        return self._spent + self._clock() - self._started

    def share(self, step: int) -> float:
        """Share of the run that is over, 1 at its end."""
        if self._recipe.steps is not None:
            return min(1.0, step / self._recipe.steps)
        total = 60.0 * (self._recipe.minutes or 0.0)
        return min(1.0, self.seconds / max(1e-9, total - self.reserve))

    def session_over(self) -> bool:
        """Whether this session must write its checkpoint now."""
        limit = self._recipe.session_minutes
        return limit is not None and self._clock() - self._started >= 60.0 * limit - self.reserve

    def checkpoint_took(self, seconds: float) -> None:
        """Keep so much, and some, for the last one; but no more than a quarter of the whole run's time."""
        self.reserve = max(self.reserve, SAFETY * seconds + SPARE)
        if self._recipe.minutes is not None:
            self.reserve = min(self.reserve, 15.0 * self._recipe.minutes)
