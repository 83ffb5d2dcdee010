"""Quick rewrites of one caption: shorter, with emoji, without."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from caption_model.generation.caption import Caption
from caption_model.generation.options import GenerationOptions
from caption_model.text import graphemes
from caption_model.text.controls import MEDIUM

Rewrite = Literal["shorter", "emoji", "plain"]
NAMES: dict[Rewrite, str] = {"shorter": "Shorter", "emoji": "With emoji", "plain": "Without emoji"}
CHOSEN_FROM = 5  # captions


def rewritten(
    text: str, how: Rewrite, write: Callable[[GenerationOptions], Sequence[Caption]], options: GenerationOptions
) -> str | None:
    """A caption changed a little, or ``None`` where nobody knows how.

    Args:
        text: the caption as it stands.
        how: ``shorter``, ``emoji`` (with some) or ``plain`` (without).
        write: gives captions of the photo for options.
        options: what the photo's captions were asked for with.
    """
    if how == "plain":
        bare = " ".join("".join(part for part in graphemes.split(text) if not graphemes.is_emoji(part)).split())
        return bare if bare and bare != text else None
    if how == "emoji" and graphemes.emojis(text):
        return None
    used = graphemes.length(text)
    asked = replace(options, n=CHOSEN_FROM, like=text, avoid={text})
    if how == "shorter":
        asked = replace(asked, length="medium" if used > MEDIUM else "short")
    else:
        asked = replace(asked, emoji="some")
    for caption in write(asked):
        if graphemes.length(caption.text) < used if how == "shorter" else graphemes.emojis(caption.text):
            return caption.text
    return None
