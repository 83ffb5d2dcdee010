"""Grids of many photos, of which some may be broken."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_model.errors import PhotoError
from caption_model.vision.feature_cache import FeatureCache

log = logging.getLogger(__name__)

CHUNK = 256


def grids_of(
    cache: FeatureCache, photos: Sequence[Path], mirrored: bool = False
) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """Encode photos, or take them from the cache.

    Returns:
        Grids float16 (len(photos), rows, columns, channels), zeros for broken photos, and bool (len(photos),), which
        could be opened.
    """
    grids = np.zeros((len(photos), *cache.encoder.grid_shape), np.float16)
    usable = np.ones(len(photos), np.bool_)
    for start in range(0, len(photos), CHUNK):
        part = photos[start : start + CHUNK]
        try:
            grids[start : start + CHUNK] = cache.grids(part, mirrored=mirrored)
        except PhotoError:
            for row, photo in enumerate(part, start=start):
                try:
                    grids[row] = cache.grids([photo], mirrored=mirrored)[0]
                except PhotoError as error:
                    log.warning("%s is left out: %s", photo.name, error)
                    usable[row] = False
        if start and start % (20 * CHUNK) == 0:
            log.info("%d of %d photos encoded", start, len(photos))
    return grids, usable
