"""Where the describing decoder looked: one small picture a word, the photo under its attention map."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from caption_model.networks.descriptive_onnx import PreparedDescriptive
from caption_model.text.teacher_forcing import teacher_forcing
from caption_model.text.vocabulary import WordVocabulary

COLUMNS = 5
INCHES = 1.9  # width of one picture
SHADE = 0.55  # how much of the map covers the photo


def attention_maps(
    decoder: PreparedDescriptive, vocabulary: WordVocabulary, sentence: str, grid: NDArray[np.float32]
) -> list[tuple[str, NDArray[np.float32]]]:
    """The words of a description and where the decoder looked for each (Xu et al. 2015).

    Args:
        grid: (rows, columns, channels) of one photo.

    Returns:
        Word and map (rows, columns) whose cells sum to 1, in the order of the sentence.
    """
    symbols = vocabulary.encode(sentence)
    words, _ = teacher_forcing([symbols], len(symbols) + 1)
    shares = decoder.attend(words, grid[None])[0]
    spoken = vocabulary.decode(symbols).split()
    return [(word, share.reshape(grid.shape[:2])) for word, share in zip(spoken, shares, strict=False)]


def overlay(photo: Image.Image, share: NDArray[np.float32]) -> Image.Image:
    """An RGB photo, bright where the decoder looked; ``share`` is a map as of ``attention_maps``."""
    map_ = Image.fromarray(share / max(float(share.max()), 1e-9)).resize(photo.size, Image.Resampling.BICUBIC)
    light = 1.0 - SHADE * np.clip(1.0 - np.asarray(map_), 0.0, 1.0)
    return Image.fromarray((np.asarray(photo) * light[..., None]).astype(np.uint8))


def draw(photo: Image.Image, maps: Sequence[tuple[str, NDArray[np.float32]]]) -> bytes:
    """PNG of the photo at its own proportions, once a word, bright where the decoder looked."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = -(-len(maps) // COLUMNS)
    height = INCHES * photo.height / photo.width + 0.35
    figure = Figure(figsize=(COLUMNS * INCHES, rows * height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, COLUMNS, squeeze=False)
    for place in axes.flat:
        place.axis("off")
    for place, (word, share) in zip(axes.flat, maps, strict=False):
        place.imshow(overlay(photo, share))
        place.set_title(word, fontsize=10)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
