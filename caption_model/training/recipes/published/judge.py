"""A generator and its judge: train the critic of a social decoder, and measure what it is worth.

The same samples of the same photos are ranked twice, by the same filters and weights: once without the critic, once
with what it says of each. Nothing that is compared comes from the critic itself but ``judge_says``, which is told to
show how far it got its way.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import MANIFEST, Bundle
from caption_model.errors import TrainingError
from caption_model.evaluation.description import score_descriptions
from caption_model.evaluation.generation import measure_generation, truth, unwritten
from caption_model.generation.caption import Caption
from caption_model.generation.options import GenerationOptions
from caption_model.generation.social import SocialModel, sample_captions
from caption_model.networks.critic_onnx import Judge
from caption_model.storage.replace import replace_file
from caption_model.text.tables import write_csv
from caption_model.training.critic.train import CriticTraining, train_critic
from caption_model.training.recipes.published.characters import likeliest
from caption_model.training.recipes.published.configuration import CriticRecipe
from caption_model.training.recipes.published.photo_texts import cleaned_posts
from caption_model.training.recipes.published.results import (
    claim,
    digest,
    read_facts,
    seen_by,
    write_descriptions,
    write_scores,
    write_test_command,
)
from caption_model.training.recipes.published.words import Choices
from caption_model.training.social.data import is_validation
from caption_model.training.social.sources import SocialSources
from caption_model.vision.encoders import Encoder
from caption_model.vision.feature_cache import FeatureCache
from caption_model.vision.photos import open_photo

CRITIC = "critic"
TABLE = "with-and-without.csv"
SHOWN = ("distinct_first", "distinct2", "emoji_rate", "word_validity", "verbatim")


@dataclass(frozen=True)
class Pick:
    """What is chosen of one photo's samples without and with the critic, and its logits that people wrote each."""

    without: str
    beside: str
    logits: tuple[float, float]


def train_judge(
    recipe: CriticRecipe, data: Path, social: Path, encoder: Encoder, out: Path, run: Path, choices: Choices
) -> dict[str, Any]:
    """Train the critic of the decoder in ``social`` into ``out/critic`` and compare choosing with it and without.

    Captions that no training saw judge, on their photos; where no held-out caption has a photo, all photos do.

    Returns:
        ``{"critic": …, "photos": N, "same": share chosen alike, "without": …, "with": …}``.

    Raises:
        BundleError: ``social`` is no social bundle or of another encoder.
        TrainingError: too few captions or photos, or a decoder that writes nothing that may be shown.
    """
    posts = [post for post in cleaned_posts(data) if post.image is not None and post.image.is_file()]
    said: dict[Path, list[str]] = {}
    for post in posts:
        if post.image is not None:
            said.setdefault(post.image, []).append(post.caption)
    held_out = {photo: [text for text in texts if is_validation(text)] for photo, texts in said.items()}
    judging = {photo: texts for photo, texts in held_out.items() if texts} or said
    if not judging:
        raise TrainingError(f"{data} has no captions with photos after cleaning: check that its photos are there.")
    claim(
        out,
        {
            "recipe": choices.name,
            "kind": "critic",
            "configuration": asdict(recipe),
            "encoder": seen_by(encoder, choices.weights),
            "seed": choices.seed,
            "data": {
                "posts": digest({str(number): [post.caption] for number, post in enumerate(posts)}),
                "generator": Bundle.load(social, "social").sha256,
            },
            "generator": str(social),
        },
    )
    write_descriptions(out, ((photo.name, text) for photo, texts in said.items() for text in texts))
    if (out / CRITIC / MANIFEST).exists():
        facts = Bundle.load(out / CRITIC, "critic").metrics()
    else:
        training = CriticTraining(
            recipe.epochs, recipe.batch, recipe.learning_rate, captions=recipe.captions, seed=choices.seed
        )
        facts = train_critic(SocialSources((data,)), encoder, social, out / CRITIC, training, choices.cache, run=run)
    model = SocialModel.load(social, encoder)
    judge = Judge.load(out / CRITIC, encoder.name, encoder.sha256)
    photos = sorted(judging)[: recipe.photos]
    features, usable = FeatureCache(encoder, choices.cache).pooled(photos)
    picks = {
        photo: pick
        for photo, seen, fine in zip(photos, features, usable, strict=True)
        if fine and (pick := choose_twice(model, judge, np.asarray(seen), photo.name, recipe.samples, choices.seed))
    }
    scores = {
        "critic": {name: value for name, value in facts.items() if name != "history"},
        **compare(model, picks, judging),
        "held_out": judging is not said,
    }
    rows = [(photo.name, pick.without, pick.beside) for photo, pick in picks.items()]
    replace_file(out / TABLE, lambda file: write_csv(file, ("image", "without", "with"), rows))
    write_scores(out, scores)
    return {**scores, "test": write_test_command(out, choices.name, photos[0], "--of", str(social))}


def choose_twice(
    model: SocialModel, judge: Judge, seen: NDArray[np.float32], salt: str, samples: int, seed: int
) -> Pick | None:
    """Draw once, choose without the critic and with it; ``None`` where nothing that was drawn comes to an end.

    Where no sample passes the filters, both choose among all, by their likelihood and by the critic's word.
    """
    options = GenerationOptions(n=1, seed=seed, samples=samples)
    salts = [salt.encode("utf-8", "replace")]
    (drawn,) = sample_captions(model, seen[None], salts, options, unconditional=True)
    if not drawn:
        return None
    verdict = judge([one.text for one in drawn], seen)
    judged = [
        replace(one, real_logit=float(real), fit_logit=float(fit))
        for one, real, fit in zip(drawn, verdict.real, verdict.fit, strict=True)
    ]
    logits = {one.text: one.real_logit for one in judged}
    controls, choose = options.controls(), model.reranker.choose
    without, beside = _first(choose(drawn, 1, controls)), _first(choose(judged, 1, controls))
    if not without or not beside:
        plain = likeliest(drawn, 1)
        without, beside = (plain[0] if plain else drawn[0].text), max(judged, key=model.reranker.merit).text
    return Pick(without, beside, (logits[without], logits[beside]))


def compare(model: SocialModel, picks: dict[Path, Pick], said: dict[Path, list[str]]) -> dict[str, Any]:
    """Figures of what is chosen without and with the critic.

    ``names_seen`` and ``names_unseen``, BLEU-1 and CIDEr are by what people posted under the same photos: posts name
    little of what there is to see, so that all four are low, and only their difference tells.
    """
    if not picks:
        raise TrainingError("the generator writes no caption that comes to an end: train it longer.")
    figures: dict[str, Any] = {
        "photos": len(picks),
        "same": float(np.mean([pick.without == pick.beside for pick in picks.values()])),
    }
    references = {str(photo): said[photo] for photo in picks}
    for place, name in enumerate(("without", "with")):
        chosen = {str(photo): pick.beside if place else pick.without for photo, pick in picks.items()}
        one_each = [[text] for text in chosen.values()]
        measured = measure_generation(one_each, model.reranker.fingerprints)
        scores = score_descriptions(chosen, references)
        logits = np.array([pick.logits[place] for pick in picks.values()])
        figures[name] = {
            **{key: measured[key] for key in SHOWN},
            "unwritten": unwritten(one_each, model.reranker),
            **truth(one_each, list(references.values())),
            "bleu1": scores["bleu1"],
            "cider": scores["cider"],
            "judge_says": float((1 / (1 + np.exp(-np.clip(logits, -30, 30)))).mean()),
        }
    return figures


def judge_photo(
    out: Path, social: Path, encoder: Encoder, photo: Path, samples: int = 48, seed: int = 7
) -> tuple[str, str]:
    """What would be shown under a photo without the critic in ``out`` and with it.

    Raises:
        BundleError: ``social`` or the critic is no whole bundle, or of another encoder.
        TrainingError: the folder holds no critic, or nothing that is drawn comes to an end.
        PhotoError: the photo cannot be opened.
    """
    if read_facts(out).get("kind") != "critic":
        raise TrainingError(f"{out} holds no critic: train it first, with --data.")
    model = SocialModel.load(social, encoder)
    judge = Judge.load(out / CRITIC, encoder.name, encoder.sha256)
    seen = encoder.encode(open_photo(photo, encoder.size)[None]).pooled[0]
    pick = choose_twice(model, judge, seen, photo.name, samples, seed)
    if pick is None:
        raise TrainingError(f"{social} writes no caption that comes to an end: train it longer.")
    return pick.without, pick.beside


def _first(captions: Sequence[Caption]) -> str:
    return captions[0].text if captions else ""
