"""The sample that ships with the project: every photo opens, is credited, and carries no metadata."""

import csv
from pathlib import Path

import pytest
from PIL import Image

from caption_model.text import graphemes
from tests.support.paths import SAMPLE

PHOTOS = sorted((SAMPLE / "photos").glob("*.jpg"))


def test_every_photo_is_credited_and_every_credit_has_its_photo():
    rows = [line.split("|") for line in (SAMPLE / "README.md").read_text(encoding="utf-8").splitlines()]
    credits_ = {row[1].strip(" `"): row for row in rows if len(row) == 7 and row[1].strip().endswith(".jpg`")}
    assert set(credits_) == {photo.name for photo in PHOTOS}
    for row in credits_.values():
        assert row[3].strip(), f"{row[1]} names no author"
        assert "public domain" in row[4] or "creativecommons.org" in row[4], f"{row[1]} names no free licence"


@pytest.mark.parametrize("path", sorted(SAMPLE.rglob("*.jpg")), ids=lambda path: path.stem)
def test_a_photo_is_small_and_carries_no_metadata(path: Path):
    with Image.open(path) as photo:
        assert photo.format == "JPEG"
        assert max(photo.size) <= (640 if path.parent.name == "photos" else 224)
        assert not photo.getexif()
        assert not {"exif", "comment", "icc_profile", "xmp"} & photo.info.keys()


def test_every_photo_has_five_different_descriptions():
    with (SAMPLE / "flickr8k" / "captions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    described = {photo.name: {row["caption"] for row in rows if row["image"] == photo.name} for photo in PHOTOS}
    assert {name: len(captions) for name, captions in described.items()} == {photo.name: 5 for photo in PHOTOS}
    assert len(rows) == 5 * len(PHOTOS)


def test_the_dump_keeps_the_quirks_of_the_real_one():
    with (SAMPLE / "kaggle/instagram_data/captions_csv.csv").open(encoding="utf-8", newline="") as file:
        first = list(csv.DictReader(file))
    with (SAMPLE / "kaggle/instagram_data2/captions_csv2.csv").open(encoding="utf-8", newline="") as file:
        second = [dict(zip(("Sr No", "Image File", "Caption"), row, strict=True)) for row in csv.reader(file)]
    assert second[0]["Sr No"] == "1", "the second file has no header"
    for rows, folder in ((first, "instagram_data"), (second, "instagram_data2")):
        missing = [row for row in rows if not (SAMPLE / "kaggle" / folder / f"{row['Image File']}.jpg").exists()]
        assert len(missing) == 1
    captions = [row["Caption"] for row in first + second]
    assert "" in captions
    assert any("\n" in caption for caption in captions)
    assert any(graphemes.length(caption) > 200 for caption in captions)
    assert len(set(captions)) < len(captions)
