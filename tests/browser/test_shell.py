"""What is around every page."""

import pytest
from playwright.sync_api import expect

from .conftest import PATIENCE

PAGES = {"": "What could this photo say?", "history": "History"}


def test_the_page_is_there_before_the_models_and_says_when_they_are(visit):
    page = visit()
    expect(page.get_by_role("heading", name="What could this photo say?")).to_be_visible()
    expect(page.get_by_text("sent nowhere").first).to_be_visible()
    expect(page.get_by_text("The models are ready.")).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_an_address_of_its_own(visit, path):
    expect(visit(path).get_by_role("heading", name=PAGES[path])).to_be_visible()
