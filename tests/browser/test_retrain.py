"""A voice made on the page of the sample's posts, by the real training: too short to learn much, but the whole way."""

import re

from playwright.sync_api import expect

NAME = "Sample voice"


def test_a_dump_that_is_none_is_a_sentence(visit):
    page = visit("retrain")
    page.get_by_label("Folder, zip or file").fill("/no/such/dump")
    page.get_by_role("button", name="Check posts").click()
    expect(page.get_by_text("/no/such/dump does not exist")).to_be_visible()
    page.get_by_role("button", name="Other posts").click()
    expect(page.get_by_role("button", name="Check posts")).to_be_visible()


def test_a_voice_is_made_of_the_sample_and_speaks(visit, sample, photograph):
    page = visit("retrain", height=1400)
    page.get_by_label("Folder, zip or file").fill(str(sample / "kaggle"))
    page.get_by_role("button", name="Check posts").click()
    expect(page.get_by_text("Left after cleaning", exact=True)).to_be_visible()
    page.get_by_text("What cleaning does to the captions").click()
    expect(page.get_by_text("Changed", exact=True)).to_be_visible()
    photograph(page, "retrain-cleaning")

    page.get_by_label("Name of the voice").fill(NAME)
    page.get_by_label("Minutes at the most").fill("10")
    page.get_by_label("Minutes at the most").press("Enter")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(re.compile(r"Learning from \d+ captions"))).to_be_visible()
    stop = page.get_by_role("button", name="Stop and keep")
    expect(stop).to_be_enabled()
    expect(page.get_by_test_id("stVegaLiteChart")).to_be_visible()
    photograph(page, "retrain-learning")
    stop.click()

    expect(page.get_by_text(f"The voice {NAME} is made")).to_be_visible()
    expect(page.get_by_text("Both voices on the same photo")).to_be_visible()
    expect(page.get_by_alt_text("The photo that both voices are asked about")).to_be_visible()
    photograph(page, "retrain")

    page.get_by_role("combobox", name="Voice").click()
    page.get_by_role("option", name=NAME).click()
    expect(page.get_by_role("combobox", name="Voice")).to_have_value(re.compile(NAME))
