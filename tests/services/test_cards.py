"""A card: what it asks of the captioner, and what stays on it."""

import io

import pytest
from PIL import Image

from caption_model.generation.options import GenerationOptions
from caption_model.services.cards import CAPTIONS, Card, as_csv
from tests.support.app_parts import StandIn


@pytest.fixture
def card():
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "JPEG")
    return Card.open(file.getvalue())


def test_a_card_is_looked_at_when_captions_are_first_asked_for(card):
    captioner = StandIn()
    assert (card.description, card.unsure, captioner.looked) == ("", False, 0)
    card.suggest(captioner, GenerationOptions(), "Bundled")
    assert card.description.startswith("A photo ")
    assert captioner.looked == 1


def test_again_another_voice_and_more_like_this_look_no_second_time(card):
    captioner = StandIn()
    card.suggest(captioner, GenerationOptions(), "Bundled")
    looked = card.seen
    card.suggest(captioner, GenerationOptions(tone="playful"), "Bundled")
    card.more_like(captioner, card.lines[0].id, GenerationOptions(tone="playful"))
    card.suggest(captioner, GenerationOptions(), "mine")
    assert captioner.looked == 1
    assert card.seen is looked


def test_again_asks_for_what_is_missing_and_avoids_all_that_ever_stood_there(card):
    captioner = StandIn()
    card.suggest(captioner, GenerationOptions(), "Bundled")
    first = [line.text for line in card.lines]
    assert len(first) == CAPTIONS
    card.edit([{"id": card.lines[1].id, "text": "mine"}, {"id": card.lines[2].id, "favourite": True}])
    card.suggest(captioner, GenerationOptions(), "Bundled")
    assert captioner.asked[-1] == GenerationOptions(n=3, seed=8, avoid=[*first, "mine"])
    assert [card.lines[1].text, card.lines[2].text] == ["mine", first[2]]
    assert len({line.text for line in card.lines}) == CAPTIONS


def test_where_all_were_kept_nothing_is_asked_for(card):
    captioner = StandIn()
    card.suggest(captioner, GenerationOptions(), "Bundled")
    card.edit([{**row, "favourite": True} for row in card.rows()])
    asked, before = len(captioner.asked), card.rows()
    card.suggest(captioner, GenerationOptions(tone="playful"), "Bundled")
    card.more_like(captioner, card.lines[0].id, GenerationOptions())
    assert len(captioner.asked) == asked
    assert card.rows() == before


def test_nothing_is_like_a_caption_that_is_gone(card):
    captioner = StandIn()
    card.suggest(captioner, GenerationOptions(), "Bundled")
    asked, before = len(captioner.asked), card.rows()
    card.more_like(captioner, "gone", GenerationOptions())
    assert len(captioner.asked) == asked
    assert card.rows() == before


def test_a_caption_that_was_emptied_is_what_it_was(card):
    card.suggest(StandIn(), GenerationOptions(), "Bundled")
    line = card.lines[0]
    text, revision = line.text, line.revision
    assert not card.edit([{"id": line.id, "text": " \n "}], "tab")
    assert line.text == text and not card.can_undo
    assert (line.source, line.revision > revision) == ("", True), "the browser is told"


def test_the_table_holds_the_captions_as_they_stand(card):
    card.suggest(StandIn(), GenerationOptions(), "Bundled")
    card.edit([{"id": card.lines[0].id, "text": "=mine", "favourite": True}])
    lines = as_csv([card]).decode("utf-8-sig").splitlines()
    assert lines[1].endswith(",social,'=mine,yes")
    assert lines[-1].split(",", 1)[1] == f"descriptive,{card.description},"


def test_a_caption_of_the_book_is_never_counted_among_those_that_were_written(card):
    captioner = StandIn()
    card.suggest(captioner, GenerationOptions(), "Bundled")
    card.take_from_book("never offered")
    text = card.open_book(captioner, GenerationOptions())[0]
    card.take_from_book(text)
    card.take_from_book(text)
    assert [line.text for line in card.lines if line.book] == [text] and len(card.generated) == CAPTIONS
    assert as_csv([card]).decode("utf-8-sig").splitlines()[6].endswith(f",book,{text},no")
    card.edit([{"id": line.id, "favourite": True} for line in card.generated[:2]])
    card.suggest(captioner, GenerationOptions(), "Bundled")
    assert captioner.asked[-1].n == 3 and text in captioner.asked[-1].avoid
    assert len(card.generated) == CAPTIONS and card.lines[-1].text == text
    card.more_like(captioner, card.lines[-1].id, GenerationOptions())
    assert captioner.asked[-1].like == text and card.lines[-1].text == text
    card.undo()
    assert card.lines[-1].book
