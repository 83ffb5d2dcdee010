"""The student's frozen first blocks, run once over all photos and kept on disk as bytes.

Where the start weights already see edges and textures well, a CPU's hours are better spent on the deep blocks: with
the first three frozen and cached, a whole frame costs a third of what it costs end to end.
"""

import copy
import logging
import time
from pathlib import Path
from typing import cast

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from caption_model.training.distillation.student import normalise

log = logging.getLogger(__name__)

BATCH = 16
PEAK_FROM = 512  # photos
REPORT_EVERY = 100  # batches


def load_stem(
    stem: nn.Sequential, pixels: NDArray[np.uint8], run: Path, peak: NDArray[np.float32] | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Maps of all photos after the frozen blocks, computed once; resumed after a kill.

    Args:
        stem: the frozen blocks, ending in ReLU and pooling, so that their maps are never negative.
        pixels: uint8 (N, 224, 224, 3).
        peak: see below; measured on these photos when it is not given.

    Returns:
        A memory map uint8 (N, rows, columns, channels) and the peak float32 (channels,): ``(byte / 255)² · peak`` is
        the value; the square gives the many small activations finer steps than the few large ones.
    """
    stem = _folded(stem)
    file, counter, peaks = run / "stem.npy", run / "stem.count", run / "stem-peak.npy"
    done = int(counter.read_text(encoding="ascii")) if counter.exists() else 0
    if not done:
        np.save(peaks, _peak(stem, pixels) if peak is None else peak)
    peak = np.load(peaks, allow_pickle=False)
    shape = (len(pixels), *_run(stem, pixels[:1]).shape[1:])
    maps = open_memmap(file, "r+" if done else "w+", None if done else np.uint8, None if done else shape)
    started = time.monotonic()
    for number, start in enumerate(range(done, len(pixels), BATCH), start=1):
        batch = _run(stem, pixels[start : start + BATCH])
        maps[start : start + BATCH] = np.rint(255.0 * np.sqrt(np.clip(batch / peak, 0.0, 1.0)))
        if number % REPORT_EVERY == 0 or start + BATCH >= len(pixels):
            maps.flush()
            counter.write_text(str(start + len(batch)), encoding="ascii")
            log.info("stem: %d of %d photos, %.0f s", start + len(batch), len(pixels), time.monotonic() - started)
    return np.load(file, mmap_mode="r", allow_pickle=False), peak


def _folded(stem: nn.Sequential) -> nn.Sequential:
    """A copy in bfloat16 with batch norm inside the convolutions: half the passes over memory."""
    layers: list[nn.Module] = []
    for layer in (layer for block in stem for layer in block.children()):
        if isinstance(layer, nn.BatchNorm2d):
            layers[-1] = fuse_conv_bn_eval(cast(nn.Conv2d, layers[-1]).eval(), copy.deepcopy(layer).eval())
        else:
            layers.append(copy.deepcopy(layer))
    return nn.Sequential(*layers).eval().to(torch.bfloat16, memory_format=torch.channels_last)  # type: ignore[call-overload]


def _peak(stem: nn.Sequential, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    sample = pixels[:: max(1, len(pixels) // PEAK_FROM)]
    peaks = [_run(stem, sample[i : i + BATCH]).max(axis=(0, 1, 2)) for i in range(0, len(sample), BATCH)]
    return np.maximum(np.max(peaks, axis=0), 1e-3)


def _run(stem: nn.Sequential, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    photos = normalise(torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2))
    with torch.no_grad():
        maps = stem(photos.to(torch.bfloat16, memory_format=torch.channels_last))
    return np.ascontiguousarray(maps.permute(0, 2, 3, 1).float().numpy())
