"""A voice: a trained social decoder taught new posts without losing its language.

New symbols get rows of their own. What keeps the language is the Kullback-Leibler divergence from the frozen base (Yu
et al. 2013, "KL-divergence regularized deep neural network adaptation"), taken on the posts and, above all, on
captions that the base itself has written (pseudo-rehearsal, Robins 1995), as those it learnt from do not ship. At the
end the weights go back towards the base's as far as it takes (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
models"): a little of the new is given up for much of the old.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import emoji
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from caption_model.bundles.bundle import network_weights
from caption_model.bundles.weights import Weights
from caption_model.generation.sampling import TopPSampler, uniforms
from caption_model.networks.social_keras import SocialDecoder
from caption_model.networks.social_onnx import PreparedSocial
from caption_model.text import graphemes
from caption_model.text.controls import CHOICES, MAX_GRAPHEMES, Controls, Tone
from caption_model.text.vocabulary import UNKNOWN, GraphemeVocabulary
from caption_model.training.social.data import REHEARSAL, Example, Pairing

EMBEDDING, KERNEL, BIAS = (
    f"social_decoder/{name}" for name in ("embedding/embeddings", "logits/kernel", "logits/bias")
)
MOST = 3.0  # nats by which a new symbol's bias may differ from its kin's
FEWEST_REHEARSED, MOST_REHEARSED = 2048, 4096  # captions
ROWS = 256  # captions rehearsed at once
ENOUGH_PHOTOS = 64
SHARES = tuple(part / 20 for part in range(20, 7, -1))  # of the way from the base that a voice may go
FORGOTTEN = 0.014  # by which share the base's own captions may become dearer, in bits
# What the base would say, nearly unsharpened: its whole language is to be kept, not the best of it.
AS_IT_IS = TopPSampler(top_p=0.98, temperature=1.0, guidance_scale=1.0, candidates=256)


def extended(base: GraphemeVocabulary, captions: Iterable[str], min_count: int) -> GraphemeVocabulary:
    """The base's symbols in their places, then those that captions use at least ``min_count`` times."""
    found = GraphemeVocabulary.fit(captions, min_count)
    return GraphemeVocabulary((*base.symbols, *(symbol for symbol in found.symbols if symbol not in base.index)))


def grown(
    weights: Weights, base: GraphemeVocabulary, vocabulary: GraphemeVocabulary, captions: Sequence[str]
) -> Weights:
    """The base's tensors with a row, a column and a bias for each new symbol: the mean of its kin's.

    The bias is moved by how much more often than its kin the symbol stands in the captions, in nats.
    """
    new = vocabulary.symbols[len(base) :]
    counts = Counter(symbol for caption in captions for symbol in GraphemeVocabulary.split(caption))
    embedding, kernel, bias = weights[EMBEDDING], weights[KERNEL], weights[BIAS]
    rows, columns, biases = [embedding], [kernel], [bias]
    for symbol in new:
        kin = [base.index[other] for other in _kin(symbol, base)]
        usual = np.mean([counts[base.symbols[number]] for number in kin])
        shift = np.clip(np.log((counts[symbol] + 1) / (usual + 1)), -MOST, MOST)
        rows.append(embedding[kin].mean(axis=0, keepdims=True))
        columns.append(kernel[:, kin].mean(axis=1, keepdims=True))
        biases.append(bias[kin].mean(keepdims=True) + np.float32(shift))
    return {
        **weights,
        EMBEDDING: np.concatenate(rows),
        KERNEL: np.concatenate(columns, axis=1),
        BIAS: np.concatenate(biases).astype(np.float32),
    }


def _kin(symbol: str, base: GraphemeVocabulary) -> list[str]:
    """Known symbols most like a new one: the same without skin tone, accent or case, else all of its sort."""
    plain = {
        graphemes.without_tone(symbol),
        unicodedata.normalize("NFKD", symbol)[0],
    }
    same = [other for part in plain for other in (part, part.lower(), part.upper()) if other in base.index]
    if same:
        return list(dict.fromkeys(same))
    return [other for other in base.symbols[UNKNOWN + 1 :] if _sort(other) == _sort(symbol)] or list(
        base.symbols[UNKNOWN + 1 :]
    )


def _sort(symbol: str) -> str:
    return "emoji" if emoji.is_emoji(symbol) else unicodedata.category(symbol[0])[0]


def moderated(begun: Weights, learnt: Weights, bits: Callable[[Weights], float], most: float) -> tuple[float, Weights]:
    """The weights furthest on the straight way from ``begun`` to ``learnt`` that cost ``most`` bits at the most.

    Args:
        begun: weights before the training.
        learnt: weights after it.
        bits: what weights are judged by.
        most: bits.

    Returns:
        Share of the way, the smallest of ``SHARES`` where all cost more, and the weights.
    """
    for share in SHARES:
        weights = {name: begun[name] + np.float32(share) * (learnt[name] - begun[name]) for name in begun}
        if bits(weights) <= most:
            break
    return share, weights


class Frozen:
    """The base as the training loop asks it: logits of its own symbols, whatever new ones the inputs hold."""

    def __init__(self, network: SocialDecoder) -> None:
        self.network = network

    def __call__(self, inputs: Any) -> Any:
        """Inputs of a ``SocialDecoder`` → logits (B, T, the base's symbols)."""
        symbols, *known = inputs
        told = tf.where(symbols < self.network.config.symbols, symbols, UNKNOWN)
        return self.network((told, *known), training=False)


def photos_to_rehearse(
    photos: NDArray[np.float32], usable: NDArray[np.bool_], base: SocialDecoder, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Photos to write rehearsed captions under: those of the posts, else drawn from the statistics the base ships.

    Args:
        photos: float32 (M, P), of the posts.
        usable: bool (M,), which of them could be opened.

    Returns:
        The photos, float32 (M or more, P), and the rows of those to use.
    """
    rows = np.flatnonzero(usable)
    if len(rows) >= ENOUGH_PHOTOS:
        return photos, rows
    mean, variance = (np.asarray(part) for part in (base.scale.moving_mean, base.scale.moving_variance))
    drawn = np.random.default_rng(seed).normal(mean, np.sqrt(variance), (4 * ENOUGH_PHOTOS, len(mean)))
    more = np.maximum(drawn, 0).astype(np.float32)  # encoders end in a ReLU
    return np.concatenate([photos, more]), np.concatenate([rows, len(photos) + np.arange(len(more))])


def rehearse(
    base: SocialDecoder,
    vocabulary: GraphemeVocabulary,
    photos: NDArray[np.float32],
    rows: NDArray[np.int64],
    count: int,
    seed: int,
) -> list[Example]:
    """About ``count`` captions as the base writes them, every other one under a photo, in all its tones.

    Args:
        base: float32.
        vocabulary: its symbols.
        photos: float32 (M, P).
        rows: photos to write under, at least one.
        count: captions.
        seed: same seed, same captions.
    """
    random = np.random.default_rng(seed)
    examples: list[Example] = []
    writer = PreparedSocial(base.config, network_weights(base))
    tones: tuple[Any, ...] = CHOICES["tone"]
    # Every other one in the tone of posts, which is what the new ones move.
    often = [0.5 if tone == "gram" else 0.5 / (len(tones) - 1) for tone in tones]
    for start in range(0, count, ROWS):
        shown = random.choice(rows, ROWS)
        seen = (np.arange(ROWS) % 2).astype(np.float32)
        said: list[Tone] = [tones[number] for number in random.choice(len(tones), ROWS, p=often)]
        wishes = np.array([Controls(tone=tone).ids() for tone in said], np.int32)
        state = writer.begin(np.ascontiguousarray(photos[shown]), seen, wishes)
        numbers = uniforms(seed, b"rehearsal" + start.to_bytes(4, "little"), ROWS, MAX_GRAPHEMES + 1)
        samples = AS_IT_IS.sample(writer, state, None, numbers)
        for row, symbols in enumerate(samples.symbols.tolist()):
            caption = vocabulary.decode(symbols)
            if samples.finished[row] and 0 < graphemes.length(caption) <= MAX_GRAPHEMES:
                pairing = (Pairing(int(shown[row]), 1.0),) if seen[row] else ()
                examples.append(Example(caption, said[row], REHEARSAL, pairing))
    return examples[:count]
