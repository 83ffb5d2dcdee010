"""Sizes of the decoders, and the tensors that networks of these sizes have: all that it takes to load one unbuilt.

Sizes are bounded, as a configuration may come from anywhere: what is made of it takes a few hundred megabytes at most.
"""

from dataclasses import dataclass

from caption_model.bundles.bundle import Shapes
from caption_model.text.controls import CHOICES

LARGEST_SIZE = 8192  # of any one part
LARGEST_TABLE = 32 << 20  # numbers in the largest table that is made ready: for each symbol its part of the gates


def check_sizes(dropouts: tuple[float, ...] = (), **sizes: int) -> None:
    """Refuse what no network can have.

    Raises:
        ValueError: a size is out of [1, 8192], or a dropout out of [0, 1).
    """
    for name, size in sizes.items():
        if not 1 <= size <= LARGEST_SIZE:
            raise ValueError(f"{name} is {size}, not between 1 and {LARGEST_SIZE}")
    for share in dropouts:
        if not 0 <= share < 1:
            raise ValueError(f"a dropout is {share:g}, not between 0 and 1")


def _check_symbols(symbols: int, units: int) -> None:
    if not symbols > 4 or symbols * 4 * units > LARGEST_TABLE:
        raise ValueError(f"{symbols} symbols and {units} units are not sizes of a decoder")


@dataclass(frozen=True)
class SocialConfig:
    """Sizes of the social decoder.

    Attributes:
        symbols: vocabulary size V.
        photo: length P of the encoder's pooled vector.
        embedding: E, grapheme embedding.
        condition: C, width of the vector that sums up photo and controls.
        units: H, LSTM units.
        dropout: on embeddings and LSTM output, the same at all steps of a sequence (Gal & Ghahramani 2016).
        weight_dropout: on the recurrent weights, all of a hidden unit's at once, the same for a whole batch.
        topics: what it can be told to write about, in the order of their numbers.
    """

    symbols: int
    photo: int = 512
    embedding: int = 128
    condition: int = 256
    units: int = 768
    dropout: float = 0.2
    weight_dropout: float = 0.0
    topics: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "topics", tuple(self.topics))  # JSON knows lists only
        check_sizes(
            (self.dropout, self.weight_dropout),
            photo=self.photo,
            embedding=self.embedding,
            condition=self.condition,
            units=self.units,
        )
        _check_symbols(self.symbols, self.units)
        if len(set(self.topics)) < len(self.topics):
            raise ValueError("a topic is named twice")

    def topic(self, name: str | None) -> int:
        """Number of a topic; 0, none at all, if it is not known."""
        return 1 + self.topics.index(name) if name in self.topics else 0

    def shapes(self) -> Shapes:
        """Of all weights, by their names in a bundle."""
        shapes: Shapes = {
            "embedding/embeddings": (self.symbols, self.embedding),
            "photo_scale/moving_mean": (self.photo,),
            "photo_scale/moving_variance": (self.photo,),
            **_dense("photo", self.photo, self.condition),
            "no_photo/embeddings": (1, self.condition),
            **{f"control_{name}/embeddings": (1 + len(of), self.condition) for name, of in CHOICES.items()},
            **({"topic/embeddings": (1 + len(self.topics), self.condition)} if self.topics else {}),
            **_dense("first_h", self.condition, self.units),
            **_dense("first_c", self.condition, self.units),
            **_lstm(self.embedding + self.condition, self.units),
            **_dense("logits", self.units, self.symbols),
        }
        return {f"social_decoder/{name}": shape for name, shape in shapes.items()}


@dataclass(frozen=True)
class DescriptiveConfig:
    """Sizes of the descriptive decoder.

    Attributes:
        symbols: vocabulary size V.
        grid: rows, columns and channels of the encoder's grid.
        embedding: E, word embedding.
        units: H, LSTM units.
        attention: A, width in which states and cells are compared.
        dropout: on embeddings, grid and output.
    """

    symbols: int
    grid: tuple[int, int, int] = (7, 7, 512)
    embedding: int = 256
    units: int = 512
    attention: int = 256
    dropout: float = 0.4

    def __post_init__(self) -> None:
        rows, columns, channels = self.grid  # JSON knows lists only
        object.__setattr__(self, "grid", (rows, columns, channels))
        check_sizes(
            (self.dropout,),
            **{"rows of the grid": rows, "columns of the grid": columns, "channels of the grid": channels},
            embedding=self.embedding,
            units=self.units,
            attention=self.attention,
        )
        _check_symbols(self.symbols, self.units)

    def shapes(self) -> Shapes:
        """Of all weights, by their names in a bundle."""
        channels = self.grid[-1]
        shapes: Shapes = {
            "embedding/embeddings": (self.symbols, self.embedding),
            "grid_scale/moving_mean": (channels,),
            "grid_scale/moving_variance": (channels,),
            **_dense("gist", channels, self.embedding),
            **_dense("first_h", self.embedding, self.units),
            **_dense("first_c", self.embedding, self.units),
            **_lstm(2 * self.embedding, self.units),
            **_dense("key", channels, self.attention),
            "query/kernel": (self.units, self.attention),
            **_dense("value", channels, self.units),
            **_dense("mix", 2 * self.units, self.units),
            **_dense("logits", self.units, self.symbols),
        }
        return {f"descriptive_decoder/{name}": shape for name, shape in shapes.items()}


def _dense(name: str, inputs: int, outputs: int) -> Shapes:
    return {f"{name}/kernel": (inputs, outputs), f"{name}/bias": (outputs,)}


def _lstm(inputs: int, units: int) -> Shapes:
    return {
        "lstm/lstm_cell/kernel": (inputs, 4 * units),
        "lstm/lstm_cell/recurrent_kernel": (units, 4 * units),
        "lstm/lstm_cell/bias": (4 * units,),
    }
