"""The LLM teacher: a pretrained language model that learns to caption as people do, told what a photo shows.

It has read more than all captions at hand, and is thirty times too large to ship. What it knows reaches the social
decoder by the captions that it writes (``generate``): sequence-level knowledge distillation (Kim & Rush 2016).
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from caption_model.errors import TrainingError
from caption_model.text import graphemes
from caption_model.text.controls import Tone
from caption_model.training.installed_datasets import installed_datasets

# What a line of each tone begins with; words that the model knows.
NAMES: dict[Tone | None, str] = {
    None: "caption",
    "gram": "instagram",
    "playful": "playful",
    "warm": "warm",
    "minimal": "short",
    "post": "post",
    "tweet": "tweet",
    "plain": "plain",
}
MOST_TOKENS = 70  # of a caption
IGNORED = -100


class Lesson(NamedTuple):
    """Tokens of a prompt, and of the caption that is to follow, its end included."""

    prompt: list[int]
    caption: list[int]


class Language:
    """A causal language model and its tokenizer."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.end: int = tokenizer.eos_token_id

    @classmethod
    def load(cls, name: str) -> "Language":
        """A model's name on the Hugging Face hub, its folder, or a GGUF file.

        Raises:
            TrainingError: there is none, or its format is unknown.
            ModuleNotFoundError: the extra ``teachers`` is not installed.
        """
        path = Path(name)
        where: dict[str, Any] = {"pretrained_model_name_or_path": name}
        if path.suffix == ".gguf":
            where = {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
        with installed_datasets():
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer

            try:
                # Attention written out: for rows this short it is several times as fast on a CPU as the fused kernel.
                loaded = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32, attn_implementation="eager")
                tokenizer = AutoTokenizer.from_pretrained(**where)
            except (OSError, ValueError, ImportError) as error:
                reason = str(error).partition("\n")[0]
                raise TrainingError(f"{name} is no language model that can be loaded ({reason}).") from error
        if getattr(loaded.config, "quantization_config", None) is None:
            return cls(loaded, tokenizer)
        del loaded.config.quantization_config  # its weights are floats by now, and are to be saved as such
        model = AutoModelForCausalLM.from_config(loaded.config, attn_implementation="eager")
        model.load_state_dict(loaded.state_dict())
        return cls(model, tokenizer)

    def save(self, folder: Path) -> None:
        """Write weights (safetensors), configuration and tokenizer."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    def prompt(self, tone: Tone | None, description: str | None) -> list[int]:
        """Tokens that a caption follows: what the photo shows, if that is told, and the tone."""
        told = f"photo: {description.strip(' .').lower()}\n" if description else ""
        return list(self.tokenizer(f"{told}{NAMES[tone]}:")["input_ids"])

    def lesson(self, caption: str, tone: Tone | None, description: str | None = None) -> Lesson:
        """A caption to learn."""
        tokens = self.tokenizer(" " + caption)["input_ids"][:MOST_TOKENS]
        return Lesson(self.prompt(tone, description), [*tokens, self.end])

    def cost(self, lessons: Sequence[Lesson]) -> tuple[Any, int]:
        """Summed cost of the captions in nats, a tensor, and of how many tokens."""
        import torch
        from torch.nn import functional

        length = max(len(prompt) + len(caption) for prompt, caption in lessons)
        tokens = torch.full((len(lessons), length), self.end)
        there = torch.zeros((len(lessons), length), dtype=torch.long)
        targets = torch.full((len(lessons), length), IGNORED)
        for row, (prompt, caption) in enumerate(lessons):
            both = torch.tensor([*prompt, *caption])
            tokens[row, : len(both)] = both
            there[row, : len(both)] = 1
            targets[row, len(prompt) - 1 : len(both) - 1] = torch.tensor(caption)
        asked = targets != IGNORED
        with torch.autocast("cpu", torch.bfloat16):
            hidden = self.model.base_model(input_ids=tokens, attention_mask=there, use_cache=False).last_hidden_state
            logits = self.model.get_output_embeddings()(hidden[asked])
        return functional.cross_entropy(logits.float(), targets[asked], reduction="sum"), int(asked.sum())

    def bits(self, captions: Sequence[str], rows: int = 32) -> float:
        """Bits per character of captions, no photo described; as the social decoder's, the end counts as one."""
        import torch

        lessons = sorted((self.lesson(caption, "gram") for caption in captions), key=lambda one: len(one.caption))
        self.model.eval()
        with torch.no_grad():
            nats = sum(float(self.cost(lessons[at : at + rows])[0]) for at in range(0, len(lessons), rows))
        self.model.train()
        return nats / math.log(2) / sum(graphemes.length(caption) + 1 for caption in captions)
