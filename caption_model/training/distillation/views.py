"""What the teachers see in every photo, computed once and kept on disk in half precision; resumed after a kill."""

import logging
import time
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from caption_model.training.distillation.teachers import CELLS, GOOGLENET_CHANNELS, INCEPTION_CHANNELS, Teachers, Views

log = logging.getLogger(__name__)

BATCH = 32
REPORT_EVERY = 100  # batches
SHAPES = {
    "inception": (CELLS, CELLS, INCEPTION_CHANNELS),
    "googlenet": (CELLS, CELLS, GOOGLENET_CHANNELS),
    "logits": (1000,),
}


def load_views(pixels: NDArray[np.uint8], teachers: Path, run: Path) -> Views:
    """Views of all photos, float16 memory maps ``run/view-*.npy``; only those not yet computed are.

    Args:
        pixels: uint8 (N, 224, 224, 3).
        teachers: folder of the teachers' weights.
    """
    files = {name: run / f"view-{name}.npy" for name in SHAPES}
    counter = run / "views.count"
    done = int(counter.read_text(encoding="ascii")) if counter.exists() else 0
    mode = "r+" if done else "w+"
    maps = [
        open_memmap(files[name], mode, None if done else np.float16, None if done else (len(pixels), *shape))
        for name, shape in SHAPES.items()
    ]
    if done < len(pixels):
        network, started = Teachers(teachers), time.monotonic()
        for number, start in enumerate(range(done, len(pixels), BATCH), start=1):
            batch = pixels[start : start + BATCH]
            for array, view in zip(maps, network.see(batch), strict=True):
                array[start : start + BATCH] = view
            done = start + len(batch)
            if number % REPORT_EVERY == 0 or done == len(pixels):
                for array in maps:
                    array.flush()
                counter.write_text(str(done), encoding="ascii")
                log.info("teachers: %d of %d photos, %.0f s", done, len(pixels), time.monotonic() - started)
    return Views(*(np.load(file, mmap_mode="r", allow_pickle=False) for file in files.values()))
