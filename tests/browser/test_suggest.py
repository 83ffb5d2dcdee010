"""The main path: photos in, captions out, edited, copied, liked, and found again."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from .conftest import PATIENCE

FAMILY = "👩‍👩‍👧"


def upload(page, *photos) -> None:
    """Drop photos in; paths, or name and bytes."""
    files = [
        {"name": photo[0], "mimeType": "image/jpeg", "buffer": photo[1]} if isinstance(photo, tuple) else str(photo)
        for photo in photos
    ]
    page.locator("input[type=file]").first.set_input_files(files)


def fields(page):
    return page.get_by_role("textbox", name=re.compile(r"^Caption \d$"))


def tool(page, name: str):
    """Buttons by what they do; those of one caption go on with its words."""
    return page.get_by_role("button", name=re.compile(f"^{re.escape(name)}(:|$)"))


def captioned(page, sample, *names: str, captions: int):
    upload(page, *(sample / "photos" / name for name in names))
    expect(fields(page)).to_have_count(captions, timeout=PATIENCE)


def test_two_photos_ten_captions_edit_copy_favourite_history(visit, sample, photograph):
    page = visit(height=1080)
    captioned(page, sample, "dogs.jpg", "cat.jpg", captions=10)
    texts = [field.input_value() for field in fields(page).all()]
    assert len(set(texts[:5])) == len(set(texts[5:])) == 5 and all(texts)  # two photos may share one
    expect(page.get_by_text("Description")).to_have_count(2)
    photograph(page, "suggest")

    first, count = fields(page).first, page.get_by_role("status").first
    first.fill(FAMILY * 80)
    expect(count).to_have_text("80/80")
    expect(first).to_have_attribute("aria-invalid", "false")
    first.press_sequentially("!")
    expect(count).to_have_text("81/80 · 1 too many")
    expect(first).to_have_attribute("aria-invalid", "true")

    first.fill("Two noses at the window 🐶🐶")
    tool(page, "Copy").first.click()
    expect(tool(page, "Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "Two noses at the window 🐶🐶"
    tool(page, "Favourite").first.click()
    expect(tool(page, "Favourite").first).to_have_attribute("aria-pressed", "true")

    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    page.get_by_role("textbox", name="Search").fill("TWO NOSES")
    page.keyboard.press("Enter")
    expect(page.get_by_text("dogs.jpg ·").first).to_be_visible()
    expect(page.get_by_text("cat.jpg ·")).to_have_count(0)
    expect(page.get_by_text("Two noses at the window 🐶🐶")).to_be_visible()
    expect(page.get_by_role("img", name="Favourite")).to_have_count(1)
    page.set_viewport_size({"width": 1200, "height": 760})
    photograph(page, "history")

    page.get_by_role("link", name="Suggest").click()
    expect(fields(page)).to_have_count(10)
    expect(fields(page).first).to_have_value("Two noses at the window 🐶🐶")


def test_again_and_more_like_this_spare_what_was_kept(visit, sample):
    page = visit()
    captioned(page, sample, "sunset.jpg", captions=5)
    before = [field.input_value() for field in fields(page).all()]
    fields(page).nth(1).fill("my own words")
    page.get_by_role("button", name="More ideas").click()
    expect(fields(page).nth(0)).not_to_have_value(before[0])
    expect(fields(page).nth(1)).to_have_value("my own words")
    after = [field.input_value() for field in fields(page).all()]
    assert not set(before) & set(after)

    tool(page, "More like this").nth(2).click()
    expect(fields(page).nth(0)).not_to_have_value(after[0])
    expect(fields(page).nth(1)).to_have_value("my own words")
    expect(fields(page).nth(2)).to_have_value(after[2])


def test_why_shows_where_each_word_looked(visit, sample, photograph):
    page = visit(height=1100)
    captioned(page, sample, "dogs.jpg", captions=5)
    page.get_by_text("Why?").click()
    expect(page.get_by_text("The eye saw")).to_be_visible()
    maps = page.get_by_role("img", name=re.compile("^Where “"))
    expect(maps.first).to_be_visible()
    assert maps.count() >= 3


def test_the_description_is_copied_as_alt_text(visit, sample):
    page = visit()
    captioned(page, sample, "cat.jpg", captions=5)
    tool(page, "Copy as alt text").click()
    expect(tool(page, "Copied")).to_be_visible()
    alt = page.evaluate("navigator.clipboard.readText()")
    assert alt.endswith(".")
    expect(page.get_by_role("img", name=alt)).to_be_visible()


def test_a_caption_is_reached_edited_and_liked_by_keyboard(visit, sample):
    page = visit()
    captioned(page, sample, "cat.jpg", captions=5)
    fields(page).first.focus()
    page.keyboard.press("End")
    page.keyboard.type("!")
    page.keyboard.press("Tab")
    expect(tool(page, "Copy").first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(tool(page, "Favourite").first).to_have_attribute("aria-pressed", "true")
    for name in ("Shorter", "With emoji", "Without emoji", "More like this"):
        page.keyboard.press("Tab")
        expect(tool(page, name).first).to_be_focused()
    page.keyboard.press("Tab")
    expect(fields(page).nth(1)).to_be_focused()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_on_a_phone_nothing_sticks_out(visit, sample, photograph, dark):
    page = visit(width=390, height=844, dark=dark)
    captioned(page, sample, "bridge.jpg", captions=5)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for part in (fields(page).first, tool(page, "More like this").first, page.get_by_role("button", name="More ideas")):
        box = part.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    if dark:
        fields(page).last.scroll_into_view_if_needed()
        photograph(page, "phone")


def test_heic_png_and_webp_are_photos_and_a_broken_one_says_so_on_its_card(visit):
    import pillow_heif

    picture = Image.new("RGB", (120, 80), "teal")
    heic, png, webp = io.BytesIO(), io.BytesIO(), io.BytesIO()
    pillow_heif.from_pillow(picture).save(heic)
    picture.save(png, "PNG")
    picture.save(webp, "WEBP")
    page = visit()
    upload(
        page,
        ("phone.heic", heic.getvalue()),
        ("paint.png", png.getvalue()),
        ("web.webp", webp.getvalue()),
        ("torn.jpg", b"\xff\xd8\xff\xe0 torn"),
    )
    expect(page.get_by_text("torn.jpg is")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("Description")).to_have_count(3, timeout=PATIENCE)
