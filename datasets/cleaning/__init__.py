"""Cleaning: a raw caption → a clean one, or the reason to drop it; ``datasets.cleaning.frames`` does so for tables."""

from datasets.cleaning.config import CleaningConfig
from datasets.cleaning.pipeline import RULE_NAMES, Cleaned, Cleaner
from datasets.cleaning.report import CleaningReport
from datasets.cleaning.stream import CaptionStream, CleanResult, clean_posts

__all__ = [
    "RULE_NAMES",
    "CaptionStream",
    "CleanResult",
    "Cleaned",
    "Cleaner",
    "CleaningConfig",
    "CleaningReport",
    "clean_posts",
]
