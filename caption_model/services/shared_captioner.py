"""One captioner for many visitors at once."""

import gc
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from caption_model.vision.photos import SIZE

if TYPE_CHECKING:
    from caption_model.captioner import Captioner, Captions
    from caption_model.generation.options import Wishes

# One thread for all visitors and voices, which share the cores anyway: the memory that the C library keeps for a
# thread's next photo is then kept once, not once for each thread that ever asked.
WORKER = ThreadPoolExecutor(1, "captions")


class SharedCaptioner:
    """A captioner that is asked by many threads and answers one photo at a time.

    A photo takes all cores for a fraction of a second; two at once would take as long and twice the memory.
    ``captioner`` is the one behind it, for batches, which share the cores in their own way.
    """

    def __init__(self, captioner: "Captioner") -> None:
        self.captioner = captioner

    @classmethod
    def load(cls) -> "SharedCaptioner":
        """The bundled models, warm.

        Raises:
            CaptionError: a bundle is missing or does not fit.
        """
        from caption_model.captioner import Captioner

        return cls(Captioner.load())._warm()

    def with_voice(self, voice: Path) -> "SharedCaptioner":
        """The same models with a voice in place of the social decoder, warm; encoder and description are shared.

        Raises:
            BundleError: not a whole social bundle, or trained on another encoder.
        """
        return SharedCaptioner(self.captioner.with_voice(voice))._warm()

    def caption(self, pixels: NDArray[np.uint8], n: int, seed: int, wishes: "Wishes") -> "Captions":
        """Caption one opened photo, RGB uint8 (height, width, 3) of the encoder's size."""
        asked = WORKER.submit(self.captioner.caption, pixels[None], n, seed, wishes.controls(), wishes.sampler())
        (captions,) = asked.result()
        return captions

    def more_like(
        self, pixels: NDArray[np.uint8], liked: str, n: int, wishes: "Wishes", shown: Collection[str]
    ) -> list[str]:
        """As ``caption_model.generation.more_like.more_like``."""
        from caption_model.generation.more_like import more_like

        return WORKER.submit(more_like, self.captioner, pixels, liked, n, wishes, shown).result()

    def attention(
        self, pixels: NDArray[np.uint8], sentence: str, picture: Image.Image
    ) -> list[tuple[str, Image.Image]]:
        """The words of a description, and for each the picture, bright where the decoder looked."""
        from caption_model.generation.attention_maps import attention_maps, overlay

        model = self.captioner.descriptive

        def look() -> Any:
            grid = self.captioner.encoder.encode(pixels[None]).grid[0]
            return attention_maps(model.decoder, model.vocabulary, sentence, grid)

        return [(word, overlay(picture, share)) for word, share in WORKER.submit(look).result()]

    def _warm(self) -> "SharedCaptioner":
        """Caption a black photo: the first visitor shall not wait for what the first photo takes longer.

        Servers collect garbage between requests; what has been made by now stays for good, and is not looked through
        again and again.
        """
        from caption_model.generation.options import Wishes

        self.caption(np.zeros((*SIZE, 3), np.uint8), 1, 0, Wishes())
        gc.collect()
        gc.freeze()
        return self
