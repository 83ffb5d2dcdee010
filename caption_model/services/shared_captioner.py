"""One captioner for many visitors at once."""

import gc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from caption_model.generation.options import GenerationOptions
from caption_model.vision.photos import SIZE

if TYPE_CHECKING:
    from caption_model.captioner import Captioner
    from caption_model.generation.caption import Caption
    from caption_model.generation.caption_book import BookCaption
    from caption_model.generation.seen import Seen
    from caption_model.vision.encoders import Encoder

# One thread for all visitors and voices, which share the cores anyway: the memory that the C library keeps for a
# thread's next photo is then kept once, not once for each thread that ever asked.
WORKER = ThreadPoolExecutor(1, "captions")


class SharedCaptioner:
    """A captioner that many threads may ask at once; it answers one after another.

    A photo takes all cores for a fraction of a second; two at once would take as long and twice the memory.
    ``captioner`` is the one behind it.
    """

    def __init__(self, captioner: "Captioner") -> None:
        self.captioner = captioner

    @classmethod
    def load(cls) -> "SharedCaptioner":
        """The bundled models, warmed up.

        Raises:
            CaptionError: a bundle is missing or does not fit.
        """
        from caption_model.captioner import Captioner

        return cls(Captioner.load())._warm()

    def with_voice(self, voice: Path) -> "SharedCaptioner":
        """The same models with a voice in place of the social decoder, warmed up.

        Encoder and description are shared, so what one of them has seen the other can write about.

        Raises:
            BundleError: not a whole social bundle, or trained on another encoder.
        """
        return SharedCaptioner(self.captioner.with_voice(voice))._warm()

    def look(self, pixels: NDArray[np.uint8]) -> "Seen":
        """Encode and describe one opened photo, RGB uint8 (height, width, 3) of the encoder's size."""
        return WORKER.submit(self.captioner.look, pixels).result()

    def write(self, seen: "Seen", options: GenerationOptions) -> "list[Caption]":
        """Captions of a photo that was looked at, best first."""
        return WORKER.submit(self.captioner.write, seen, options).result()

    @property
    def encoder(self) -> "Encoder":
        """What looks at the photos; it has a ``size``, (height, width) in pixels."""
        return self.captioner.encoder

    def look_all(self, photos: NDArray[np.uint8], batch: int) -> "list[Seen]":
        """Encode and describe opened photos, RGB uint8 (B, height, width, 3), the networks seeing ``batch`` at once."""
        return WORKER.submit(self.captioner.look_all, photos, batch).result()

    def write_all(self, seen: "Sequence[Seen]", options: GenerationOptions) -> "list[list[Caption]]":
        """Captions of each of several photos, best first."""
        return WORKER.submit(self.captioner.write_all, seen, options).result()

    def from_book(self, seen: "Seen", n: int, options: GenerationOptions) -> "list[BookCaption]":
        """Ready captions from the caption book that fit a photo; no decoder wrote them.

        Raises:
            DumpError: the book cannot be read.
        """
        return WORKER.submit(self.captioner.from_book, seen, n, options).result()

    def attention(self, seen: "Seen", picture: Image.Image) -> list[tuple[str, Image.Image]]:
        """The words of a photo's description, and for each the picture, bright where the decoder looked."""
        from caption_model.generation.attention_maps import attention_maps, overlay

        model = self.captioner.descriptive
        maps = WORKER.submit(attention_maps, model.decoder, model.vocabulary, seen.description, seen.grid)
        return [(word, overlay(picture, share)) for word, share in maps.result()]

    def _warm(self) -> "SharedCaptioner":
        """Caption a black photo, so that no visitor waits for what the first photo takes longer.

        Servers collect garbage between requests; what has been made by now stays for good and need not be searched
        again and again.
        """
        self.write(self.look(np.zeros((*SIZE, 3), np.uint8)), GenerationOptions(n=1))
        gc.collect()
        gc.freeze()
        return self
