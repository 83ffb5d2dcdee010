"""What was measured of a training over its epochs, as pictures."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from caption_model.training.engine.loop import History


def draw(history: History, score: str, of_its_own: str | None = None) -> bytes:
    """PNG of training loss (bits per character) and validation score over the epochs.

    Args:
        score: what the validation score is of.
        of_its_own: the score's name where it is no loss but a measure, stored negative, that wants an axis of its own.
    """
    from math import log

    figure, axes = _axes("bits per character")
    epochs = [record["epoch"] + 1 for record in history]
    axes.plot(epochs, [record["loss"] / log(2) for record in history], label="training loss", color="#888888")
    second = axes.twinx() if of_its_own else axes
    if of_its_own:
        second.set_ylabel(of_its_own)
    sign = -1 if of_its_own else 1
    second.plot(epochs, [sign * record["score"] for record in history], label=score, color="#c13584")
    return _finished(figure)


def draw_lines(measured: Mapping[str, Sequence[float]], of: str) -> bytes:
    """PNG of what ``of`` names, one line for each entry, from the first epoch on; two lines at the most."""
    figure, axes = _axes(of)
    for (label, values), colour in zip(measured.items(), ("#888888", "#c13584"), strict=False):
        axes.plot(range(1, 1 + len(values)), values, label=label, color=colour, marker="o", markersize=3)
    return _finished(figure)


def _axes(of: str) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.5), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xlabel="epoch", ylabel=of)
    axes.grid(alpha=0.3)
    return figure, axes


def _finished(figure: Any) -> bytes:
    figure.legend(loc="outside upper right", frameon=False, ncols=2)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
