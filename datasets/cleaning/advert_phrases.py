"""Phrases that announce, sell or ask for reach, from ``word_lists/advert_phrases.toml``."""

import tomllib
from importlib import resources

import regex

from datasets.cleaning import word_lists


def _read() -> tuple[tuple[frozenset[str], "regex.Pattern[str]"], ...]:
    table = tomllib.loads(resources.files(word_lists).joinpath("advert_phrases.toml").read_text(encoding="utf-8"))
    parts: dict[str, str] = {}
    for name, alternatives in table["parts"].items():
        parts[name] = f"(?:{_filled('|'.join(alternatives), parts)})"
    return tuple(
        (
            frozenset(phrase["words"].split()),
            regex.compile(_filled("|".join(phrase["any"]), parts), regex.IGNORECASE),
        )
        for phrase in table["phrase"]
    )


def _filled(pattern: str, parts: dict[str, str]) -> str:
    for name, part in parts.items():
        pattern = pattern.replace(f"«{name}»", part)
    return pattern


# Each pattern with the words of which a match holds at least one.
PHRASES = _read()
