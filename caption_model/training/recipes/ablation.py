"""What each part of the describing decoder is worth: the same data and scorer, one part more in each row.

The first row is a decoder without attention, which sees the grid's mean alone (the setting of Tanti et al. 2018, "Where
to put the image in an image caption generator"). The last ones have the same decoder on a teacher's grid, which cannot
ship.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from caption_model.bundles.bundle import read_json, write_json
from caption_model.generation.beam_search import BeamSearch
from caption_model.training.descriptive.data import Described, DescriptiveSources, gather_described
from caption_model.training.descriptive.self_critical import SelfCritical
from caption_model.training.descriptive.train import DescriptiveTraining, learn, measure
from caption_model.training.distillation.teacher_encoder import teacher_encoder
from caption_model.training.recipes.build import Data
from caption_model.vision.encoders import Encoder, load_encoder


@dataclass(frozen=True)
class Way:
    """One row: which encoder, whether the decoder attends to its grid, how it was trained and how wide the beam is."""

    name: str
    title: str
    encoder: str = "vgg16"
    attends: bool = True
    self_critical: bool = False
    width: int = 5

    @property
    def run(self) -> str:
        """Folder of its training, which rows share that differ only in what comes later."""
        return f"{self.encoder}-{'grid' if self.attends else 'pooled'}"


WAYS = (
    Way("pooled", "VGG16's mean + LSTM, greedy", attends=False, width=1),
    Way("attention", "+ attention over the grid", width=1),
    Way("beam", "+ beam of 5"),
    Way("self-critical", "+ self-critical training", self_critical=True),
    Way("teacher", "the third row on the Inception teacher's grid", encoder="inception"),
    Way(
        "teacher-self-critical",
        "the fourth row on the Inception teacher's grid",
        encoder="inception",
        self_critical=True,
    ),
)
PERCENTS = ("bleu1", "bleu4", "rouge_l")


def compare_descriptive(
    data: Data, out: Path, training: DescriptiveTraining, cache: Path | None = None, ways: tuple[Way, ...] = WAYS
) -> Iterator[tuple[Way, dict[str, Any]]]:
    """Train and measure each row on the dev photos: ``score_descriptions`` of it, in the order of ``ways``.

    Rows that stand in ``out`` are not made again, trainings that were interrupted go on where they stopped.

    Raises:
        CaptionError: a source cannot be read, or a photo cannot be opened.
    """

    @lru_cache(maxsize=1)
    def described(encoder: str) -> Described:
        sources = DescriptiveSources(data.images, data.captions, data.train, data.dev)
        return gather_described(sources, _encoder(encoder, data), cache, training.min_count)

    for way in ways:
        file = out / f"{way.name}.json"
        if not file.exists():
            seen = described(way.encoder) if way.attends else described(way.encoder).pooled()
            taught = training if way.self_critical else replace(training, self_critical=SelfCritical(epochs=0))
            learnt = learn(seen, taught, out / "run" / way.run)
            out.mkdir(parents=True, exist_ok=True)
            write_json(file, measure(learnt.decoder, seen, BeamSearch(way.width)))
        yield way, read_json(file)


def as_table(rows: list[tuple[Way, dict[str, Any]]]) -> str:
    """Markdown; BLEU and ROUGE-L times 100, as papers give them."""
    lines = ["| trained and judged alike | BLEU-1 | BLEU-4 | ROUGE-L | CIDEr | distinct |", "|---|---|---|---|---|---|"]
    for way, scores in rows:
        cells = [f"{100 * scores[name]:.1f}" for name in PERCENTS] + [f"{scores['cider']:.3f}", f"{scores['distinct']}"]
        lines.append(f"| {' | '.join([way.title, *cells])} |")
    return "\n".join(lines)


def _encoder(name: str, data: Data) -> Encoder:
    return load_encoder() if name == "vgg16" else teacher_encoder(data.folder / "vision" / "teachers")
