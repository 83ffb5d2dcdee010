"""A probe of an encoder: how much of what people say about photos can be read off its features with one linear map.

Mean-pooled features → ridge regression → TF-IDF of the photos' captions, in five folds; in each, every photo of the
test fold looks for its own captions among those of the fold, by cosine.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
WORDS = r"[a-z0-9']+"
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


def tf_idf(texts: Sequence[str], known: Any = None) -> tuple[Matrix, Any]:
    """TF-IDF rows of unit length, with a logarithmic count (scikit-learn's ``TfidfVectorizer``).

    Args:
        texts: any language that puts blanks between words.
        known: what an earlier call returned: its words and frequencies are used; learnt from ``texts`` without.

    Returns:
        float32 (texts, words), and the fitted vectorizer.

    Raises:
        TrainingError: no word stands in two of the texts.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = known or TfidfVectorizer(token_pattern=WORDS, sublinear_tf=True, min_df=MIN_PHOTOS_OF_A_WORD)
    try:
        rows = vectorizer.transform(texts) if known else vectorizer.fit_transform(texts)
    except ValueError as error:  # no words at all, or none in two texts
        raise TrainingError(f"no word stands in the captions of two photos: bring more of them ({error}).") from error
    return rows.toarray().astype(np.float32), vectorizer


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
