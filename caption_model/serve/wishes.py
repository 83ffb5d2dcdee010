"""What a request may ask for: the options of ``suggest``, by the same names."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import UploadFile
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from caption_model.generation.options import GUIDANCE_SCALE, LONGEST_BEGINNING, GenerationOptions
from caption_model.serve.model import Wish
from caption_model.services.answers import subject_of
from caption_model.text.controls import EmojiAmount, Length, Tone

MOST_SEED = 2**53 - 1  # what every reader of JSON holds exactly
LONGEST = 200  # characters of a text that is typed


def _can_begin(text: str) -> str:
    try:
        return GenerationOptions(starts_with=text).starts_with
    except ValueError as error:
        raise ValueError(str(error).removeprefix("starts_with ")) from error


class Options(BaseModel):
    """How captions are to be; all may be left out."""

    model_config = ConfigDict(extra="forbid")

    n: int = Field(5, ge=1, le=50, description="Social captions a photo.")
    seed: int = Field(7, ge=0, le=MOST_SEED, description="Same seed, same captions.")
    tone: Tone = Field("gram", description="Whose voice.")
    emoji: EmojiAmount | None = Field(None, description="some: one or two, many: three or more.")
    length: Length | None = Field(None, description="short: at most 25 characters, medium: 50, long: 80.")
    about: str | None = Field(None, max_length=LONGEST, description="What captions name: dog, puppy, the sea, coffee …")
    starts_with: Annotated[str, AfterValidator(_can_begin)] = Field(
        "", max_length=LONGEST, description=f"How captions begin; up to {LONGEST_BEGINNING} characters."
    )
    hashtags: int | None = Field(None, ge=1, le=5, description="Also so many hashtags at most.")
    relevance: float = Field(
        GUIDANCE_SCALE, ge=0, le=4, allow_inf_nan=False, description="How much the photo counts: 0 nothing, 2 a lot."
    )
    book: int = Field(0, ge=0, le=50, description="Also so many ready captions from the caption book.")
    voice: str | None = Field(None, max_length=LONGEST, description="One of the server's voices; default: the bundled.")


class CaptionForm(Options):
    """Photos to caption at once."""

    photos: list[UploadFile] = Field(min_length=1, description="Photo files.")
    explain: bool = Field(False, description="Also a PNG, in base64: where the description looked; one photo only.")


class JobForm(Options):
    """A set of photos to caption in its turn."""

    photos: list[UploadFile] = Field(min_length=1, description="Photo files.")


def asked_of(form: Options) -> dict[str, Any]:
    """The options alone, as they can be kept."""
    return form.model_dump(include=set(Options.model_fields))


def wish_of(asked: Mapping[str, Any], models: Path, voices: Collection[str]) -> tuple[Wish, int | None]:
    """What is wanted, and the most hashtags.

    Raises:
        ValueError: the subject or the voice is not known; the message names the option.
    """
    options = Options(**asked)
    if options.voice and options.voice not in voices:
        known = ", ".join(sorted(voices)) or "none"
        raise ValueError(f"voice: the server has no voice {options.voice!r}; it has: {known}.")
    try:
        subject = subject_of(options.about, models)
    except ValueError as error:
        raise ValueError(f"about: {error}") from error
    generation = GenerationOptions(
        options.n,
        options.seed,
        options.tone,
        options.emoji,
        options.length,
        subject=subject,
        guidance_scale=options.relevance,
        starts_with=options.starts_with,
    )
    return Wish(generation, options.voice or "", options.book), options.hashtags
