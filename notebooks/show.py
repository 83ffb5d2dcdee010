"""What the notebooks show things with: tables that keep emojis readable, photos as a grid, one style of charts."""

import base64
import html
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from IPython.display import HTML, Image

from caption_model.vision.photos import open_for_display

PINK, GREY, BLUE = "#c13584", "#888888", "#3a76b0"
LEFT = ' style="text-align:left;vertical-align:top"'


def style() -> None:
    """Small, plain charts; their dpi keeps the files of the notebooks small."""
    import matplotlib.pyplot as plt

    plt.rcParams.update(
        {
            "figure.dpi": 72,
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.alpha": 0.3,
            "legend.frameon": False,
        }
    )


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> HTML:
    """A table aligned to the left; line breaks in a cell stay, numbers get three digits after the point."""
    head = "".join(f"<th{LEFT}>{html.escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td{LEFT}>{_cell(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    return HTML(f"<table>\n<tr>{head}</tr>\n{body}</table>")


def photo_grid(photos: Sequence[Path], captions: Sequence[Sequence[str]], columns: int = 4, width: int = 150) -> HTML:
    """Photos in rows, lines of text under each; the first line is bold."""
    cells = []
    for photo, (first, *others) in zip(photos, captions, strict=True):
        lines = [f"<b>{_cell(first)}</b>", *map(_cell, others)]
        picture = f'<img width="{width}" src="data:image/jpeg;base64,{_thumbnail(photo, width)}">'
        cells.append(f"<td{LEFT}>{picture}<br>{'<br>'.join(lines)}</td>")
    rows = ["<tr>" + "\n".join(cells[i : i + columns]) + "</tr>" for i in range(0, len(cells), columns)]
    return HTML("<table>\n" + "\n".join(rows) + "\n</table>")


def as_jpeg(figure: Any, quality: int = 80) -> Image:
    """A figure with photos in it: JPEG takes a fifth of the PNG that notebooks save by default."""
    import matplotlib.pyplot as plt

    stream = io.BytesIO()
    figure.savefig(stream, format="jpeg", pil_kwargs={"quality": quality})
    plt.close(figure)
    return Image(stream.getvalue(), format="jpeg")


def _cell(value: object) -> str:
    text = f"{value:.3f}" if isinstance(value, float) else str(value)
    return html.escape(text).replace("\n", "<br>")


def _thumbnail(photo: Path, width: int) -> str:
    stream = io.BytesIO()
    open_for_display(photo, width).save(stream, format="JPEG", quality=70)
    return base64.b64encode(stream.getvalue()).decode("ascii")
