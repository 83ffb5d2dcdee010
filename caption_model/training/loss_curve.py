"""The loss curve as a picture."""

import io

from caption_model.training.loop import History


def draw(history: History, score: str) -> bytes:
    """PNG of training loss (bits a symbol) and validation score over the epochs."""
    from math import log

    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.5), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xlabel="epoch", ylabel="bits a symbol")
    epochs = [record["epoch"] + 1 for record in history]
    axes.plot(epochs, [record["loss"] / log(2) for record in history], label="training loss", color="#888888")
    axes.plot(epochs, [record["score"] for record in history], label=score, color="#c13584")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()
