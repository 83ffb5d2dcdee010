"""A picture of a network: its layers as boxes with their shapes, arrows for what goes where.

Keras's own ``plot_model`` needs Graphviz, a program that pip does not bring; Matplotlib is there.
"""

import io
from collections import defaultdict
from collections.abc import Iterator
from typing import Any


def draw_model(model: Any, title: str) -> bytes:
    """PNG of a functional Keras model."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    layers = model.get_config()["layers"]
    before = {layer["name"]: list(dict.fromkeys(_sources(layer["inbound_nodes"]))) for layer in layers}
    places = _places(before)
    rows = 1 + max(row for _, row in places.values())
    figure = Figure(figsize=(8, 0.9 * rows + 0.6), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xlim=(-1.1, 1.1), ylim=(rows - 0.4, -0.6), title=title)
    axes.set_axis_off()
    for name, sources in before.items():
        layer = model.get_layer(name)
        kind, shape = type(layer).__name__, "×".join("?" if one is None else str(one) for one in layer.output.shape[1:])
        axes.text(
            *places[name],
            f"{name}\n{kind}, {shape}, {layer.count_params():,} weights",
            ha="center",
            va="center",
            fontsize=8,
            bbox={"boxstyle": "round", "facecolor": "#f4f1ee", "edgecolor": "#c13584"},
        )
        for source in sources:
            axes.annotate(
                "",
                xy=places[name],
                xytext=places[source],
                zorder=0,
                arrowprops={"arrowstyle": "-|>", "color": "#888888", "shrinkA": 14, "shrinkB": 14},
            )
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def _sources(nodes: Any) -> Iterator[str]:
    """Names of the layers whose outputs go into a layer, from the ``inbound_nodes`` of its configuration."""
    if isinstance(nodes, dict):
        history = nodes.get("keras_history")
        if history:
            yield history[0]
        nodes = list(nodes.values())
    if isinstance(nodes, list | tuple):
        for node in nodes:
            yield from _sources(node)


def _places(before: dict[str, list[str]]) -> dict[str, tuple[float, float]]:
    """Of each layer its middle: below all that goes into it, beside those that are as deep."""
    depth: dict[str, int] = {}
    waiting = list(before)
    while waiting:
        name = waiting.pop(0)
        if all(source in depth for source in before[name]):
            depth[name] = 1 + max((depth[source] for source in before[name]), default=-1)
        else:
            waiting.append(name)
    deep: dict[int, list[str]] = defaultdict(list)
    for name, row in depth.items():
        deep[row].append(name)
    return {
        name: (1.1 * (2 * (number + 0.5) / len(names) - 1), row)
        for row, names in deep.items()
        for number, name in enumerate(names)
    }
