"""Who follows a training from outside: hears how far it has come, and may have it end early with its best so far."""

import math
import time
from collections.abc import Callable
from typing import Any

from caption_model.training.engine.progress import History, Progress

Event = dict[str, Any]


class Watch:
    """Passes on what a training tells, the steps at most once in ``every`` seconds, and asks whether to stop."""

    def __init__(
        self,
        hear: Callable[[Event], None] = lambda event: None,
        stop: Callable[[], bool] = lambda: False,
        every: float = 1.0,
    ) -> None:
        self.hear = hear
        self.stop = stop
        self.every = every
        self._told = -math.inf
        self._before = (0.0, 0.0)  # loss and symbols of the running epoch when it was last told of

    def tell(self, event: str, **facts: Any) -> None:
        """Pass on an event and its facts, plain values."""
        self.hear({"event": event, **facts})

    def step(self, epoch: int, done: float, left: float, progress: Progress) -> None:
        """A batch was learnt: ``bits`` a symbol since the last step told of; ``spent`` and ``left`` in seconds."""
        now = time.monotonic()
        if now - self._told < self.every or not progress.symbols:
            return
        loss, symbols = self._before if progress.symbols > self._before[1] else (0.0, 0.0)
        bits = (progress.loss - loss) / (progress.symbols - symbols) / math.log(2)
        self._told, self._before = now, (progress.loss, progress.symbols)
        spent = round(progress.spent, 1)
        self.tell("step", epoch=epoch, bits=round(bits, 4), done=round(done, 4), spent=spent, left=round(left, 1))

    def epoch(self, history: History) -> None:
        """An epoch was learnt and judged, the last of a history as ``fit`` returns it; the loss is told in bits."""
        self._before = (0.0, 0.0)
        last = history[-1]
        bits, score = round(last["loss"] / math.log(2), 4), round(last["score"], 4)
        spent = round(sum(record["seconds"] for record in history), 1)
        self.tell("epoch", epoch=last["epoch"], bits=bits, score=score, spent=spent)
