"""A folder captioned on the page: watched, stopped, gone on with, edited and downloaded."""

import csv
import json
import re
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from .conftest import PATIENCE

PHOTOS = 24  # enough to be stopped in time
CELL = 80  # pixels, a row's height


@pytest.fixture(scope="module")
def folder(tmp_path_factory, sample):
    """Photos of all kinds of proportions, one of them broken."""
    folder = tmp_path_factory.mktemp("holiday")
    pictures = sorted((sample / "photos").glob("*.jpg"))
    for number in range(PHOTOS - 1):
        with Image.open(pictures[number % len(pictures)]) as picture:
            picture.rotate(number // len(pictures) * 3).resize((320, 300 - number)).save(folder / f"{number:03}.jpg")
    (folder / "torn.jpg").write_bytes(b"no photo")
    return folder


def begin(page, folder: Path) -> None:
    page.get_by_label("Folder", exact=True).fill(str(folder))
    page.get_by_label("Folder", exact=True).press("Enter")
    page.get_by_role("button", name="Caption them").click()


def stopped(page) -> int:
    """Stop as soon as a photo is done; returns how many are left."""
    page.get_by_role("button", name="Stop").click()
    told = page.get_by_text(re.compile(r"captioned, \d+ left"))
    expect(told).to_be_visible()
    return int(re.search(r"(\d+) left", told.inner_text())[1])


def until(page, holds) -> None:
    """Wait for what only the disk tells."""
    for _ in range(PATIENCE // 100):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it never came")


def at_rest(page) -> None:
    """Wait until the page is drawn to its end."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def opened_cell(page):
    """The field over the first description: a grid is a canvas, and answers only once it is drawn."""
    expect(page.get_by_role("button", name="Text files (zip)")).to_be_visible()
    field = page.locator("textarea.gdg-input")
    for _ in range(20):
        box = page.get_by_test_id("stDataFrame").first.bounding_box()
        page.mouse.click(
            box["x"] + 100, box["y"] + 40 + CELL / 2
        )  # the photo's name; then come its pick and description
        for key in ("ArrowRight", "ArrowRight", "Enter"):
            page.keyboard.press(key)
        with suppress(AssertionError):
            expect(field).to_be_visible(timeout=5000)
            break
    return field


@pytest.mark.parametrize(("typed", "sentence"), [("/no/such/folder", "cannot be read"), ("", "Type where")])
def test_a_folder_that_is_none_is_a_sentence(visit, typed, sentence):
    page = visit("folder")
    begin(page, typed)
    expect(page.get_by_role("alert").get_by_text(sentence)).to_be_visible()


def test_a_folder_is_stopped_gone_on_with_edited_and_taken_away(visit, folder, photograph, tmp_path):
    page = visit("folder")
    begin(page, folder)
    expect(page.get_by_text(re.compile(rf"\d+ of {PHOTOS}\b"))).to_be_visible(timeout=PATIENCE)
    left = stopped(page)
    assert PHOTOS // 2 < left < PHOTOS, "a photo or two after the press it ends"
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("photos/s")).to_be_visible()
    photograph(page, "folder-running")
    expect(page.get_by_text(f"{PHOTOS - 1} of {PHOTOS} photos captioned, 1 failed.")).to_be_visible(timeout=PATIENCE)
    photograph(page, "folder")

    page.reload()  # another visitor would see the same
    field = opened_cell(page)
    field.fill("my own words")
    field.press("Enter")
    journal = folder / "captions.journal.jsonl"
    until(page, lambda: "my own words" in journal.read_text(encoding="utf-8"))
    for label, name in (("CSV", "captions.csv"), ("JSONL", "captions.jsonl"), ("Text files (zip)", "captions.zip")):
        at_rest(page)  # a file is made when it is asked for, by the button of the page's last run
        with page.expect_download() as download:
            page.get_by_role("button", name=label, exact=True).click()
        download.value.save_as(tmp_path / name)
    with (tmp_path / "captions.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == PHOTOS - 1 and rows[0]["description"] == "my own words"
    assert all(row["caption"] == row["caption_1"] for row in rows)
    lines = [json.loads(line) for line in (tmp_path / "captions.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[0]["description"] == "my own words"
    with zipfile.ZipFile(tmp_path / "captions.zip") as archive:
        assert len(archive.namelist()) == PHOTOS - 1
    page.get_by_role("button", name="Another folder").click()
    expect(page.get_by_role("button", name="Caption them")).to_be_visible()
