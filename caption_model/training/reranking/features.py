"""What reranking weighs of a caption: one number for each of its weights."""

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from caption_model.captioner import Captioner
from caption_model.generation.caption import Caption
from caption_model.generation.grounding import ground, subjects
from caption_model.generation.options import GenerationOptions
from caption_model.generation.reranking import Reranker, RerankingWeights
from caption_model.generation.seen import Seen
from caption_model.generation.social import SocialModel
from caption_model.networks.numerics import logsumexp
from caption_model.text.controls import MAX_GRAPHEMES, Controls
from caption_model.text.mentioned_topics import mentioned_in_post
from caption_model.text.teacher_forcing import teacher_forcing
from caption_model.text.vocabulary import PAD

# Weights that the score is linear in; the others say how the first is chosen, and how unlike captions are.
LINEAR = tuple(
    one.name for one in fields(RerankingWeights) if one.name not in ("first_surprisal", "first_faults", "diversity")
)
NOTHING = RerankingWeights(**dict.fromkeys((one.name for one in fields(RerankingWeights)), 0.0))


def judged(captioner: Captioner, seen: Seen, texts: Sequence[str]) -> list[Caption]:
    """Texts as captions of a photo, with all the scores that a sample has."""
    conditional, unconditional = log_probabilities(captioner.social, seen, texts)
    captions = [
        Caption(text, float(with_photo), float(without), **ground(text, seen.topics)._asdict())
        for text, with_photo, without in zip(texts, conditional, unconditional, strict=True)
    ]
    if captioner.critic is None:
        return captions
    verdict = captioner.critic(texts, seen.pooled)
    return [
        replace(one, real_logit=float(real), fit_logit=float(fit))
        for one, real, fit in zip(captions, *verdict, strict=True)
    ]


def features(reranker: Reranker, captions: Sequence[Caption]) -> NDArray[np.float64]:
    """What each weight of ``LINEAR`` is multiplied by in the score, float64 (captions, weights)."""
    alone = [replace(reranker, weights=replace(NOTHING, **{name: 1.0})) for name in LINEAR]
    return np.array([[one.score(caption) for one in alone] for caption in captions]).reshape(-1, len(LINEAR))


def log_probabilities(model: SocialModel, seen: Seen, texts: Sequence[str]) -> NDArray[np.float64]:
    """Log p(text | photo) and log p(text) in nats, end included, float64 (2, texts).

    The decoder is told what it is told when it samples such a text: its length, whether it has emojis, and of the
    photo's subjects the likeliest that it mentions.
    """
    encoded = [model.vocabulary.encode(text)[:MAX_GRAPHEMES] for text in texts]
    inputs, targets = teacher_forcing(encoded, 1 + max(map(len, encoded)))
    told = np.array([_told(model, seen, text) for text in texts], np.int32)
    sees = np.repeat(np.array([1, 0], np.float32), len(texts))
    state = model.decoder.begin(np.tile(seen.pooled, (len(sees), 1)), sees, np.tile(told, (2, 1)))
    total = np.zeros((2, len(texts)))
    for asked, wanted in zip(inputs.T, targets.T, strict=True):
        logits, state = model.decoder.step(np.tile(asked, 2), state)
        logp = (logits - logsumexp(logits)).reshape(2, len(texts), -1)
        total += np.where(wanted == PAD, 0.0, logp[:, np.arange(len(texts)), wanted])
    return total


def _told(model: SocialModel, seen: Seen, text: str) -> list[int]:
    measured, mentioned = Controls.measure(text), mentioned_in_post(text)
    asked = Controls(GenerationOptions().tone, measured.emoji, measured.length)
    subject = next((one for one in subjects(seen.topics) if one in mentioned), None)
    return [*asked.ids(), model.decoder.config.topic(subject)]
