"""Captions for the photos of one request."""

import asyncio
import base64
import io
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fastapi import UploadFile

from caption_model.errors import CaptionError, PhotoError, PhotoTooLargeError, ServeError
from caption_model.networks.threads import cores
from caption_model.serve.metrics import Metrics
from caption_model.serve.model import Found, Model, Pixels, Wish
from caption_model.services.answers import answer, refusal
from caption_model.vision.files import reason_of
from caption_model.vision.photos import open_for_display, open_photo

LONGEST_NAME = 255  # characters of a photo's name that are told again
UNNAMED = "the photo"


class Named(io.BytesIO):
    """A photo in memory that has a name for messages."""

    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


class Captions:
    """Opens photos in threads of its own and has the model caption them."""

    def __init__(self, model: Model, metrics: Metrics, most_pixels: int) -> None:
        self._model, self._metrics, self._most_pixels = model, metrics, most_pixels
        self._pool = ThreadPoolExecutor(cores(), "decode")

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    async def of(
        self, uploads: Sequence[UploadFile], wish: Wish, tags: int | None, explain: bool
    ) -> list[dict[str, Any]]:
        """One JSON object a photo, in their order; a photo that cannot be captioned has its error there.

        Raises:
            PhotoTooLargeError: a photo has more pixels than the server takes.
            ServeError: the server is being stopped.
        """
        loop = asyncio.get_running_loop()
        opened = [loop.run_in_executor(self._pool, self._open, upload) for upload in uploads]
        photos = await asyncio.gather(*opened)
        if too_large := next((pixels for pixels, _ in photos if isinstance(pixels, PhotoTooLargeError)), None):
            raise too_large
        waiting = [
            pixels if isinstance(pixels, PhotoError) else self._model.caption(called(upload), pixels, wish, spent)
            for upload, (pixels, spent) in zip(uploads, photos, strict=True)
        ]
        told = []
        for upload, found in zip(uploads, waiting, strict=True):
            try:
                if isinstance(found, PhotoError):
                    raise found
                result = await asyncio.wrap_future(found)
            except ServeError:
                raise
            except CaptionError as error:
                told.append(refusal(called(upload), error))
            else:
                told.append(answer(result.suggestions, tags, result.book))
                if explain:
                    told[-1]["explanation"] = await self._explanation(upload, result, wish)
            self._metrics.photos.labels("request", "failed" if "error" in told[-1] else "captioned").inc()
        return told

    def _open(self, upload: UploadFile) -> tuple[Pixels | PhotoError, float]:
        started, name = time.perf_counter(), called(upload)
        try:
            upload.file.seek(0)
            pixels = open_photo(Named(upload.file.read(), name), self._model.size, self._most_pixels)
        except PhotoError as error:
            return error, 0.0
        except Exception as error:  # noqa: BLE001 - one photo's trouble is its own
            return PhotoError(f"{name} cannot be opened ({reason_of(error)})."), 0.0
        return pixels, time.perf_counter() - started

    async def _explanation(self, upload: UploadFile, found: Found, wish: Wish) -> str:
        from caption_model.generation.attention_maps import attention_maps, draw

        def drawn() -> bytes:
            descriptive, seen = self._model.captioners[wish.voice].descriptive, found.suggestions.seen
            maps = attention_maps(descriptive.decoder, descriptive.vocabulary, seen.description, seen.grid)
            upload.file.seek(0)
            return draw(open_for_display(Named(upload.file.read(), called(upload))), maps)

        return base64.b64encode(await asyncio.wrap_future(self._model.call(drawn))).decode()


def called(upload: UploadFile) -> str:
    """What to call a photo."""
    return (upload.filename or UNNAMED)[:LONGEST_NAME]
