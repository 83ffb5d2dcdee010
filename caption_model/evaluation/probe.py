"""A probe of an encoder: how much of what people say about photos can be read off its features with one linear map.

Mean-pooled features → ridge regression → TF-IDF of the photos' captions, in five folds; in each, every photo of the
test fold looks for its own captions among those of the fold, by cosine.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from caption_model.errors import TrainingError
from caption_model.networks.numerics import ridge
from caption_model.vision.encoders import load_encoder, pool
from caption_model.vision.feature_cache import FeatureCache
from datasets.flickr8k import read_described

FOLDS = 5
FEWEST = 50
MIN_PHOTOS_OF_A_WORD = 2
PENALTY = 0.3  # of the probe: cross-validation by squared error shrinks ten times more, and finds less
Matrix = NDArray[np.float32]


def probe(pooled: Matrix, captions: Sequence[str], seed: int = 7) -> dict[str, float]:
    """Retrieval of the right captions by a linear map of pooled features.

    Args:
        pooled: (N, channels).
        captions: all captions of each photo as one text.
        seed: of the folds.

    Returns:
        ``r1``, ``r5``, ``r10`` (share of photos whose captions come first, among the first five, ten), ``median_rank``
        (1 is best) and ``n``.

    Raises:
        TrainingError: too few photos for five folds.
    """
    if len(pooled) < FEWEST:
        raise TrainingError(f"{len(pooled)} photos are too few to probe an encoder: give at least {FEWEST}.")
    folds = np.array_split(np.random.default_rng(seed).permutation(len(pooled)), FOLDS)
    ranks = []
    for held_out in folds:
        train = np.setdiff1d(np.arange(len(pooled)), held_out)
        words, vocabulary = tf_idf([captions[i] for i in train])
        wanted, _ = tf_idf([captions[i] for i in held_out], vocabulary)
        mean, deviation = pooled[train].mean(axis=0), pooled[train].std(axis=0) + 1e-6
        seen = (pooled - mean) / deviation
        centre = words.mean(axis=0)
        guessed = seen[held_out] @ ridge(seen[train], words - centre, (PENALTY,))
        similarity = _unit(guessed) @ _unit(wanted - centre).T
        right = np.diagonal(similarity)[:, None]
        ties = (similarity == right).sum(
            axis=1
        ) - 1  # none for free: features that tell nothing apart rank in the middle
        ranks.append(1 + (similarity > right).sum(axis=1) + ties / 2)
    rank = np.concatenate(ranks)
    recall = {f"r{k}": float((rank <= k).mean()) for k in (1, 5, 10)}
    return {**recall, "median_rank": float(np.median(rank)), "n": len(rank)}


def tf_idf(texts: Sequence[str], vocabulary: dict[str, float] | None = None) -> tuple[Matrix, dict[str, float]]:
    """TF-IDF rows of unit length, with a logarithmic count.

    Args:
        texts: any language that puts blanks between words.
        vocabulary: word → inverse document frequency; learnt from ``texts`` when it is not given.

    Returns:
        (texts, words) and the vocabulary.
    """
    counts = [_counts(text) for text in texts]
    if vocabulary is None:
        documents: dict[str, int] = {}
        for count in counts:
            for word in count:
                documents[word] = documents.get(word, 0) + 1
        vocabulary = {
            word: float(np.log((1 + len(texts)) / (1 + found)) + 1.0)
            for word, found in sorted(documents.items())
            if found >= MIN_PHOTOS_OF_A_WORD
        }
    columns = {word: column for column, word in enumerate(vocabulary)}
    matrix = np.zeros((len(texts), len(columns)), np.float32)
    for row, count in enumerate(counts):
        for word, times in count.items():
            if word in columns:
                matrix[row, columns[word]] = (1.0 + np.log(times)) * vocabulary[word]
    return _unit(matrix), vocabulary


def _counts(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in re.findall(r"[a-z0-9']+", text.lower()):
        found[word] = found.get(word, 0) + 1
    return found


def _unit(rows: Matrix) -> Matrix:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def probe_images(
    images: Path, captions: Path, listed: Path | None = None, encoder: str = "vgg16", cache: Path | None = None
) -> dict[str, float]:
    """``probe`` of an encoder of the registry on photos of a folder.

    Raises:
        DumpError: captions or list cannot be read, or a listed image has no caption.
        CaptionError: the encoder cannot be loaded, a photo cannot be opened, or there are too few.
    """
    said = read_described(captions, listed)
    if len(said) < FEWEST:
        raise TrainingError(f"{len(said)} photos are too few to probe an encoder: give at least {FEWEST}.")
    grids = FeatureCache(load_encoder(encoder), cache).grids([images / name for name in said])
    return probe(pool(grids), [" ".join(texts) for texts in said.values()])
