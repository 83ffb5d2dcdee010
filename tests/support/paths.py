"""Where things lie, whatever folder a test is in."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "datasets" / "sample"
PHOTOS = SAMPLE / "photos"
SUPPORT = ROOT / "tests" / "support"
