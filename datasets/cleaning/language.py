"""Is the caption in the chosen language? Captions are short, so only clear cases are told to be foreign.

Lingua decides: on captions of one to five words it was right more often than py3langid, which took "so cute" for
Italian and "bye" for Tagalog. It takes 0.1 to 0.3 ms, so it is asked only where the words alone leave a doubt.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

from caption_model.errors import CaptionError
from datasets.cleaning.derived import derived
from datasets.cleaning.frequency import word_frequency
from datasets.cleaning.word_lists import phrases, word_list

if TYPE_CHECKING:
    from lingua import LanguageDetector

SUPPORTED = ("en", "es", "pt", "fr", "it", "de", "nl", "tr", "id", "sv", "pl")
# Told apart from the supported ones: the Latin-script languages captions come in. More would cost accuracy.
RIVALS = (*SUPPORTED, "tl")
OTHER_SCRIPTS = regex.compile(r"[\p{L}--[\p{Latin}ªº]]", regex.V1)
WORD = regex.compile(r"\p{L}+(?:'\p{L}+)?")
STRETCHED = regex.compile(r"(\p{L})\1{2,}")
KNOWN = 2.5  # Zipf value from which a word counts as one of the language
COMMON = 3.3
FEW_WORDS = 2
FAR_MORE = 1.0
# English has borrowed them, articles and all: "a la carte", "crème brûlée".
BORROWED = regex.compile(rf"(?i)(?<!\p{{L}})(?:{'|'.join(phrases('borrowed'))})(?!\p{{L}})")


@lru_cache(maxsize=1)
def _detector() -> "LanguageDetector":
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [getattr(IsoCode639_1, code.upper()) for code in RIVALS]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).build()


def check_language(language: str) -> None:
    """Raise CaptionError when captions cannot be told to be in ``language`` (an ISO 639-1 code)."""
    if language not in SUPPORTED:
        raise CaptionError(f"Language '{language}' is not supported; choose one of {', '.join(SUPPORTED)}.")


def other_script(text: str) -> bool:
    """Letters of another script than the Latin one, which all supported languages are written in."""
    return not text.isascii() and OTHER_SCRIPTS.search(text) is not None


def foreign(language: str) -> Callable[[str], bool]:
    """A test whether a text is clearly not in ``language``."""

    def fails(text: str) -> bool:
        if language == "en":
            text = BORROWED.sub(" ", text)
        words = [_unstretched(match[0].lower(), language) for match in WORD.finditer(text)]
        if not words:
            return False
        if language == "en" and (verdict := _by_function_words(words)) is not None:
            return verdict
        known = sum(_known(word, language) for word in words) / len(words)
        if language == "en":
            english = all(_known(word, "en") or derived(word) for word in words)
            if english or len(words) <= FEW_WORDS:
                return _few_words_foreign(words, known, english)
        sure = _confidence(words, language)
        if len(words) > FEW_WORDS:
            return sure < 0.05 or (known < 0.7 and sure < 0.15) or (known < 0.5 and sure < 0.5)
        if known == 1:
            return sure < 0.02
        if len(words) == 1:
            return known == 0 and sure < 0.03
        return sure < (0.04 if known else 0.15)

    return fails


def likeliest(text: str, besides: str) -> str | None:
    """The language that a text most likely is in, ``besides`` apart, as ISO 639-1 code; ``None`` when nothing tells."""
    for guess in _detector().compute_language_confidence_values(text):
        code = str(guess.language.iso_code_639_1.name).lower()
        if code != besides and guess.value > 0:
            return code
    return None


def _few_words_foreign(words: list[str], known: float, english: bool) -> bool:
    """Few words, or English ones: Lingua guesses wildly there, so that the words' frequencies must agree with it."""
    if english and known == 0:
        return False
    elsewhere = _at_home_elsewhere(words)
    if elsewhere > 0.5 and not (len(words) == 1 and english and word_frequency(words[0]) > COMMON):
        return _confidence(words, "en") < (0.05 if len(words) > FEW_WORDS else 0.3)
    if english:
        return False
    if len(words) == 1:
        return _confidence(words, "en") < 0.03
    return (elsewhere > 0 or known < 1) and _confidence(words, "en") < (0.04 if known else 0.15)


def _at_home_elsewhere(words: list[str]) -> float:
    """Share of the words that are far more frequent in the one language that has most of them so."""
    from wordfreq import zipf_frequency

    return max(
        sum(zipf_frequency(word, code, wordlist="small") > word_frequency(word) + FAR_MORE for word in words)
        for code in SUPPORTED
        if code != "en"
    ) / len(words)


def _by_function_words(words: list[str]) -> bool | None:
    """English by its function words, or foreign by those of other languages, or ``None`` when they leave a doubt."""
    english = sum(word in word_list("english_markers") for word in words)
    foreign_words = {word for word in words if word in word_list("foreign_function_words")}
    if not english and (len(foreign_words) > 1 or (foreign_words and len(words) <= 3 and not _all_common(words))):
        return None if len(foreign_words) < 0.3 * len(words) else True
    if not foreign_words and _all_common(words):
        return False
    return None


def _all_common(words: list[str]) -> bool:
    return all(word_frequency(word) >= COMMON for word in words)


def _known(word: str, language: str) -> bool:
    return word_frequency(word, language) >= KNOWN


def _unstretched(word: str, language: str) -> str:
    """The word that a drawn-out one stands for: "soooo" → "so", "cooool" → "cool"."""
    if not STRETCHED.search(word):
        return word
    return max((STRETCHED.sub(short, word) for short in (r"\1", r"\1\1")), key=lambda w: word_frequency(w, language))


def _confidence(words: list[str], language: str) -> float:
    from lingua import IsoCode639_1, Language

    code = getattr(IsoCode639_1, language.upper())
    return float(_detector().compute_language_confidence(" ".join(words), Language.from_iso_code_639_1(code)))
