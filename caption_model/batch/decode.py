"""Open photos ahead of the networks, in threads: Pillow decodes outside Python's lock."""

from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from caption_model.batch.plan import Photo
from caption_model.errors import PhotoError
from caption_model.vision.files import reason_of
from caption_model.vision.photos import open_photo

Pixels = NDArray[np.uint8]


def read_ahead(
    photos: Iterable[Photo], size: tuple[int, int], threads: int, ahead: int
) -> Generator[tuple[Photo, Pixels | PhotoError], None, None]:
    """Open photos in their order; at most ``ahead`` of them wait in memory.

    Args:
        photos: which.
        size: (height, width) in pixels.
        threads: how many are opened at once.
        ahead: how many are opened before they are asked for.

    Yields:
        Each photo with RGB uint8 (height, width, 3), or with the reason why it cannot be opened.
    """
    left = iter(photos)
    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        waiting: deque[tuple[Photo, Future[Pixels | PhotoError]]] = deque()
        try:
            while True:
                for photo in islice(left, ahead - len(waiting)):
                    waiting.append((photo, pool.submit(_open, photo, size)))
                if not waiting:
                    return
                photo, future = waiting.popleft()
                yield photo, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def _open(photo: Photo, size: tuple[int, int]) -> Pixels | PhotoError:
    try:
        return open_photo(photo.path, size)
    except PhotoError as error:
        return error
    except Exception as error:  # noqa: BLE001 - whatever one photo does costs only itself
        return PhotoError(f"{photo.path} cannot be opened ({reason_of(error)}).")
