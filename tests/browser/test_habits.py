"""Ready captions and beginnings, a carousel, shortcuts, and pictures that come by the clipboard."""

import base64
import io
import re
import zipfile

from playwright.sync_api import expect

from .conftest import PATIENCE
from .test_suggest import captioned, fields, tool

# What a browser does when a picture is pasted, or dropped on the page beside the field.
GIVE = """([data, kind]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
  const given = new DataTransfer();
  given.items.add(new File([bytes], "image.jpg", { type: "image/jpeg" }));
  const usual = { bubbles: true, cancelable: true };
  document.body.dispatchEvent(
    kind === "paste"
      ? new ClipboardEvent("paste", { ...usual, clipboardData: given })
      : new DragEvent("drop", { ...usual, dataTransfer: given }),
  );
}"""


def give(page, sample, name: str, kind: str) -> None:
    data = base64.b64encode((sample / "photos" / name).read_bytes()).decode()
    page.evaluate(GIVE, [data, kind])


def test_a_ready_caption_is_taken_over_and_a_beginning_is_kept(visit, sample):
    page = visit()
    captioned(page, sample, "dogs.jpg", captions=5)
    ready = page.get_by_role("list", name="From the caption book, for dogs.jpg")
    text = ready.get_by_role("listitem").first.inner_text().split("\n")[0]
    tool(page, "Use").first.click()
    expect(fields(page)).to_have_count(6)
    expect(fields(page).last).to_have_value(text)
    expect(page.get_by_text("Caption book", exact=True)).to_be_visible()
    expect(tool(page, "Use").first).to_be_disabled()

    page.get_by_text("Options of this photo").click()
    beginning = page.get_by_role("textbox", name="Starts with…").last
    beginning.fill("Two friends")
    beginning.press("Enter")
    expect(fields(page).first).to_have_value(re.compile("^Two friends"), timeout=PATIENCE)
    expect(fields(page).nth(5)).to_have_value(text)


def test_pictures_are_pasted_and_dropped_and_shortcuts_act(visit, sample):
    page = visit()
    expect(page.get_by_role("button", name="Shortcuts ?")).to_be_visible()
    give(page, sample, "cat.jpg", "paste")
    expect(fields(page)).to_have_count(5, timeout=PATIENCE)
    expect(page.get_by_text(re.compile("^pasted 20"))).to_be_visible()
    give(page, sample, "dogs.jpg", "drop")
    expect(fields(page)).to_have_count(10, timeout=PATIENCE)
    fields(page).last.fill("n, c, h, r?")
    fields(page).last.press("?")
    expect(fields(page).last).to_have_value("n, c, h, r??")
    fields(page).last.press("Enter")
    page.keyboard.press("h")
    expect(tool(page, "Favourite").first).to_have_attribute("aria-pressed", "true")
    for _ in range(2):  # to the first photo, and from it to the next
        page.keyboard.press("n")
    page.keyboard.press("c")
    expect(tool(page, "Copied")).to_be_visible()
    before = fields(page).nth(5).input_value()
    assert page.evaluate("navigator.clipboard.readText()") == before
    page.keyboard.press("r")
    expect(fields(page).nth(5)).not_to_have_value(before, timeout=PATIENCE)
    page.keyboard.press("u")
    expect(fields(page).nth(5)).to_have_value(before, timeout=PATIENCE)
    page.keyboard.press("?")
    help_ = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_.get_by_text("Next photo")).to_be_visible()
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()


def test_a_carousel_is_put_in_order_and_taken_away(visit, sample, tmp_path):
    page = visit(height=1400)
    captioned(page, sample, "cat.jpg", "bridge.jpg", captions=10)
    page.get_by_text("Carousel: 2 photos as one post").click()
    slides = page.get_by_role("list", name="The slides in their order").get_by_role("listitem")
    before = slides.all_inner_texts()
    assert len(before) == 2
    slides.nth(0).drag_to(slides.nth(1))
    expect(slides.nth(0)).to_contain_text(before[1].split("\n")[0])
    tool(page, "Move earlier").last.press("Enter")
    expect(slides.nth(0)).to_contain_text(before[0].split("\n")[0])
    page.get_by_role("button", name="Write one caption for all").click()
    expect(fields(page)).to_have_count(15, timeout=PATIENCE)
    tool(page, "Favourite").nth(12).click()
    expect(tool(page, "Favourite").nth(12)).to_have_attribute("aria-pressed", "true")
    wanted = fields(page).nth(12).input_value()
    page.wait_for_timeout(2000)  # until the server has heard of it
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the carousel").click()
    download.value.save_as(tmp_path / "carousel.zip")
    with zipfile.ZipFile(io.BytesIO((tmp_path / "carousel.zip").read_bytes())) as archive:
        assert [name for name in archive.namelist() if name.endswith(".jpg")] == ["01 cat.jpg", "02 bridge.jpg"]
        assert archive.read("captions.txt").decode().startswith(f"{wanted}\n\n1. ")
