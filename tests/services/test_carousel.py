"""A carousel: the order of its slides, captions for all of them, and what is taken away."""

import csv
import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from caption_model.generation.options import GenerationOptions
from caption_model.services.cards import CAPTIONS, Card, Line
from caption_model.services.carousel import Carousel, as_text, as_zip, mean_of
from caption_model.services.sessions import SessionStore
from tests.support.app_parts import StandIn
from tests.support.seeing import seen


@pytest.fixture
def cards():
    made = []
    for number, colour in enumerate(("teal", "navy", "olive")):
        file = io.BytesIO()
        Image.new("RGB", (40, 30), colour).save(file, "JPEG")
        card = Card.open(file.getvalue())
        card.name, card.description = f"{colour}.heic", f"A {colour} wall."
        card.lines = [Line(f"{colour} one", f"{colour} one"), Line("x", f"{colour} two", favourite=number == 1)]
        made.append(card)
    return made


def test_slides_follow_their_order_and_new_photos_come_last(cards):
    teal, navy, olive = cards
    carousel = Carousel([olive.id, "gone", teal.id])
    assert carousel.slides(cards) == [olive, teal, navy]
    assert Carousel().slides(cards) == cards


def test_the_mean_of_photos_lies_between_them_whatever_their_order():
    one = seen("A dog.", 0.9, topics={"dog": 0.8, "sea": 0.2}, salt=b"1", pooled=(0.0, 2.0))
    two = seen("A cat.", 0.4, topics={"cat": 0.6, "sea": 0.8}, salt=b"2", pooled=(4.0, 2.0))
    mean = mean_of([one, two])
    assert mean.topics == {"cat": 0.3, "dog": 0.4, "sea": 0.5}
    assert mean.pooled.tolist() == [2.0, 2.0] and mean.grid.shape == one.grid.shape
    assert (mean.confidence, mean.salt) == (0.4, mean_of([two, one]).salt)
    assert mean.salt != mean_of([one, one]).salt
    assert np.array_equal(mean_of([one]).grid, one.grid)


def test_captions_for_all_spare_what_was_kept(cards):
    carousel, captioner = Carousel(), StandIn()
    captioner.write = lambda one, asked: StandIn.write(captioner, seen(salt=b"all"), asked)
    carousel.suggest(captioner, cards, GenerationOptions(tone="warm"))
    before = [line.text for line in carousel.lines]
    assert len(before) == CAPTIONS and carousel.caption == before[0]
    carousel.edit([{"id": carousel.lines[3].id, "text": "Our days", "favourite": True}, {"id": "gone", "text": "x"}])
    assert carousel.caption == "Our days"
    carousel.suggest(captioner, cards, GenerationOptions(tone="warm"))
    after = [line.text for line in carousel.lines]
    assert len(after) == CAPTIONS and after[0] == "Our days" and not set(after[1:]) & set(before)
    assert (captioner.asked[-1].n, captioner.asked[-1].tone) == (4, "warm")
    assert captioner.looked == 3, "each photo is looked at once"


def test_what_is_taken_away_is_in_the_order_of_the_slides(cards):
    slides = Carousel([cards[2].id, cards[1].id]).slides(cards)
    assert as_text(slides, "All of it") == "All of it\n\n1. olive one\n2. navy two\n3. teal one"
    with zipfile.ZipFile(io.BytesIO(as_zip(slides, ""))) as archive:
        assert archive.namelist() == ["captions.txt", "captions.csv", "01 olive.jpg", "02 navy.jpg", "03 teal.jpg"]
        assert archive.read("captions.txt").decode() == "1. olive one\n2. navy two\n3. teal one\n"
        table = io.StringIO(archive.read("captions.csv").decode("utf-8-sig"), newline="")
        assert list(csv.reader(table))[2] == ["2", "02 navy.jpg", "navy two", "A navy wall."]
        assert archive.read("02 navy.jpg") == cards[1].picture


def test_a_carousel_outlasts_the_server(cards, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    session = SessionStore(server="one").new()
    session.cards = list(cards)
    session.carousel = Carousel([cards[1].id], [Line("for all", "for all of us", True)], 2)
    SessionStore(server="one").save(session)
    found = SessionStore(server="two").get(session.id)
    assert (found.carousel.order, found.carousel.turn, found.carousel.caption) == ([cards[1].id], 2, "for all of us")
