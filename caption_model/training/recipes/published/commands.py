"""From a recipe and what a user wishes to its training, and from a trained folder to a photo's captions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from caption_model.bundles.bundle import MODELS
from caption_model.captioner import encoder_of
from caption_model.errors import TrainingError
from caption_model.training.engine.watch import Watch
from caption_model.training.recipes.published.characters import SOCIAL, caption_photo, train_characters
from caption_model.training.recipes.published.configuration import (
    CharacterRecipe,
    CriticRecipe,
    Recipe,
    WordRecipe,
    load_recipe,
)
from caption_model.training.recipes.published.image_encoders import recipe_encoder
from caption_model.training.recipes.published.judge import judge_photo, train_judge
from caption_model.training.recipes.published.photo_texts import read_photo_texts
from caption_model.training.recipes.published.results import read_facts
from caption_model.training.recipes.published.words import Choices, train_words
from caption_model.training.recipes.published.written_words import describe_photo
from caption_model.vision.encoders import Encoder

BUNDLED = "default"
GENERATOR = "generator"  # folder of the one that a critic's recipe trains


@dataclass(frozen=True)
class Wish:
    """What the command line says of data and parts; attributes as its options."""

    data: Path
    images: Path | None = None
    encoder: str | None = None
    generator: str | None = None
    epochs: int | None = None
    units: int | None = None


def train_recipe(
    recipe: Recipe,
    wish: Wish,
    out: Path,
    run: Path,
    choices: Choices,
    stop: Callable[[], bool] = lambda: False,
    encoder: Encoder | None = None,
) -> dict[str, Any]:
    """Train a recipe of any kind into ``out``; returns its scores and, under ``test``, the command for one photo.

    ``encoder`` is one that is loaded; by default the recipe's. Told to stop, training ends early with its best so far.

    Raises:
        CaptionError: data, weights or folders are not what they should be.
    """
    watch = Watch(stop=stop)
    if isinstance(recipe, WordRecipe):
        texts = read_photo_texts(wish.data, wish.images)
        eye = encoder or recipe_encoder(recipe.encoder, choices.weights)
        return train_words(recipe, texts, eye, out, run, choices, watch)
    if isinstance(recipe, CharacterRecipe):
        eye = encoder or recipe_encoder(recipe.encoder, choices.weights)
        return train_characters(recipe, wish.data, eye, out, run, choices, watch)
    social, eye = _generator(recipe, wish, out, run, choices, watch, encoder)
    return train_judge(recipe, wish.data, social, eye, out, run / "critic", choices)


def show_photo(out: Path, photo: Path, weights: str | None, generator: str | None, seed: int = 7) -> list[str]:
    """What a trained folder says of a photo, a line each.

    Raises:
        CaptionError: the folder, the photo or the encoder's weights are not what they should be.
    """
    facts = read_facts(out)
    if facts.get("kind") == "words":
        return [describe_photo(out, photo, weights)]
    if facts.get("kind") == "characters":
        return caption_photo(out, photo, seed=seed, weights=weights)
    social = _social_of(generator or str(facts.get("generator")))
    encoder = _encoder_of(social, facts["encoder"]["name"], weights or facts["encoder"]["weights"])
    samples = int(facts["configuration"].get("samples", 48))
    without, beside = judge_photo(out, social, encoder, photo, samples, seed)
    return [f"without the judge: {without}", f"with the judge: {beside}"]


def _generator(
    recipe: CriticRecipe, wish: Wish, out: Path, run: Path, choices: Choices, watch: Watch, encoder: Encoder | None
) -> tuple[Path, Encoder]:
    """The social bundle to judge, trained first where none is named, and its encoder."""
    if wish.generator:
        social = _social_of(wish.generator)
        return social, encoder or _encoder_of(social, wish.encoder, choices.weights)
    made = load_recipe(recipe.generator)
    if not isinstance(made, CharacterRecipe):
        raise TrainingError(f"{recipe.generator} writes no posts: name a generator of kind characters.")
    made = replace(
        made,
        encoder=wish.encoder or made.encoder,
        epochs=wish.epochs or made.epochs,
        units=wish.units or made.units,
    )
    eye = encoder or recipe_encoder(made.encoder, choices.weights)
    chosen = replace(choices, name=recipe.generator)
    train_characters(made, wish.data, eye, out / GENERATOR, run / GENERATOR, chosen, watch)
    return out / GENERATOR / SOCIAL, eye


def _social_of(name: str) -> Path:
    return MODELS / "social" if name == BUNDLED else Path(name)


def _encoder_of(social: Path, name: str | None, weights: str | None) -> Encoder:
    """The encoder of a social bundle: as it was asked for, or the one that the bundle names."""
    return recipe_encoder(name, weights) if name and weights else encoder_of(social)
