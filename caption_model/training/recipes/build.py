"""Everything that ships, from raw data: the encoder, both decoders on top, the critic, and what they are worth."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from caption_model.bundles.bundle import MANIFEST, MODELS, read_json, write_json
from caption_model.errors import TrainingError
from caption_model.storage.replace import replace_file
from caption_model.text.tables import write_csv
from caption_model.training.distillation.recipe import Recipe
from datasets.flickr8k import read_list
from datasets.flickr_style import read_flickr_style

PAIRS = ("pairs", "pick10", "gap")


@dataclass(frozen=True)
class Data:
    """One folder with all data, laid out as docs/data-formats.md says."""

    folder: Path

    def __post_init__(self) -> None:
        missing = [
            name for name in ("flickr8k", "flickr_style", "social", "vision") if not (self.folder / name).is_dir()
        ]
        if missing:
            raise TrainingError(
                f"{self.folder} has no folder {missing[0]}: lay the data out as docs/data-formats.md says."
            )

    @property
    def images(self) -> Path:
        """Flickr8k's photos."""
        return self.folder / "flickr8k" / "images"

    @property
    def captions(self) -> Path:
        """Their descriptions."""
        return self.folder / "flickr8k" / "captions.csv"

    @property
    def train(self) -> Path:
        """Those that may be trained on."""
        return self.folder / "flickr8k" / "trainImages.txt"

    @property
    def dev(self) -> Path:
        """Those that judge."""
        return self.folder / "flickr8k" / "devImages.txt"

    @property
    def style(self) -> Path:
        """FlickrStyle10K's captions."""
        return self.folder / "flickr_style" / "captions.csv"

    def social(self, name: str) -> tuple[Path, ...]:
        """A dump of captions, plain or gzipped."""
        found = sorted((self.folder / "social").glob(f"{name}.csv*"))
        if not found:
            raise TrainingError(f"{self.folder / 'social'} has no {name}.csv or {name}.csv.gz.")
        return tuple(found[:1])


@dataclass(frozen=True)
class Plan:
    """How long each part learns.

    Attributes:
        encoder: of the distillation.
        social_minutes: stops the social decoder earlier.
        start: the encoder's weights to begin with; those of the bundled encoder without.
        base: social bundle to go on from; from scratch without.
        pseudo_label_epochs: of the social decoder on its own best captions, at the end.
    """

    encoder: Recipe
    start: Path | None = None
    descriptive_epochs: int = 6
    self_critical_epochs: int = 6
    social_epochs: int = 12
    social_minutes: float | None = None
    base: Path | None = None
    pseudo_label_epochs: int = 4
    seed: int = 7


def build(data: Data, plan: Plan, out: Path, cache: Path | None = None) -> dict[str, Any]:
    """Train the four bundles into ``out``; a bundle that stands there is kept, an interrupted part is resumed.

    Runs lie in ``out/run``; the figures go to ``out/metrics.json``.

    Returns:
        ``{"probe": …, "descriptive": …, "social": …, "critic": …}``, see the parts' own functions.

    Raises:
        CaptionError: data are missing, or a part cannot be trained.
    """
    from caption_model.vision.encoders import load_trained

    runs = out / "run"
    if not (out / "vgg16" / MANIFEST).exists():
        _encoder(data, plan, runs / "vgg16", out / "vgg16")
    encoder = load_trained(out / "vgg16")
    if not (out / "descriptive" / MANIFEST).exists():
        _descriptive(data, plan, encoder, runs / "descriptive", out / "descriptive", cache)
    first, critic, own = runs / "social-first", runs / "critic-first", runs / "own.csv"
    if not (out / "social" / MANIFEST).exists():
        if not (first / MANIFEST).exists():
            _social(data, plan, encoder, runs / "social-first.run", first, cache)
        if not (critic / MANIFEST).exists():
            _critic(data, plan, encoder, first, None, critic, cache)
        if not own.exists():
            _pseudo_labels(data, plan, encoder, first, critic, own, cache)
        untold = runs / "social-untold"
        if not (untold / MANIFEST).exists():
            _social_from_pseudo_labels(data, plan, encoder, first, own, runs / "social", untold, cache)
        _topics(data, plan, untold, runs / "topics", out / "social")
    if not (out / "critic" / MANIFEST).exists():
        base = critic if (critic / MANIFEST).exists() else None
        _critic(data, plan, encoder, out / "social", base, out / "critic", cache)
    figures = _measure(data, out, cache)
    write_json(out / "metrics.json", figures)
    return figures


def _encoder(data: Data, plan: Plan, run: Path, out: Path) -> None:
    from caption_model.training.distillation.album import open_album
    from caption_model.training.distillation.course import RESULT, choose_device, distil
    from caption_model.training.distillation.exporting import JUDGED, export
    from caption_model.training.distillation.packing import INDEX, Packing, pack

    packed = run / "pack"
    if not (packed / INDEX).exists():
        pack(data.folder, plan.start or MODELS / "vgg16", packed, Packing())
    distil(packed, run, plan.encoder, choose_device())
    export(open_album(packed, run), run / RESULT, out, JUDGED)


def _descriptive(data: Data, plan: Plan, encoder: Any, run: Path, out: Path, cache: Path | None) -> None:
    from caption_model.training.descriptive.data import DescriptiveSources
    from caption_model.training.descriptive.self_critical import SelfCritical
    from caption_model.training.descriptive.train import DescriptiveTraining, train_descriptive

    sources = DescriptiveSources(data.images, data.captions, data.train, data.dev)
    training = DescriptiveTraining(
        epochs=plan.descriptive_epochs, self_critical=SelfCritical(plan.self_critical_epochs), seed=plan.seed
    )
    train_descriptive(sources, encoder, out, run, training, cache)


def _social(data: Data, plan: Plan, encoder: Any, run: Path, out: Path, cache: Path | None) -> None:
    from caption_model.training.social.train import SocialTraining, train_social

    sources = _social_sources(data)
    training = SocialTraining(epochs=plan.social_epochs, seed=plan.seed, minutes=plan.social_minutes)
    if plan.base:  # it knows the language: gentler steps
        training = replace(training, learning_rate=training.learning_rate / 2)
    train_social(sources, encoder, out, run, training, cache, plan.base)


def _pseudo_labels(
    data: Data, plan: Plan, encoder: Any, social: Path, critic: Path, out: Path, cache: Path | None
) -> None:
    from caption_model.training.social.pseudo_labels import PseudoLabelling, write_pseudo_labels

    sources = replace(_social_sources(data), by_meaning=False)
    write_pseudo_labels(sources, encoder, social, critic, out, PseudoLabelling(seed=plan.seed), cache)


def _social_from_pseudo_labels(
    data: Data, plan: Plan, encoder: Any, first: Path, own: Path, run: Path, out: Path, cache: Path | None
) -> None:
    from caption_model.training.social.train import REFINED, train_social

    sources = replace(_social_sources(data), by_meaning=False, pseudo_labelled=own)
    training = replace(REFINED, epochs=plan.pseudo_label_epochs, seed=plan.seed)
    train_social(sources, encoder, out, run, training, cache, first)


def _topics(data: Data, plan: Plan, base: Path, run: Path, out: Path) -> None:
    from caption_model.training.social.topics import TopicTraining, train_topics

    posts = replace(_social_sources(data), style=None, images=None, described=None, listed=None, by_meaning=False)
    train_topics(posts, base, out, run, TopicTraining(seed=plan.seed))


def _social_sources(data: Data) -> Any:
    from caption_model.training.social.sources import SocialSources

    return SocialSources(
        posts=data.social("kaggle_captions"),
        also=data.social("instagram_captions"),
        tweets=data.social("emoji_tweets"),
        style=data.style,
        images=data.images,
        described=data.captions,
        listed=data.train,
        by_meaning=True,
    )


def _critic(
    data: Data, plan: Plan, encoder: Any, social: Path, base: Path | None, out: Path, cache: Path | None
) -> None:
    from caption_model.training.critic.train import CriticTraining, train_critic

    runs = out.parent if out.parent.name == "run" else out.parent / "run"
    run = runs / f"{out.name}.run"
    train_critic(_social_sources(data), encoder, social, out, CriticTraining(seed=plan.seed), cache, base, run)


def _measure(data: Data, out: Path, cache: Path | None) -> dict[str, Any]:
    """The parts' own figures and, of the social decoder, how well it picks photos that it has not seen."""
    from caption_model.evaluation.report import evaluate_social

    judged = out / "run" / "styled-dev.csv"
    judged.parent.mkdir(parents=True, exist_ok=True)
    _write_styled(data, judged)
    return {
        "probe": read_json(out / "vgg16" / "metrics.json")["probe"],
        "descriptive": read_json(out / "descriptive" / "metrics.json")["validation"],
        "social": {
            "bits_per_symbol": read_json(out / "social" / "metrics.json")["bits"],
            **{
                name: value for name, value in evaluate_social(judged, data.images, out, cache).items() if name in PAIRS
            },
        },
        "critic": {name: read_json(out / "critic" / "metrics.json")[name] for name in ("area", "pick10")},
    }


def _write_styled(data: Data, path: Path) -> None:
    """FlickrStyle10K's captions of the photos that judge, as a CSV ``image,caption``."""
    judges = set(read_list(data.dev))
    captions = [(one.image, one.caption) for one in read_flickr_style(data.style) if one.image in judges]
    replace_file(path, lambda file: write_csv(file, ("image", "caption"), captions, escape=False))
