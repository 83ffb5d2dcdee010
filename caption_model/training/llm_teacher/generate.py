"""Synthetic captions: an LLM that was fine-tuned on captions writes more of them, for the social decoder to learn."""

import csv
import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caption_model.text.controls import MAX_GRAPHEMES
from caption_model.training.llm_teacher.model import Language
from datasets.cleaning import Cleaner, CleaningConfig
from datasets.flickr8k import read_described

log = logging.getLogger(__name__)

NO_IMAGE = ""  # name of the image of a caption that was written of none
POOL = 9600  # prompts that are sorted by length at once
CROWDED = 0.6  # share of a batch's rows that are still being written
LOGGED_EVERY = 60.0  # seconds


@dataclass(frozen=True)
class GenerationSettings:
    """How captions are drawn.

    Attributes:
        captions: how many are wanted.
        described: share of them that are written of a photo.
        rows: written at once.
        temperature, top_p: of nucleus sampling (Holtzman et al. 2020).
        candidates: the nucleus holds at most so many tokens.
        tokens: bound on a caption's length; what has not ended by then is dropped.
    """

    captions: int = 200_000
    described: float = 0.6
    rows: int = 192
    temperature: float = 0.85
    top_p: float = 0.92
    candidates: int = 256
    tokens: int = 34
    seed: int = 7


def generate_captions(
    teacher: str, captions: Path, listed: Path | None, out: Path, settings: GenerationSettings
) -> int:
    """Let the ``teacher`` write captions in the CSV ``out`` (``image,caption``); what stands there already is kept.

    What the cleaner would drop or change is left out, so fewer are written than drawn.

    Args:
        teacher: folder that ``train_llm_teacher`` wrote.
        captions: CSV of descriptions of photos, several an image.
        listed: list of the images that may be trained on, or none for all.

    Returns:
        How many captions stand there now.

    Raises:
        DumpError: descriptions or list cannot be read.
        TrainingError: the teacher cannot be loaded.
    """
    import torch

    described = read_described(captions, listed)
    texts = [(name, text) for name, several in described.items() for text in several]
    language = Language.load(teacher)
    language.model = language.model.to(torch.bfloat16).eval()
    _mend(out)
    written = _count(out)
    torch.manual_seed(settings.seed + written)
    chance = random.Random(settings.seed + written)
    cleaner = Cleaner(CleaningConfig(max_graphemes=MAX_GRAPHEMES, disabled=frozenset({"language"})))
    out.parent.mkdir(parents=True, exist_ok=True)
    began = logged = time.monotonic()
    before = written
    with out.open("a", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        if not file.tell():
            rows.writerow(("image", "caption"))
        batches = _prompts(language, texts, settings, chance)
        while written < settings.captions:
            names, prompts = next(batches)
            for name, text in zip(names, write(language, prompts, settings), strict=True):
                if text and cleaner.clean(text).text == text:
                    rows.writerow((name, text))
                    written += 1
            file.flush()
            if (now := time.monotonic()) - logged > LOGGED_EVERY:
                log.info("%d captions, %.0f a second", written, (written - before) / (now - began))
                logged = now
    return written


def write(language: Language, prompts: Sequence[Sequence[int]], settings: GenerationSettings) -> list[str | None]:
    """A caption for each of N prompts of the same length; none where it did not end in time."""
    import torch
    from transformers import DynamicCache

    cache, symbols = DynamicCache(config=language.model.config), torch.tensor(prompts)
    rows, going = torch.arange(len(prompts)), torch.ones(len(prompts), dtype=torch.bool)
    written: list[list[int]] = [[] for _ in prompts]
    with torch.no_grad():
        for _ in range(settings.tokens):
            answer = language.model(input_ids=symbols, past_key_values=cache, use_cache=True, logits_to_keep=1)
            chosen = _draw(answer.logits[:, -1].float(), settings)
            for row, token in zip(rows[going].tolist(), chosen[going].tolist(), strict=True):
                written[row].append(token)
            going &= chosen != language.end
            if not going.any():
                break
            if going.float().mean() < CROWDED:  # what has ended makes room, which costs a copy of all others
                cache.batch_select_indices(torch.nonzero(going)[:, 0])
                rows, chosen, going = rows[going], chosen[going], going[going]
            symbols = chosen[:, None]
    ended = [tokens[-1] == language.end for tokens in written]
    texts = [language.tokenizer.decode(tokens[:-1]).strip() for tokens in written]
    return [text if end and "\n" not in text else None for text, end in zip(texts, ended, strict=True)]


def _draw(logits: Any, settings: GenerationSettings) -> Any:
    """A token a row: float (N, V) → (N,)."""
    import torch

    logits = logits / settings.temperature
    most, tokens = logits.topk(min(settings.candidates, logits.shape[-1]), dim=-1)
    chances = (most - torch.logsumexp(logits, dim=-1, keepdim=True)).exp()
    chances = chances * ((chances.cumsum(dim=-1) - chances) < settings.top_p)
    return tokens.gather(1, torch.multinomial(chances, 1))[:, 0]


def _prompts(
    language: Language, texts: Sequence[tuple[str, str]], settings: GenerationSettings, chance: random.Random
) -> Iterator[tuple[list[str], list[list[int]]]]:
    """Batches without end of images' names and prompts, all of a batch as long: nothing is padded."""
    bare = language.prompt("gram", None)
    while True:
        drawn = (chance.choice(texts) if chance.random() < settings.described else None for _ in range(POOL))
        pool = [(NO_IMAGE, bare) if one is None else (one[0], language.prompt("gram", one[1])) for one in drawn]
        by_length: dict[int, list[tuple[str, list[int]]]] = {}
        for name, prompt in pool:
            by_length.setdefault(len(prompt), []).append((name, prompt))
        batches = [
            alike[start : start + settings.rows]
            for alike in by_length.values()
            for start in range(0, len(alike), settings.rows)
        ]
        chance.shuffle(batches)
        for batch in batches:
            yield [name for name, _ in batch], [prompt for _, prompt in batch]


def _mend(out: Path) -> None:
    """Cut off the row that a killed run has left unfinished; captions hold no line break."""
    if out.exists():
        content = out.read_bytes()
        with out.open("r+b") as file:
            file.truncate(content.rfind(b"\n") + 1)


def _count(out: Path) -> int:
    """Captions that an earlier run has written."""
    if not out.exists():
        return 0
    with out.open(encoding="utf-8", newline="") as file:
        return max(0, sum(1 for _ in csv.reader(file)) - 1)
