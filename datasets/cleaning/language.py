"""Is the caption in the chosen language? Captions are short, so only clear cases are told to be foreign."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

from caption_model.errors import CaptionError
from datasets.cleaning.names import word_frequency

if TYPE_CHECKING:
    from lingua import LanguageDetector

# Languages that captions come in and that share the Latin script. More would cost accuracy on short text.
RIVALS = ("en", "es", "pt", "fr", "it", "de", "nl", "tr", "id", "tl", "sv", "pl")
OTHER_SCRIPTS = regex.compile(r"[\p{L}--[\p{Latin}ªº]]", regex.V1)
WORD = regex.compile(r"\p{L}+(?:'\p{L}+)?")
STRETCHED = regex.compile(r"(\p{L})\1{2,}")
KNOWN = 3.0  # Zipf value from which a word counts as one of the language


@lru_cache(maxsize=2)
def _detector(language: str) -> "LanguageDetector":
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, code.upper()) for code in dict.fromkeys((language, *RIVALS))]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).build()


def check_language(language: str) -> None:
    """Raise CaptionError when captions cannot be told to be in ``language`` (an ISO 639-1 code)."""
    from wordfreq import available_languages

    if language not in SUPPORTED:
        raise CaptionError(f"Language '{language}' is not supported; choose one of {', '.join(SUPPORTED)}.")
    if language not in available_languages("best"):  # the two lists are kept in step by a test
        raise CaptionError(f"There are no word frequencies for language '{language}'.")


SUPPORTED = ("en", "es", "pt", "fr", "it", "de", "nl", "tr", "id", "sv", "pl")


def foreign(language: str) -> Callable[[str], bool]:
    """A test whether a text is clearly not in ``language``."""

    def fails(text: str) -> bool:
        if OTHER_SCRIPTS.search(text):
            return True
        words = [match[0].lower() for match in WORD.finditer(text)]
        if not words:
            return False
        known = sum(_known(word, language) for word in words) / len(words)
        if known == 1 and len(words) <= 2:
            return False
        sure = _confidence(text, language)
        if len(words) == 1:
            return known == 0 and sure < 0.05
        return (known < 0.5 and sure < 0.6) or (known < 0.75 and sure < 0.2) or sure < 0.04

    return fails


def _known(word: str, language: str) -> bool:
    if word_frequency(word, language) >= KNOWN:
        return True
    short = STRETCHED.sub(r"\1", word)
    return (
        short != word
        and max(word_frequency(short, language), word_frequency(STRETCHED.sub(r"\1\1", word), language)) >= KNOWN
    )


def _confidence(text: str, language: str) -> float:
    from lingua import IsoCode639_1

    detector = _detector(language)
    code = getattr(IsoCode639_1, language.upper())
    return next(
        (
            value.value
            for value in detector.compute_language_confidence_values(text)
            if value.language.iso_code_639_1 == code
        ),
        0.0,
    )
