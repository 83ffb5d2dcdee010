"""Photos to captions: opened ahead, captioned batch by batch, several batches in flight at once."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any, Protocol

import numpy as np

from caption_model.batch.decode import Pixels, read_ahead
from caption_model.batch.plan import Photo
from caption_model.errors import PhotoError
from caption_model.generation.caption import Caption
from caption_model.generation.options import GenerationOptions
from caption_model.generation.seen import Seen
from caption_model.networks.threads import batches_in_flight, cores
from caption_model.storage.journal import Record
from caption_model.vision.files import reason_of


class Writer(Protocol):
    """A ``Captioner`` as a run sees it."""

    @property
    def encoder(self) -> Any:
        """It has a ``size``: (height, width) in pixels."""

    def look_all(self, photos: Pixels, batch: int) -> list[Seen]:
        """Encode opened photos, RGB uint8 (B, height, width, 3), the networks seeing ``batch`` at once."""

    def write_all(self, seen: Sequence[Seen], options: GenerationOptions) -> list[list[Caption]]:
        """Captions of each photo, best first."""


def captions(
    writer: Writer,
    photos: Sequence[Photo],
    options: GenerationOptions,
    batch: int,
    stop: Callable[[], bool],
    flights: int | None = None,
) -> Iterator[tuple[Photo, Record | PhotoError]]:
    """Caption photos batch by batch, several batches in flight, or say why one cannot be opened.

    Args:
        writer: looks and writes.
        photos: to caption.
        options: of each caption.
        batch: photos that the networks see at once.
        stop: asked between photos; once it says yes, the batches that were begun are finished and that is all.
        flights: batches that are captioned at the same time; ``None`` for as many as the cores are best used by.
    """
    flights = flights or batches_in_flight()
    opened = read_ahead(photos, writer.encoder.size, threads=cores(), ahead=2 * batch)
    flying: deque[tuple[list[Photo], Future[Sequence[Record | PhotoError]]]] = deque()
    waiting: list[tuple[Photo, Pixels]] = []
    with closing(opened), ThreadPoolExecutor(flights, thread_name_prefix="caption") as pool:

        def start() -> None:
            future = pool.submit(_caption_each, writer, tuple(waiting), options, batch)
            flying.append(([photo for photo, _ in waiting], future))
            waiting.clear()

        for photo, pixels in opened:
            if stop():
                waiting.clear()
                flying = deque(flight for flight in flying if not flight[1].cancel())
                break
            if isinstance(pixels, PhotoError):
                yield photo, pixels
                continue
            waiting.append((photo, pixels))
            if len(waiting) == batch:
                start()
            if len(flying) > flights:
                yield from _landed(*flying.popleft())
        if waiting:
            start()
        while flying:
            yield from _landed(*flying.popleft())


def _caption_each(
    writer: Writer, opened: Sequence[tuple[Photo, Pixels]], options: GenerationOptions, batch: int
) -> Sequence[Record | PhotoError]:
    """Caption a batch; where that fails, one by one, so that what fails costs only itself."""
    try:
        return _caption(writer, np.stack([pixels for _, pixels in opened]), options, batch)
    except Exception as error:  # noqa: BLE001 - one photo's trouble is its own
        if len(opened) == 1:
            return [PhotoError(f"{opened[0][0].path} cannot be captioned ({reason_of(error)}).")]
    return [result for one in opened for result in _caption_each(writer, [one], options, batch)]


def _caption(writer: Writer, pixels: Pixels, options: GenerationOptions, batch: int) -> list[Record]:
    """Look at a batch of photos once, and write their captions."""
    seen = writer.look_all(pixels, batch)
    written = writer.write_all(seen, options)
    texts = (tuple(caption.text for caption in captions) for captions in written)
    return [Record(one.description, several) for one, several in zip(seen, texts, strict=True)]


def _landed(
    photos: Sequence[Photo], future: Future[Sequence[Record | PhotoError]]
) -> Iterator[tuple[Photo, Record | PhotoError]]:
    yield from zip(photos, future.result(), strict=True)
