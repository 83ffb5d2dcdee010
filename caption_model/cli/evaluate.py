"""``evaluate social``, ``descriptive``, ``generate`` and ``book``: measure the bundled or another model."""

import json
from pathlib import Path
from typing import Annotated

import typer

from caption_model.errors import DumpError

evaluate = typer.Typer(help="Measure a model.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")]
Models = Annotated[Path | None, typer.Option(help="Folder with the bundles; default: those that come along.")]
Cache = Annotated[Path | None, typer.Option(help="Folder of encoded photos; default: the user's cache.")]


@evaluate.command()
def social(
    captions: Annotated[Path, typer.Option(help="CSV with a column caption or Caption.")],
    images: Annotated[Path | None, typer.Option(help="Folder of its photos: adds pick10 and gap.")] = None,
    models: Models = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """Bits per symbol of captions (cleaned first), no photo given; with photos also how much they matter."""
    from caption_model.evaluation.report import evaluate_social

    _show(evaluate_social(captions, images, models, cache), as_json)


@evaluate.command()
def descriptive(
    images: Annotated[Path, typer.Option(help="Folder of photos.", exists=True, file_okay=False)],
    captions: Annotated[Path, typer.Option(help="CSV image,caption, several rows an image.")],
    listed: Annotated[Path | None, typer.Option("--list", help="Images to use, one a line.")] = None,
    models: Models = None,
    cache: Cache = None,
    as_json: AsJson = False,
) -> None:
    """BLEU, ROUGE-L and CIDEr of descriptions against all raw references."""
    from caption_model.evaluation.report import evaluate_descriptive

    _show(evaluate_descriptive(images, captions, listed, models, cache), as_json)


@evaluate.command()
def generate(
    images: Annotated[Path, typer.Option(help="Folder of photos.", exists=True, file_okay=False)],
    listed: Annotated[Path | None, typer.Option("--list", help="Images to use, one a line; default: all.")] = None,
    captions: Annotated[Path | None, typer.Option(help="CSV image,caption: adds whether people saw it.")] = None,
    count: Annotated[int | None, typer.Option(min=1, help="At most so many photos.")] = None,
    wishes: Annotated[int, typer.Option(min=0, help="Photos that each wish is tried on; 0 leaves wishes out.")] = 20,
    seed: Annotated[int, typer.Option(min=0)] = 7,
    models: Models = None,
    as_json: AsJson = False,
) -> None:
    """What is suggested on many photos: variety, emojis, spelling, repeats of training captions, wishes obeyed."""
    from caption_model.bundles.bundle import MODELS
    from caption_model.bundles.topics import known_topics
    from caption_model.captioner import Captioner
    from caption_model.evaluation.generation import control_accuracy, measure_generation, truth, unwritten
    from caption_model.evaluation.photos import photos_of
    from caption_model.generation.options import GenerationOptions
    from datasets.flickr8k import read_captions

    described = read_captions(captions) if captions else {}
    captioner = Captioner.load(models or MODELS)
    photos = photos_of(images, listed, count)
    if described and (strange := [photo.name for photo in photos if photo.name not in described]):
        raise DumpError(f"{captions} describes no {strange[0]} ({len(strange)} photos in all).")
    written = [captioner.suggest(photo, GenerationOptions(seed=seed)).texts for photo in photos]
    reranker = captioner.social.reranker
    measured = {"n": len(written), **measure_generation(written, reranker.fingerprints)}
    measured["unwritten"] = unwritten(written, reranker)
    if described:
        measured |= truth(written, [described[photo.name] for photo in photos], known_topics(models or MODELS) or None)
    _show({**measured, **control_accuracy(captioner, photos[:wishes], seed=seed)}, as_json)


@evaluate.command()
def book(
    images: Annotated[Path, typer.Option(help="Folder of the corpus's photos.", exists=True, file_okay=False)],
    part: Annotated[str, typer.Option(help="Part of the corpus: test or dev.")] = "test",
    n: Annotated[int, typer.Option("-n", min=1, max=50, help="Captions a photo.")] = 3,
    count: Annotated[int | None, typer.Option(min=1, help="At most so many photos.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 7,
    models: Models = None,
    as_json: AsJson = False,
) -> None:
    """Whether captions of the caption book name what was written of photos that none of them was written for."""
    from caption_model.bundles.bundle import MODELS
    from caption_model.captioner import Captioner
    from caption_model.evaluation.book import evaluate_book

    if part not in ("test", "dev"):
        raise typer.BadParameter(f"{part!r} is neither test nor dev.", param_hint="'--part'")
    _show(evaluate_book(Captioner.load(models or MODELS), images, part, n, count, seed), as_json)


def _show(metrics: dict[str, float | int], as_json: bool) -> None:
    if not metrics["n"] and not metrics.get("pairs"):
        raise DumpError("nothing is left to measure: the captions are empty or all dropped by cleaning.")
    if as_json:
        print(json.dumps(metrics))
        return
    for name, value in metrics.items():
        print(f"{name:>16} {value:.4f}" if isinstance(value, float) else f"{name:>16} {value}")
