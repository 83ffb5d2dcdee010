"""The loss curve as a picture."""

import io

from caption_model.training.engine.loop import History


def draw(history: History, score: str, of_its_own: str | None = None) -> bytes:
    """PNG of training loss (bits per character) and validation score over the epochs.

    Args:
        score: what the validation score is of.
        of_its_own: the score's name where it is no loss but a measure, stored negative, that wants an axis of its own.
    """
    from math import log

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.5), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xlabel="epoch", ylabel="bits per character")
    epochs = [record["epoch"] + 1 for record in history]
    axes.plot(epochs, [record["loss"] / log(2) for record in history], label="training loss", color="#888888")
    axes.grid(alpha=0.3)
    second = axes.twinx() if of_its_own else axes
    if of_its_own:
        second.set_ylabel(of_its_own)
    sign = -1 if of_its_own else 1
    second.plot(epochs, [sign * record["score"] for record in history], label=score, color="#c13584")
    figure.legend(loc="outside upper right", frameon=False, ncols=2)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
