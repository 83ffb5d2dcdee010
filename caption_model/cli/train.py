"""``train social`` and ``train descriptive``: from data to a bundle."""

from pathlib import Path
from typing import Annotated

import typer

train = typer.Typer(help="Train a decoder.", no_args_is_help=True)

Encoder = Annotated[str, typer.Option(help="Encoder of the registry.")]
Cache = Annotated[Path | None, typer.Option(help="Folder of encoded photos; default: the user's cache.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of weights, order and dropout.")]
Images = Annotated[Path, typer.Option(help="Folder of photos.", exists=True, file_okay=False)]
Run = Annotated[Path | None, typer.Option(help="Folder of checkpoint and log; default: OUT.run. Found there: resumed.")]


@train.command()
def social(
    posts: Annotated[list[Path], typer.Option(help="Dump whose voice is learnt; may be repeated.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
    also: Annotated[list[Path] | None, typer.Option(help="Further dump of posts; may be repeated.")] = None,
    tweets: Annotated[list[Path] | None, typer.Option(help="Dump of short messages; may be repeated.")] = None,
    style: Annotated[Path | None, typer.Option(help="FlickrStyle10K's captions.csv.")] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of the photos of --style and --described.")] = None,
    described: Annotated[Path | None, typer.Option(help="CSV image,caption: captions are put on these photos.")] = None,
    listed: Annotated[Path | None, typer.Option("--list", help="Images that may be trained on, one a line.")] = None,
    epochs: Annotated[int, typer.Option(min=1)] = 6,
    learning_rate: Annotated[float, typer.Option(min=0.0, help="Peak of the cosine.")] = 2e-3,
    dropout: Annotated[float, typer.Option(min=0.0, max=0.9)] = 0.2,
    units: Annotated[int, typer.Option(min=8, help="LSTM units.")] = 512,
    base: Annotated[Path | None, typer.Option(help="Social bundle to go on from.")] = None,
    seed: Seed = 7,
    encoder: Encoder = "vgg16",
    cache: Cache = None,
    run: Run = None,
) -> None:
    """Train the social decoder on dumps of posts (cleaned first)."""
    from caption_model.encoders import load_encoder
    from caption_model.training.social import SocialTraining, train_social
    from caption_model.training.social_sources import SocialSources

    sources = SocialSources(tuple(posts), tuple(also or ()), tuple(tweets or ()), style, images, described, listed)
    training = SocialTraining(epochs, learning_rate=learning_rate, units=units, dropout=dropout, seed=seed)
    _report(out, train_social(sources, load_encoder(encoder), out, _run(out, run), training, cache, base))


@train.command()
def descriptive(
    images: Images,
    captions: Annotated[Path, typer.Option(help="CSV image,caption, several rows an image.")],
    train_list: Annotated[Path, typer.Option("--list", help="Images to train on, one a line.")],
    validation_list: Annotated[Path, typer.Option("--validation-list", help="Images that judge, one a line.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
    epochs: Annotated[int, typer.Option(min=1)] = 12,
    seed: Seed = 7,
    encoder: Encoder = "vgg16",
    cache: Cache = None,
    run: Run = None,
) -> None:
    """Train the descriptive decoder on described photos such as Flickr8k."""
    from caption_model.encoders import load_encoder
    from caption_model.training.descriptive import DescriptiveSources, DescriptiveTraining, train_descriptive

    sources = DescriptiveSources(images, captions, train_list, validation_list)
    training = DescriptiveTraining(epochs=epochs, seed=seed)
    _report(out, train_descriptive(sources, load_encoder(encoder), out, _run(out, run), training, cache))


@train.command()
def encoder(
    source: Annotated[Path, typer.Option(help="VGG16 with batch norm, as .npz.")],
    out: Annotated[Path, typer.Option(help="Folder of the bundle to write.")],
) -> None:
    """Fold a trained VGG16's batch norm and bundle it."""
    from caption_model.training.encoder import bundle_encoder

    bundle_encoder(source, out)
    print(f"Saved {out}.")


def _run(out: Path, run: Path | None) -> Path:
    return run or out.with_name(out.name + ".run")


def _report(out: Path, metrics: dict[str, float]) -> None:
    for name, value in metrics.items():
        print(f"{name:>10} {value:.3f}" if isinstance(value, float) else f"{name:>10} {value}")
    print(f"Saved {out}.")
