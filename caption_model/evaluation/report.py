"""The two evaluations as commands run them: files in, numbers out."""

from pathlib import Path

import numpy as np

from caption_model.bundles.bundle import MODELS, Bundle
from caption_model.captioner import encoder_of
from caption_model.errors import DumpError
from caption_model.evaluation.bits import bits_per_symbol
from caption_model.evaluation.description import score_descriptions
from caption_model.evaluation.pairs import photo_choice
from caption_model.generation.descriptive import DescriptiveModel, describe_grids
from caption_model.networks.social_keras import load_social
from caption_model.text import graphemes
from caption_model.text.controls import MAX_GRAPHEMES
from caption_model.text.vocabulary import GraphemeVocabulary
from caption_model.vision.encoders import pool
from caption_model.vision.feature_cache import FeatureCache
from datasets.cleaning import CleaningConfig, clean_posts
from datasets.flickr8k import read_captions, read_described
from datasets.flickr_style import tidy
from datasets.reading import read_posts


def evaluate_social(
    captions: Path, images: Path | None = None, models: Path | None = None, cache: Path | None = None
) -> dict[str, float | int]:
    """``{"n", "bits_per_symbol", "symbols"}`` of the cleaned captions; with photos ``{"pairs", "pick10", "gap"}`` too.

    Raises:
        DumpError: the captions cannot be read.
        CaptionError: the models cannot be loaded, or a photo cannot be opened.
    """
    folder = (models or MODELS) / "social"
    encoder = encoder_of(folder)
    bundle = Bundle.load(folder, "social")
    bundle.check_encoder(encoder.name, encoder.sha256)
    decoder, vocabulary = load_social(bundle), GraphemeVocabulary.from_json(bundle.vocabulary())
    posts, _ = read_posts(captions)
    cleaned = clean_posts(posts, CleaningConfig(max_graphemes=MAX_GRAPHEMES)).posts
    metrics = bits_per_symbol(decoder, vocabulary, [post.caption for post in cleaned])
    if images is None:
        return metrics
    pairs = [(name, tidy(text)) for name, texts in read_captions(captions).items() for text in texts]
    names = sorted({name for name, _ in pairs})
    if len(names) < 2:
        raise DumpError(f"{captions} names fewer than two photos: nothing to choose from.")
    photos = pool(FeatureCache(encoder, cache).grids([images / name for name in names]))
    index = {name: row for row, name in enumerate(names)}
    rows = np.array([index[name] for name, _ in pairs])
    texts = [graphemes.normalise(text) for _, text in pairs]
    return {**metrics, **photo_choice(decoder, vocabulary, texts, rows, photos)}


def evaluate_descriptive(
    images: Path, captions: Path, listed: Path | None = None, models: Path | None = None, cache: Path | None = None
) -> dict[str, float | int]:
    """``{"n", "bleu1".."bleu4", "rouge_l", "cider", "distinct"}`` of the listed images against all raw references.

    Raises:
        DumpError: a file cannot be read, or a listed image has no caption.
        CaptionError: the models cannot be loaded, or a photo cannot be opened.
    """
    folder = (models or MODELS) / "descriptive"
    encoder = encoder_of(folder)
    model = DescriptiveModel.load(folder, encoder)
    references = read_described(captions, listed)
    grids = FeatureCache(encoder, cache).grids([images / name for name in references])
    written = dict(zip(references, describe_grids(model.decoder, model.vocabulary, grids), strict=True))
    return score_descriptions(written, references)
