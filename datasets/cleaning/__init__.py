"""Cleaning: a raw caption → a clean one, or the reason to drop it."""

from datasets.cleaning.config import CleaningConfig
from datasets.cleaning.pipeline import RULE_NAMES, Cleaned, Cleaner, CleanResult, clean_posts
from datasets.cleaning.report import CleaningReport

__all__ = ["RULE_NAMES", "CleanResult", "Cleaned", "Cleaner", "CleaningConfig", "CleaningReport", "clean_posts"]
