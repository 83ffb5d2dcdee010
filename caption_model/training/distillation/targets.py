"""What the student regresses: linear views of the teachers' grids, one vector a cell.

Three blocks, each scaled to the same total variance: the first principal components of Inception's grid, those of
GoogLeNet's, and both teachers' guess of the caption (ridge regression from their pooled grids to the TF-IDF of
Flickr8k's training captions in its leading singular directions): the encoder is to see what captions talk about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_model.errors import TrainingError
from caption_model.evaluation.probe import tf_idf
from caption_model.networks.numerics import ridge
from caption_model.training.distillation.teachers import Views

Array = NDArray[np.float32]
INCEPTION, GOOGLENET, CAPTION = 512, 256, 256  # dimensions of the blocks
SAMPLE = 4000  # photos whose cells the principal components are taken from
CHUNK = 256


@dataclass(frozen=True)
class Projection:
    """Affine map from both teachers' cells to a cell's target.

    Attributes:
        mean: (2304,) of the concatenated cell, Inception's first.
        matrix: (2304, 1024).
        captions: the captioned photos' own vectors (rows, 256), on the scale of the last block.
    """

    mean: Array
    matrix: Array
    captions: Array

    def __call__(self, views: Views) -> Array:
        """Targets (B, 7, 7, 1024) of some photos' views."""
        targets: Array = ((_cells(views) - self.mean) @ self.matrix).astype(np.float32, copy=False)
        return targets


def fit_projection(views: Views, captions: Mapping[int, Sequence[str]]) -> Projection:
    """Fit on the photos that have captions (training photos only).

    Args:
        views: of all photos.
        captions: row → its captions.

    Raises:
        TrainingError: fewer captioned photos than the blocks have dimensions.
    """
    rows = np.array(sorted(captions))
    if len(rows) < max(INCEPTION, CAPTION):
        raise TrainingError(f"{len(rows)} captioned photos are too few to distil from: give the whole training list.")
    sample = rows[:: max(1, len(rows) // SAMPLE)]
    cells = _cells(_take(views, sample)).reshape(-1, views.inception.shape[-1] + views.googlenet.shape[-1])
    mean = cells.mean(axis=0)
    cells -= mean
    width = views.inception.shape[-1]
    inception = _components(cells[:, :width], INCEPTION)
    googlenet = _components(cells[:, width:], GOOGLENET)

    deviation = cells.std(axis=0) + 1e-6
    pooled = np.concatenate(
        [_cells(_take(views, rows[i : i + CHUNK])).mean(axis=(1, 2)) for i in range(0, len(rows), CHUNK)]
    )
    words, _ = tf_idf([" ".join(captions[row]) for row in rows])
    vectors = _leading(words - words.mean(axis=0), CAPTION)
    guess = ridge((pooled - mean) / deviation, vectors).astype(np.float32) / deviation[:, None]

    blocks = [np.zeros((len(mean), size), np.float32) for size in (INCEPTION, GOOGLENET, CAPTION)]
    blocks[0][:width], blocks[1][width:], blocks[2][:] = inception, googlenet, guess
    scales = [1.0 / np.sqrt((cells @ block).var(axis=0).sum() / INCEPTION) for block in blocks]
    matrix = np.concatenate([block * scale for block, scale in zip(blocks, scales, strict=True)], axis=1)
    return Projection(mean, matrix.astype(np.float32), (vectors * scales[2]).astype(np.float32))


def load_targets(
    views: Views, captions: Mapping[int, Sequence[str]], run: Path
) -> tuple[NDArray[np.float16], dict[int, Array]]:
    """Targets of all photos, computed once and kept in ``run``.

    Returns:
        A memory map float16 (N, 7, 7, 1024), and row → the captioned photo's own vector (256,).
    """
    finished, file = run / "target-captions.npy", run / "targets.npy"
    if not finished.exists():
        projection = fit_projection(views, captions)
        project(projection, views, file)
        np.save(finished, projection.captions)
    targets = np.load(file, mmap_mode="r", allow_pickle=False)
    return targets, dict(zip(sorted(captions), np.load(finished, allow_pickle=False), strict=True))


def project(projection: Projection, views: Views, file: Path) -> None:
    """Write the targets of all photos, float16 (N, 7, 7, 1024), as ``.npy``."""
    shape = (*views.inception.shape[:3], projection.matrix.shape[1])
    targets = np.lib.format.open_memmap(file, "w+", np.float16, shape)
    for start in range(0, len(targets), CHUNK):
        targets[start : start + CHUNK] = projection(_take(views, slice(start, start + CHUNK)))
    targets.flush()


def _take(views: Views, rows: NDArray[np.int64] | slice) -> Views:
    return Views(*(view[rows] for view in views))


def _cells(views: Views) -> Array:
    return np.concatenate([views.inception, views.googlenet], axis=-1).astype(np.float32)


def _components(cells: Array, count: int) -> Array:
    """The first principal directions of centred rows: (features, count)."""
    _, directions = np.linalg.eigh(cells.T @ cells / len(cells))
    return directions[:, ::-1][:, :count]


def _leading(rows: Array, count: int) -> Array:
    """Rows in their leading singular directions: (rows, count)."""
    _, directions = np.linalg.eigh(rows.T @ rows)
    return rows @ directions[:, ::-1][:, :count]
