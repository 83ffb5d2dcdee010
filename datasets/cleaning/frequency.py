"""How often a language uses a word."""

from functools import lru_cache

LONGEST_WORD = 40  # characters


@lru_cache(maxsize=65536)
def word_frequency(word: str, language: str = "en") -> float:
    """Zipf value of a lower-case word (log10 of its occurrences in a billion words), 0 when unknown."""
    from wordfreq import zipf_frequency

    return float(zipf_frequency(word, language)) if len(word) <= LONGEST_WORD else 0.0
