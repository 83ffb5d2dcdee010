"""How to distil: everything that decides what a run learns, and how long."""

from dataclasses import asdict, dataclass, field
from typing import Any

from caption_model.errors import TrainingError
from caption_model.training.engine.schedule import cosine_rate

HOW_LONG = {"minutes", "session_minutes", "steps", "checkpoints", "judges", "gallery", "compiled"}  # not what is learnt

FLOOR = 0.01  # of the learning rate's peak, at the end

LARGE: dict[str, Any] = {  # for a large GPU; a recipe's own defaults are for two CPU cores
    "sizes": ((160, 0.6), (224, 1.0)),
    "batch": 256,
    "learning_rate": 1.5e-3,
    "warmup": 150,
    "checkpoints": 3,
    "judges": 1000,
    "gallery": 12000,
    "fitted": 2048,
    "compiled": True,
}


@dataclass(frozen=True)
class Recipe:
    """A run.

    Attributes:
        minutes: of the whole run, all its sessions together; the learning rate falls with the share that is over.
        steps: of the whole run; ``minutes`` or this.
        session_minutes: after which this session ends with a checkpoint, to be resumed.
        sizes: pixels a side of the crops, each until a share of the run is over.
        batch: crops a step.
        learning_rate: peak; reached after ``warmup`` steps, falls as a cosine to a hundredth.
        emphasis: how much oftener than others a photo of a set is drawn.
        smallest: share of a frame's area that a crop shows at least.
        mixed: share of crops that are mixed with another (Zhang et al. 2018).
        temperature: of the softened classes.
        classes, inception, googlenet, topics, words: weights of the losses.
        components: dimensions that the grids of Inception and GoogLeNet are projected on.
        average: of the weights, as the share of the average that stays at each step.
        vocabulary: words that are learnt.
        checkpoints: written in a run; at each the student is measured.
        judges, gallery: photos of each measure, and written photos that the nearest is looked for among, at most.
        teacher_sizes: pixels a side that GoogLeNet and Inception look at.
        fitted: photos that heads, projections and statistics of norms start from.
        compiled: whether ``torch.compile`` is used.
    """

    minutes: float | None = None
    steps: int | None = None
    session_minutes: float | None = None
    sizes: tuple[tuple[int, float], ...] = ((128, 0.65), (160, 0.85), (224, 1.0))
    batch: int = 32
    learning_rate: float = 5e-4
    warmup: int = 200
    weight_decay: float = 0.02
    clip: float = 1.0
    emphasis: dict[str, float] = field(default_factory=lambda: {"posts": 2.0})
    smallest: float = 0.25
    mixed: float = 0.5
    temperature: float = 2.0
    classes: float = 1.0
    inception: float = 1.0
    googlenet: float = 0.5
    topics: float = 0.3
    words: float = 0.05
    components: tuple[int, int] = (512, 256)
    average: float = 0.999
    vocabulary: int = 600
    teacher_sizes: tuple[int, int] = (224, 299)
    checkpoints: int = 24
    judges: int = 300
    gallery: int = 1000
    fitted: int = 512
    compiled: bool = False
    seed: int = 7

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise TrainingError("give a run either minutes or steps.")
        if not self.sizes or self.sizes[-1][1] < 1.0 or any(size % 32 or size < 32 for size, _ in self.sizes):
            raise TrainingError("crops need sizes that are multiples of 32, the last until 1, such as 128:0.6,224:1.")

    def size(self, share: float) -> int:
        """Pixels a side of the crops when a share of the run is over."""
        return next((size for size, until in self.sizes if share < until), self.sizes[-1][0])

    def rate(self, step: int, share: float) -> float:
        """Learning rate of a step."""
        return cosine_rate(self.learning_rate, step, share, self.warmup, FLOOR)

    def what(self) -> dict[str, Any]:
        """What is learnt, and how, as JSON knows it: a run is resumed by the same only."""
        return {name: _plain(value) for name, value in asdict(self).items() if name not in HOW_LONG}


def parse_sizes(text: str) -> tuple[tuple[int, float], ...]:
    """``128:0.6,224:1`` → sizes.

    Raises:
        TrainingError: it is something else.
    """
    try:
        return tuple((int(size), float(until)) for size, until in (part.split(":") for part in text.split(",")))
    except ValueError as error:
        raise TrainingError(f"{text!r} are no sizes: write them as 128:0.6,160:0.85,224:1.") from error


def _plain(value: Any) -> Any:
    return [_plain(part) for part in value] if isinstance(value, (tuple, list)) else value


def recipe_for(device: str, asked: dict[str, Any]) -> Recipe:
    """The recipe of what was asked for, and for the rest the defaults of a kind of device, ``cpu`` or ``cuda``."""
    return Recipe(**{**(LARGE if device == "cuda" else {}), **asked})
