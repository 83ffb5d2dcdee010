"""``recipe``: the published systems that this project descends from, trained by one command each."""

from pathlib import Path
from typing import Annotated, Any

import typer

from caption_model.cli.runs import Run, run_folder
from caption_model.cli.stopping import stoppable
from caption_model.text.shown import shown, tell
from caption_model.training.engine.alone import alone


def recipe(
    name: Annotated[
        str,
        typer.Argument(
            help="xception-word, resnet50-glove, vgg16-word, vgg16-char or critic; or a TOML file like theirs."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of what is made.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder in Flickr8k's layout, or a dump of posts; needed to train.")
    ] = None,
    photo: Annotated[Path | None, typer.Option(help="Caption this photo with what was trained in --out.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="Another encoder: vgg16 (ours), xception, resnet50, vgg16-fc2, …")
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="File of the encoder's weights, of vgg16 a bundle; random: to try a recipe out.")
    ] = None,
    glove: Annotated[Path | None, typer.Option(help="GloVe text file of word vectors, of any width.")] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of the photos, where it is not in --data.")] = None,
    generator: Annotated[
        str | None, typer.Option("--of", help="critic: a social bundle to judge, or default: the bundled one.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    units: Annotated[int | None, typer.Option(min=8, help="LSTM units.")] = None,
    samples: Annotated[
        int | None, typer.Option(min=100, help="critic: captions sampled to learn from, and as many of people's.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, order and dropout.")] = 7,
    cache: Annotated[Path | None, typer.Option(help="Folder of encoded photos; default: the user's cache.")] = None,
    run: Run = None,
) -> None:
    """Train one of the published systems on your data, or, with --photo, caption a photo with it.

    Trained again into the same folder, it goes on where it stopped.
    """
    from dataclasses import fields, replace

    from caption_model.training.recipes.published.commands import Wish, show_photo, train_recipe
    from caption_model.training.recipes.published.configuration import load_recipe
    from caption_model.training.recipes.published.words import Choices

    if (data is None) == (photo is None):
        raise typer.BadParameter("name --data to train, or --photo to caption one with what was trained.")
    if photo is not None:
        for text in show_photo(out, photo, weights, generator, seed):
            print(shown(text))
        return
    if data is None:
        return
    chosen = load_recipe(name)
    given: dict[str, Any] = {"epochs": epochs, "units": units, "captions": samples, "encoder": encoder}
    known = {field.name for field in fields(chosen)}
    chosen = replace(chosen, **{key: value for key, value in given.items() if value is not None and key in known})
    wish = Wish(data, images, encoder, generator, epochs, units)
    folder = run_folder(out, run)
    with stoppable() as stopped, alone(folder):
        scores = train_recipe(chosen, wish, out, folder, Choices(name, weights, glove, cache, seed), stopped.is_set)
    test = scores.pop("test")
    _show(scores)
    tell(f"Saved {out}. Try it: {test}")


def _show(scores: dict[str, Any], before: str = "") -> None:
    """One figure a line; those of a part under the part's name."""
    for key, value in scores.items():
        if isinstance(value, dict):
            _show(value, f"{before}{key} ")
        else:
            print(f"{before + key:>28} {value:.3f}" if isinstance(value, float) else f"{before + key:>28} {value}")
