"""Fine-tune the LLM teacher: read → clean → encode → fit → save, with a checkpoint to go on from."""

import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from caption_model.bundles.bundle import write_json
from caption_model.bundles.provenance import file_hashes
from caption_model.bundles.weights import Tensors
from caption_model.errors import TrainingError
from caption_model.training.engine.checkpoint import Checkpoint
from caption_model.training.engine.schedule import cosine_rate
from caption_model.training.llm_teacher.model import Language, Lesson
from caption_model.training.social.data import Example, is_validation
from caption_model.training.social.sources import SocialSources, gather
from datasets.flickr8k import read_described

log = logging.getLogger(__name__)

# How often a round shows the captions of each source.
SHARES = {"posts": 1.5, "also": 1.2, "further": 0.4, "tweets": 0.12, "style": 0.6}
TOLD = 0.9  # of the captions that fit a photo fully, those that are learnt beside its description
SORTED = 4000  # captions sorted by length at once
ENOUGH_JUDGES = 256  # held-out captions that are asked while training
LOGGED_EVERY, SAVED_EVERY = 60.0, 600.0  # seconds
LEAST_RATE = 0.05  # of the peak, at the end


@dataclass(frozen=True)
class LlmTeacherTraining:
    """How to train: AdamW, a cosine over ``steps``, batches of at most ``tokens`` tokens."""

    steps: int = 350
    learning_rate: float = 4e-4
    tokens: int = 2600
    warmup: int = 30
    weight_decay: float = 0.05
    seed: int = 7


def train_llm_teacher(
    sources: SocialSources, start: str, out: Path, run: Path, training: LlmTeacherTraining
) -> dict[str, Any]:
    """Fine-tune the model named ``start`` on captions of photos, and save it in ``out``.

    Interrupted, the same call goes on from the checkpoint in ``run``.

    Returns:
        ``{"captions", "held_out", "steps", "bits"}``, bits per character of held-out posts.

    Raises:
        DumpError: a source cannot be read.
        TrainingError: no such model, no descriptions, or no captions.
    """
    import torch

    if sources.described is None:
        raise TrainingError("a language teacher is told what photos show: name their --captions.")
    torch.manual_seed(training.seed)
    language = Language.load(start)
    examples, images = gather(sources)
    described = read_described(sources.described, sources.listed)
    kept = [e for e in examples if e.source in SHARES and not is_validation(e.caption)]
    held_out = sorted({e.caption for e in examples if e.source == "posts" and is_validation(e.caption)})
    if not kept or not held_out:
        raise TrainingError(f"only {len(kept)} captions are left after cleaning: bring more posts.")
    log.info("%d captions to learn, %d held out", len(kept), len(held_out))
    texts = [described.get(image.name, []) for image in images]
    _learn(language, lessons(language, kept, texts, training), held_out, run, training)
    facts = {"captions": len(kept), "held_out": len(held_out), "steps": training.steps, "bits": language.bits(held_out)}
    language.save(out)
    settings = {"of": start, **asdict(training), "data": file_hashes(sources.files())}
    write_json(out / "training.json", {**settings, "metrics": facts})
    return facts


def lessons(
    language: Language, examples: Sequence[Example], texts: Sequence[Sequence[str]], training: LlmTeacherTraining
) -> Iterator[list[Lesson]]:
    """Batches without end, each of captions about as long.

    Args:
        language: whose tokens.
        examples: the captions; a weak pair is told as often as it fits.
        texts: descriptions of each photo that the examples point to.
        training: sizes and seed.
    """
    chance = random.Random(training.seed)
    while True:
        drawn = [e for e in examples for _ in range(_times(SHARES[e.source], chance))]
        chance.shuffle(drawn)
        for start in range(0, len(drawn), SORTED):
            some = [language.lesson(e.caption, e.tone, _told(e, texts, chance)) for e in drawn[start : start + SORTED]]
            batches = list(_batched(sorted(some, key=_length), training.tokens))
            chance.shuffle(batches)
            yield from batches


def _learn(
    language: Language,
    batches: Iterator[list[Lesson]],
    held_out: Sequence[str],
    run: Path,
    training: LlmTeacherTraining,
) -> None:
    import torch

    model = language.model.train()
    optimiser = torch.optim.AdamW(
        model.parameters(), training.learning_rate, (0.9, 0.98), weight_decay=training.weight_decay, fused=True
    )
    checkpoint = Checkpoint(run)
    begun = _resume(checkpoint, model, optimiser)
    logged = saved = time.monotonic()
    nats, tokens = 0.0, 0
    for step, batch in enumerate(islice(batches, begun, training.steps), start=begun):
        for group in optimiser.param_groups:
            group["lr"] = cosine_rate(training.learning_rate, step, step / training.steps, training.warmup, LEAST_RATE)
        cost, count = language.cost(batch)
        (cost / count).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        nats, tokens = nats + float(cost.detach()), tokens + count
        now = time.monotonic()
        if now - logged > LOGGED_EVERY:
            log.info("step %d of %d, %.3f nats a token", step + 1, training.steps, nats / tokens)
            nats, tokens, logged = 0.0, 0, now
        if now - saved > SAVED_EVERY:
            log.info("%.3f bits per character of some held-out posts", language.bits(held_out[:ENOUGH_JUDGES]))
            checkpoint.save({"step": step + 1}, _tensors(model, optimiser))
            saved = now


def _tensors(model: Any, optimiser: Any) -> Tensors:
    """All that training changes, by name: weights, and what the optimiser remembers of each."""
    tensors = {}
    for name, weight in model.named_parameters():
        tensors[name] = weight.detach().numpy()
        tensors |= {f"{name}:{part}": value.numpy() for part, value in optimiser.state[weight].items()}
    return tensors


def _resume(checkpoint: Checkpoint, model: Any, optimiser: Any) -> int:
    """Put the checkpoint's tensors back; returns how many steps it is worth.

    Raises:
        TrainingError: it is damaged, or of another model.
    """
    import torch

    saved = checkpoint.load()
    if saved is None:
        return 0
    try:
        with torch.no_grad():
            for name, weight in model.named_parameters():
                weight.copy_(torch.from_numpy(np.array(saved.tensors[name])))
                optimiser.state[weight] = {
                    part: torch.from_numpy(np.array(saved.tensors[f"{name}:{part}"]))
                    for part in ("step", "exp_avg", "exp_avg_sq")
                }
        step = int(saved.state["step"])
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise checkpoint.unfit(error) from error
    log.info("resumed after %d steps", step)
    return step


def _times(share: float, chance: random.Random) -> int:
    return int(share) + (chance.random() < share - int(share))


def _told(example: Example, texts: Sequence[Sequence[str]], chance: random.Random) -> str | None:
    """What is told of a photo that the caption may stand under, if anything."""
    if not example.photos:
        return None
    (pairing,) = chance.choices(example.photos, [pairing.score for pairing in example.photos])
    several = texts[pairing.photo]
    return chance.choice(several) if several and chance.random() < TOLD * pairing.score else None


def _length(lesson: Lesson) -> int:
    return len(lesson.prompt) + len(lesson.caption)


def _batched(ordered: Sequence[Lesson], tokens: int) -> Iterator[list[Lesson]]:
    """Cut lessons, shortest first, into batches of at most so many tokens, padding counted."""
    batch: list[Lesson] = []
    for lesson in ordered:
        if batch and (len(batch) + 1) * _length(lesson) > tokens:
            yield batch
            batch = []
        batch.append(lesson)
    if batch:
        yield batch
