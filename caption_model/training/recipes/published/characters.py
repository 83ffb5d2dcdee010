"""Train the social decoder from nothing on a dump of posts, and let it caption one photo.

The bundle lies in ``social/`` of the recipe's folder, as ``train social`` makes it; ``suggest`` takes it.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from caption_model.bundles.bundle import MANIFEST, Bundle, read_json, write_json
from caption_model.errors import TrainingError
from caption_model.generation.caption import Caption
from caption_model.generation.options import GenerationOptions
from caption_model.generation.social import SocialModel, sample_captions
from caption_model.storage.replace import replace_bytes
from caption_model.text import graphemes
from caption_model.training.engine.watch import Watch
from caption_model.training.recipes.published.configuration import CharacterRecipe
from caption_model.training.recipes.published.image_encoders import recipe_encoder
from caption_model.training.recipes.published.photo_texts import cleaned_posts
from caption_model.training.recipes.published.results import (
    TOKENIZER,
    claim,
    digest,
    read_facts,
    seen_by,
    write_descriptions,
    write_features,
    write_scores,
    write_test_command,
)
from caption_model.training.recipes.published.words import Choices
from caption_model.training.social.sources import SocialSources
from caption_model.training.social.train import SocialTraining, train_social
from caption_model.vision.encoders import Encoder
from caption_model.vision.feature_cache import FeatureCache
from caption_model.vision.photos import open_photo

SOCIAL = "social"
FEWEST_GRAPHEMES = 2  # of a caption that is shown although no filter lets it pass


def train_characters(
    recipe: CharacterRecipe,
    data: Path,
    encoder: Encoder,
    out: Path,
    run: Path,
    choices: Choices,
    watch: Watch | None = None,
) -> dict[str, Any]:
    """Train into ``out``; checkpoint and log in ``run``. A bundle that stands there is kept.

    Returns:
        What ``train_social`` measured: bits per character of held-out posts, and sizes.

    Raises:
        DumpError: the dump cannot be read.
        TrainingError: too few captions, or a folder of another training.
    """
    posts = cleaned_posts(data)
    said = [(post.image.name if post.image else "", post.caption) for post in posts]
    claim(
        out,
        {
            "recipe": choices.name,
            "kind": "characters",
            "configuration": asdict(recipe),
            "encoder": seen_by(encoder, choices.weights),
            "seed": choices.seed,
            "data": {"posts": digest({"posts": [f"{name}\t{text}" for name, text in said]})},
        },
    )
    write_descriptions(out, said)
    photos = list(dict.fromkeys(post.image for post in posts if post.image is not None and post.image.is_file()))
    if (out / SOCIAL / MANIFEST).exists():
        facts = Bundle.load(out / SOCIAL, "social").metrics()
    else:
        training = SocialTraining(
            recipe.epochs,
            recipe.batch,
            recipe.learning_rate,
            recipe.patience,
            recipe.min_count,
            recipe.units,
            seed=choices.seed,
        )
        facts = train_social(SocialSources((data,)), encoder, out / SOCIAL, run, training, choices.cache, watch=watch)
    features, usable = FeatureCache(encoder, choices.cache).pooled(photos)
    shown = [photo for photo, fine in zip(photos, usable, strict=True) if fine]
    write_features(out, [_name(photo, data) for photo in shown], np.asarray(features[usable]))
    write_json(out / TOKENIZER, read_json(out / SOCIAL / "vocabulary.json"))
    replace_bytes(out / "loss.png", (out / SOCIAL / "loss.png").read_bytes())
    scores = {name: value for name, value in facts.items() if name != "history"}
    write_scores(out, scores)
    options = ("--weights", choices.weights) if choices.weights else ()
    command = write_test_command(out, choices.name, shown[0] if shown else Path("PHOTO.jpg"), *options)
    return {**scores, "test": command}


def caption_photo(
    out: Path, photo: Path, n: int = 5, seed: int = 7, weights: str | None = None, encoder: Encoder | None = None
) -> list[str]:
    """At most ``n`` captions of a photo, best first, by the decoder in ``out``.

    Where no sample passes the filters that captions pass before they are shown (a small decoder spells badly), the
    likeliest are given as they are.

    Raises:
        TrainingError: the folder holds no decoder, or this one writes nothing that comes to an end.
        EncoderError: the encoder's weights cannot be had.
        BundleError: the decoder was trained on others.
        PhotoError: the photo cannot be opened.
    """
    facts = read_facts(out)
    told = facts["encoder"]
    eye = encoder or recipe_encoder(told["name"], weights or told["weights"])
    model = SocialModel.load(out / SOCIAL, eye)
    pooled = eye.encode(open_photo(photo, eye.size)[None]).pooled
    options = GenerationOptions(n=n, seed=seed)
    (drawn,) = sample_captions(model, pooled, [photo.name.encode("utf-8", "replace")], options, unconditional=True)
    chosen = [one.text for one in model.reranker.choose(drawn, n, options.controls())] or likeliest(drawn, n)
    if not chosen:
        raise TrainingError(f"{out} writes no caption that comes to an end: train it longer.")
    return chosen


def likeliest(drawn: list[Caption], n: int) -> list[str]:
    """At most ``n`` captions, those that cost least a grapheme first, whatever they say."""
    long = {one.text: one for one in drawn if graphemes.length(one.text) >= FEWEST_GRAPHEMES}
    return sorted(long, key=lambda text: -long[text].conditional_logp / (1 + graphemes.length(text)))[:n]


def _name(photo: Path, data: Path) -> str:
    return (photo.relative_to(data) if photo.is_relative_to(data) else photo).as_posix()
