"""Nothing is lost: two drops at once, a click on another page, a reload, a second tab, a killed server."""

import signal
from urllib.parse import urlsplit

from playwright.sync_api import expect

from .conftest import PATIENCE, running
from .test_suggest import captioned, fields, tool, upload

RESTORED = "The server was restarted. Your photos, captions and settings are back."


def test_a_second_drop_shortly_after_the_first_is_not_lost(visit, sample):
    page = visit()
    for name in ("cat.jpg", "dogs.jpg", "bridge.jpg"):
        upload(page, sample / "photos" / name)
        page.wait_for_timeout(300)  # Streamlit's field itself forgets a drop within a tenth of a second of another
    expect(fields(page)).to_have_count(15, timeout=PATIENCE)


def test_words_typed_just_before_a_click_a_reload_and_a_second_tab(visit, sample):
    page = visit()
    captioned(page, sample, "cat.jpg", captions=5)
    fields(page).nth(1).fill("typed just before the click")
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("typed just before the click")).to_be_visible()
    page.get_by_role("link", name="Suggest").click()
    expect(fields(page).nth(1)).to_have_value("typed just before the click")

    fields(page).nth(2).fill("typed just before the reload")
    page.reload()
    expect(fields(page).nth(2)).to_have_value("typed just before the reload", timeout=PATIENCE)

    other = page.context.new_page()
    other.goto(page.url)
    expect(fields(other).nth(1)).to_have_value("typed just before the click", timeout=PATIENCE)
    fields(other).nth(0).fill("from the other tab")
    fields(other).nth(0).blur()
    expect(tool(other, "Copy").first).to_have_accessible_name("Copy: from the other tab")
    other.wait_for_timeout(3000)
    page.get_by_role("button", name="More ideas").click()
    expect(fields(page).nth(0)).to_have_value("from the other tab", timeout=PATIENCE)

    fields(page).nth(1).fill("")
    fields(page).nth(1).blur()
    expect(fields(page).nth(1)).to_have_value("typed just before the click")


def test_a_killed_server_that_is_started_again_restores_the_page(chromium, sample, tmp_path):
    context = chromium.new_context()
    page = context.new_page()
    with running(tmp_path) as server:
        page.goto(server.address)
        captioned(page, sample, "cat.jpg", captions=5)
        fields(page).nth(1).fill("my own words")
        tool(page, "Favourite").nth(1).click()
        page.wait_for_timeout(3000)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    with running(tmp_path, urlsplit(server.address).port):
        expect(page.get_by_text(RESTORED)).to_be_visible(timeout=PATIENCE)
        expect(fields(page).nth(1)).to_have_value("my own words", timeout=PATIENCE)
        expect(tool(page, "Favourite").nth(1)).to_have_attribute("aria-pressed", "true")
        before = fields(page).nth(0).input_value()
        page.get_by_role("button", name="More ideas").click()
        expect(fields(page).nth(0)).not_to_have_value(before, timeout=PATIENCE)
        expect(fields(page).nth(1)).to_have_value("my own words")
    context.close()
