"""Readers of post dumps and research sets, and the pipeline that cleans their captions."""

from pathlib import Path

SAMPLE_PHOTOS = Path(__file__).parent / "sample" / "photos"  # fourteen that ship with the project
