"""A trained critic made ready to judge the samples of one photo, without Keras; ``critic`` says what it judges by."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from caption_model.bundles.bundle import Bundle, Shapes
from caption_model.bundles.weights import Weights
from caption_model.errors import BundleError
from caption_model.networks.config import check_sizes
from caption_model.networks.layers_onnx import Constants, dense, layer, named, standardised
from caption_model.networks.session import Graph
from caption_model.networks.threads import step_threads
from caption_model.text import graphemes
from caption_model.text.controls import MAX_GRAPHEMES

TOKEN = regex.compile(r"\p{L}+(?:['’]\p{L}+)*|\p{N}+|\S")
TOKENS = 28  # of a caption that are read; one in a thousand has more
STRONGEST = 100.0  # bound on the contrast
DILATIONS = {"grapheme_runs": 1, "grapheme_spans": 3, "token_runs": 1, "token_spans": 2}
GRAPHEME_RUN, TOKEN_RUN = 5, 3  # symbols that a filter sees
TEXTS = 48  # texts judged at once
MARGIN = 8  # symbols: texts are read as far as the longest goes, in steps of so many


@dataclass(frozen=True)
class CriticConfig:
    """Sizes of the network: hash tables of graphemes and tokens, their embeddings, channels, shared space."""

    graphemes: int = 1024
    tokens: int = 8192
    grapheme_width: int = 32
    token_width: int = 64
    channels: int = 128
    space: int = 128
    photo: int = 512
    dropout: float = 0.3

    def __post_init__(self) -> None:
        sizes = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "dropout"}
        tables = {name: sizes.pop(name) for name in ("graphemes", "tokens")}
        check_sizes((self.dropout,), **sizes)
        if not all(1 <= size <= 1 << 20 for size in tables.values()):
            raise ValueError("the tables of graphemes and tokens are too small or too large")

    def shapes(self) -> Shapes:
        """Of all weights, by their names in a bundle."""
        kernels: Shapes = {
            "grapheme_runs": (GRAPHEME_RUN, self.grapheme_width, self.channels),
            "grapheme_spans": (GRAPHEME_RUN, self.channels, self.channels),
            "token_runs": (TOKEN_RUN, self.token_width, self.channels),
            "token_spans": (TOKEN_RUN, self.channels, self.channels),
            "text": (8 * self.channels, 2 * self.channels),
            "real": (2 * self.channels, 1),
            "text_in_space": (2 * self.channels, self.space),
            "photo": (self.photo, 2 * self.space),
            "photo_in_space": (2 * self.space, self.space),
        }
        return {
            "critic/graphemes/embeddings": (1 + self.graphemes, self.grapheme_width),
            "critic/tokens/embeddings": (1 + self.tokens, self.token_width),
            "critic/photo_scale/moving_mean": (self.photo,),
            "critic/photo_scale/moving_variance": (self.photo,),
            "critic/contrast/kernel": (1, 1),
            **{f"critic/{name}/kernel": shape for name, shape in kernels.items()},
            **{f"critic/{name}/bias": shape[-1:] for name, shape in kernels.items()},
        }


class Verdict(NamedTuple):
    """Logit that people wrote each of N texts, and how well it fits the photo, in units of the training's contrast."""

    real: NDArray[np.float32]
    fit: NDArray[np.float32]


def _runs(name: str, inputs: str, width: int) -> str:
    """Lines of a graph: a layer of filters over ``inputs`` (N, ·, T), its strongest and its mean answers (N, ·)."""
    pad = DILATIONS[name] * (width // 2)
    kind = name.partition("_")[0]
    return f"""
    {name}_sums = Conv<pads = [{pad}, {pad}], dilations = [{DILATIONS[name]}]>({inputs}, {name}, {name}_bias)
    {name}_answers = Relu({name}_sums)
    {name}_there = Mul({name}_answers, {kind}_there)
    {name}_max = ReduceMax<keepdims = 0>({name}_there, last)
    {name}_total = ReduceSum<keepdims = 0>({name}_there, last)
    {name}_mean = Div({name}_total, {kind}_count)"""


def _reading(kind: str, symbols: str, width: int) -> str:
    """Lines of a graph: both layers of filters over the embeddings of ``symbols`` (N, T)."""
    return f"""
    {kind}_not = Equal({symbols}, nothing)
    {kind}_one = Not({kind}_not)
    {kind}_flat = Cast<to = 1>({kind}_one)
    {kind}_there = Unsqueeze({kind}_flat, second)
    {kind}_sum = ReduceSum<keepdims = 1>({kind}_flat, last)
    {kind}_count = Max({kind}_sum, one)
    {kind}_embedded = Gather({kind}s, {symbols})
    {kind}_turned = Transpose<perm = [0, 2, 1]>({kind}_embedded)
    {kind}_read = Mul({kind}_turned, {kind}_there)
    {_runs(f"{kind}_runs", f"{kind}_read", width)}
    {_runs(f"{kind}_spans", f"{kind}_runs_there", width)}"""


JUDGE = f"""
judge (int32[N, T] letters, int32[N, W] words, float[one_photo, P] pooled) => (float[N] real_logit, float[N] fit)
{{
    {_reading("grapheme", "letters", GRAPHEME_RUN)}
    {_reading("token", "words", TOKEN_RUN)}
    read = Concat<axis = 1>(grapheme_runs_max, grapheme_runs_mean, grapheme_spans_max, grapheme_spans_mean,
                            token_runs_max, token_runs_mean, token_spans_max, token_spans_mean)
    {layer("summed_up", "read", "text", "Relu")}
    {layer("real_logits", "summed_up", "real")}
    real_logit = Squeeze(real_logits, last)
    {layer("texts_there", "summed_up", "text_in_space")}
    texts = LpNormalization<axis = -1, p = 2>(texts_there)
    {layer("looked", "pooled", "photo", "Relu")}
    {layer("seen_there", "looked", "photo_in_space")}
    seen = LpNormalization<axis = -1, p = 2>(seen_there)
    seen_turned = Transpose<perm = [1, 0]>(seen)
    cosines = MatMul(texts, seen_turned)
    cosine = Squeeze(cosines, last)
    fit = Mul(cosine, contrast)
}}
"""


def read_texts(config: CriticConfig, texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Hashes of graphemes, int32 (N, 80), and of tokens, int32 (N, 28); 0 where there are no more."""
    letters = np.zeros((len(texts), MAX_GRAPHEMES), np.int32)
    words = np.zeros((len(texts), TOKENS), np.int32)
    for row, text in enumerate(texts):
        symbols = graphemes.split(text)[:MAX_GRAPHEMES]
        tokens = TOKEN.findall(text.lower())[:TOKENS]
        letters[row, : len(symbols)] = [1 + zlib.crc32(symbol.encode()) % config.graphemes for symbol in symbols]
        words[row, : len(tokens)] = [1 + zlib.crc32(token.encode()) % config.tokens for token in tokens]
    return letters, words


def _trimmed(symbols: NDArray[np.int32]) -> NDArray[np.int32]:
    """(N, T) without most of the places where all texts have ended: what is not there counts for nothing."""
    longest = int((symbols != 0).sum(axis=1).max())
    return symbols[:, : max(MARGIN, -(-longest // MARGIN) * MARGIN)]


class Judge:
    """A critic with these weights, as a bundle names them, made ready to judge the samples of one photo."""

    def __init__(self, config: CriticConfig, weights: Weights, threads: int | None = None) -> None:
        self.config = config
        weights = named(weights)
        filters: Constants = {}
        for name in DILATIONS:
            filters[name] = weights[f"{name}/kernel"].transpose(2, 1, 0)
            filters[f"{name}_bias"] = weights[f"{name}/bias"]
        self._judge = Graph(
            JUDGE,
            {
                "nothing": np.array(0, np.int32),
                "one": np.array(1, np.float32),
                "second": np.array([1]),
                "last": np.array([-1]),
                "graphemes": weights["graphemes/embeddings"],
                "tokens": weights["tokens/embeddings"],
                **filters,
                **standardised(weights, "photo_scale", "photo"),
                **dense(weights, "text", "real", "text_in_space", "photo_in_space"),
                "contrast": np.minimum(np.exp(weights["contrast/kernel"][0, 0]), np.float32(STRONGEST)),
            },
            step_threads(threads),
        )

    @classmethod
    def load(
        cls, folder: Path, encoder: str, sha256: str, photo: int | None = None, threads: int | None = None
    ) -> "Judge":
        """Verify and prepare.

        Args:
            folder: the bundle.
            encoder: name of the encoder in use.
            sha256: of its weights.
            photo: length of its pooled features, if that is known.
            threads: that it runs on; by default all cores.

        Raises:
            BundleError: not a whole critic bundle, or trained on another encoder.
        """
        bundle = Bundle.load(folder, "critic")
        bundle.check_encoder(encoder, sha256)
        judge = bundle.load_network(CriticConfig, lambda config, weights: cls(config, weights, threads))
        if photo is not None and judge.config.photo != photo:
            raise BundleError(f"{folder} reads {judge.config.photo} features of a photo, not {photo}: retrain it.")
        return judge

    def __call__(self, texts: Sequence[str], photo: NDArray[np.float32]) -> Verdict:
        """Judge texts as captions of a photo with pooled features (P,)."""
        real, fit = np.zeros(len(texts), np.float32), np.zeros(len(texts), np.float32)
        for start in range(0, len(texts), TEXTS):
            some = texts[start : start + TEXTS]
            letters, words = read_texts(self.config, [*some, *[""] * (TEXTS - len(some))])
            parts = self._judge(letters=_trimmed(letters), words=_trimmed(words), pooled=photo[None])
            real[start : start + TEXTS], fit[start : start + TEXTS] = (part[: len(some)] for part in parts)
        return Verdict(real, fit)
