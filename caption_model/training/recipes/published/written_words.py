"""A trained merge model read from its folder, to describe one photo."""

from pathlib import Path

from caption_model.bundles.bundle import file_sha256, read_json
from caption_model.bundles.weights import load_tensors
from caption_model.errors import BundleError, TrainingError
from caption_model.text.vocabulary import WordVocabulary
from caption_model.training.engine.progress import assign
from caption_model.training.recipes.published.configuration import WordRecipe, parse_recipe
from caption_model.training.recipes.published.image_encoders import recipe_encoder
from caption_model.training.recipes.published.merge_network import MergeConfig, build_merge
from caption_model.training.recipes.published.results import RECIPE, TOKENIZER, read_facts
from caption_model.training.recipes.published.words import MODEL, describe
from caption_model.vision.encoders import Encoder
from caption_model.vision.photos import open_photo


def describe_photo(out: Path, photo: Path, weights: str | None = None, encoder: Encoder | None = None) -> str:
    """Describe a photo by the model in ``out``.

    Args:
        out: what ``train_words`` left.
        photo: to describe.
        weights: of the encoder, where they lie elsewhere than when it was trained.
        encoder: to look at the photo; by default the one that it was trained on is loaded.

    Raises:
        TrainingError: the folder is not whole.
        EncoderError: the encoder's weights cannot be had, or are others than it was trained on.
        PhotoError: the photo cannot be opened.
    """
    facts = read_facts(out)
    recipe = parse_recipe({**facts["configuration"], "kind": "words"}, str(out / RECIPE))
    if not isinstance(recipe, WordRecipe) or not facts.get("model_sha256"):
        raise TrainingError(f"{out} holds no model over words that is trained to its end: train it first, with --data.")
    try:
        if file_sha256(out / MODEL) != facts["model_sha256"]:
            raise TrainingError(f"{out / MODEL} was changed since it was trained: train it again.")
        vocabulary = WordVocabulary.from_json(read_json(out / TOKENIZER))
        network = build_merge(MergeConfig(**facts["network"]))
        assign(network.weights, load_tensors(out / MODEL))
        told = facts["encoder"]
        eye = encoder or recipe_encoder(told["name"], weights or told["weights"])
    except (BundleError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"{out} is not whole ({error}): train the recipe again.") from error
    if eye.sha256 != told["sha256"]:
        raise TrainingError(f"{out} was trained on other weights of {told['name']}: name these with --weights.")
    features = eye.encode(open_photo(photo, eye.size)[None]).pooled
    return describe(network, vocabulary, features, recipe)[0]
