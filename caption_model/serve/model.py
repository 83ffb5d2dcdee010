"""One copy of the models for all who ask: a thread that captions, and joins what waits.

To write for several photos at once costs little more than for one, as a decoder's step is too small for the cores.
Whatever waits with the same options is therefore written together; every photo gets what it gets alone. Jobs come
after requests, whose senders wait.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from caption_model.errors import CaptionError, PhotoError, ServeError
from caption_model.generation.options import GenerationOptions
from caption_model.vision.files import reason_of

if TYPE_CHECKING:
    from caption_model.captioner import Captioner, Suggestions
    from caption_model.generation.seen import Seen

Pixels = NDArray[np.uint8]
MOST = 8  # photos that are written about at once


@dataclass(frozen=True)
class Wish:
    """What is wanted of a photo: social captions, in a voice or the bundled one, and so many of the caption book."""

    options: GenerationOptions
    voice: str = ""
    book: int = 0


@dataclass(frozen=True)
class Found:
    """What was found for a photo; ``book`` is ``None`` where it was not asked for."""

    suggestions: "Suggestions"
    book: list[str] | None = None


@dataclass(eq=False)
class _Waiting:
    photo: str
    pixels: Pixels
    wish: Wish
    spent: float
    found: "Future[Found]" = field(default_factory=Future)


class Model:
    """Captioners by the names of their voices, the bundled one by the empty name, asked from any thread.

    Args:
        captioners: that share encoder and description.
        joined: called with the number of photos that were written about together.
    """

    def __init__(
        self, captioners: Mapping[str, "Captioner"], joined: Callable[[int], object] = lambda photos: None
    ) -> None:
        self.captioners = captioners
        self.size = captioners[""].encoder.size
        self._joined = joined
        self._urgent: deque[_Waiting] = deque()
        self._patient: deque[_Waiting] = deque()
        self._calls: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="captions", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Photos that wait for their turn."""
        return len(self._urgent) + len(self._patient)

    def caption(
        self, photo: str, pixels: Pixels, wish: Wish, spent: float = 0.0, urgent: bool = True
    ) -> "Future[Found]":
        """Ask for captions.

        Args:
            photo: what to call it.
            pixels: RGB uint8 (height, width, 3) of the encoder's ``size``.
            wish: what is wanted.
            spent: seconds that were spent on it before, for the sum.
            urgent: whether it goes before all that is not.

        Returns:
            What becomes the answer, or raises a ``CaptionError``.
        """
        waiting = _Waiting(photo, pixels, wish, spent)
        with self._changed:
            self._check_open()
            (self._urgent if urgent else self._patient).append(waiting)
            self._changed.notify()
        return waiting.found

    def call(self, what: Callable[[], Any]) -> "Future[Any]":
        """Have something done between captions, by the thread that may use the networks."""
        answer: Future[Any] = Future()
        with self._changed:
            self._check_open()
            self._calls.append((what, answer))
            self._changed.notify()
        return answer

    def close(self) -> None:
        """Take nothing more, and end once all that waits is done."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _check_open(self) -> None:
        if self._closed:
            raise ServeError("the server is being stopped: ask again later.")

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._calls or self._urgent or self._patient or self._closed)
                call = self._calls.popleft() if self._calls else None
                together = [] if call else self._next()
            if call:
                _do(*call)
            elif together:
                self._caption([one for one in together if one.found.set_running_or_notify_cancel()])
            else:
                return

    def _next(self) -> list[_Waiting]:
        """The first that waits, and others with the same wish."""
        line = [*self._urgent, *self._patient]
        together = [one for one in line if one.wish == line[0].wish][:MOST] if line else []
        for one in together:
            (self._urgent if one in self._urgent else self._patient).remove(one)
        return together

    def _caption(self, together: Sequence[_Waiting]) -> None:
        """Answer all of them; where that fails, one by one, so that what fails costs only itself."""
        if not together:
            return
        started = time.perf_counter()
        try:
            found = self._written(together)
        except CaptionError as error:
            self._refuse(together, error)
        except Exception as error:  # noqa: BLE001 - one photo's trouble is its own
            self._refuse(together, PhotoError(f"{together[0].photo} cannot be captioned ({reason_of(error)})."))
        else:
            self._joined(len(together))
            each = (time.perf_counter() - started) / len(together)
            for one, (seen, texts, book) in zip(together, found, strict=True):
                one.found.set_result(_told(one, seen, texts, book, round(one.spent + each, 3)))

    def _refuse(self, together: Sequence[_Waiting], error: CaptionError) -> None:
        if len(together) == 1:
            together[0].found.set_exception(error)
            return
        for one in together:
            self._caption([one])

    def _written(self, together: Sequence[_Waiting]) -> list[tuple["Seen", Sequence[Any], list[str] | None]]:
        wish = together[0].wish
        captioner = self.captioners[wish.voice]
        seen = captioner.look_all(np.stack([one.pixels for one in together]))
        written = captioner.write_all(seen, wish.options)
        return [
            (one, captions, [ready.text for ready in captioner.from_book(one, wish.book, wish.options)])
            if wish.book
            else (one, captions, None)
            for one, captions in zip(seen, written, strict=True)
        ]


def _told(one: _Waiting, seen: "Seen", captions: Sequence[Any], book: list[str] | None, seconds: float) -> Found:
    from caption_model.captioner import Suggestions

    return Found(Suggestions(one.photo, seen, tuple(captions), seconds), book)


def _do(what: Callable[[], Any], answer: "Future[Any]") -> None:
    if not answer.set_running_or_notify_cancel():
        return
    try:
        answer.set_result(what())
    except Exception as error:  # noqa: BLE001 - for whoever asked
        answer.set_exception(error)
