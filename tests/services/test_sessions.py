"""Sessions on disk: what comes back, what is shared, and what is forgotten."""

import time

import pytest

from caption_model.generation.options import GenerationOptions
from caption_model.services.cards import Card
from caption_model.services.history import History
from caption_model.services.sessions import Refused, SessionStore
from tests.support.app_parts import StandIn, jpeg
from tests.support.paths import PHOTOS


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def opened(name: str) -> Card:
    card = Card.open(PHOTOS / name)
    card.suggest(StandIn(), GenerationOptions(), "Default")
    return card


def kept(store: SessionStore) -> str:
    session = store.new()
    session.cards = [opened("cat.jpg"), Refused("torn.jpg is damaged.", "r"), opened("bridge.jpg")]
    session.cards[0].edit([{"id": session.cards[0].lines[2].id, "text": "my own words", "favourite": True}])
    session.cards[2].wishes = {"subject": "dog"}
    session.settings = {"wish-Tone": "gram"}
    store.save(session)
    return session.id


def test_a_restarted_server_brings_everything_back():
    id_ = kept(SessionStore())
    session = SessionStore().get(id_)
    cat, torn, bridge = session.cards
    assert session.restarted and session.settings == {"wish-Tone": "gram"}
    assert (cat.name, cat.lines[2].text, cat.lines[2].favourite) == ("cat.jpg", "my own words", True)
    assert cat.lines[2].written != "my own words"
    assert torn.error == "torn.jpg is damaged." and bridge.wishes == {"subject": "dog"}
    assert cat.description.startswith("A photo ") and cat.asked == (GenerationOptions(), "Default")
    assert (cat.pixels == opened("cat.jpg").pixels).all()
    before = [line.text for line in cat.lines]
    cat.suggest(StandIn(), GenerationOptions(), "Default")
    assert [line.text for line in cat.lines][2] == "my own words"
    assert not {line.text for line in cat.lines} & set(before) - {"my own words"}


def test_two_tabs_share_one_session_and_it_is_let_go_with_the_last():
    store = SessionStore()
    id_ = kept(store)
    one, other = store.get(id_), store.get(id_)
    assert one is other and not one.restarted
    picture = one.cards[0]
    del one, other, picture
    assert id_ not in store._used


def test_what_was_removed_is_gone_from_disk_and_can_be_brought_back():
    store = SessionStore()
    session = store.get(kept(store))
    first, *rest = session.cards
    session.remove(first)
    store.save(session)
    assert [card.id for card in SessionStore().get(session.id).cards] == [card.id for card in rest]
    session.undo_remove()
    store.save(session)
    assert [card.id for card in SessionStore().get(session.id).cards] == [first.id, *(card.id for card in rest)]


def test_without_a_history_nothing_is_written():
    History().keep(False)
    store = SessionStore()
    id_ = kept(store)
    assert not store.path.exists() and SessionStore().get(id_) is None


def test_what_nobody_touched_for_a_week_is_forgotten(monkeypatch):
    store = SessionStore()
    id_ = kept(store)
    now = time.time()
    monkeypatch.setattr("caption_model.services.sessions.time.time", lambda: now + 8 * 24 * 3600)
    store.save(store.new())
    assert SessionStore().get(id_) is None


@pytest.mark.parametrize("id_", ["", "x", "../../etc/passwd", "a" * 22, "'; DROP TABLE session; --"])
def test_an_id_that_nobody_has_is_no_session(id_):
    kept(SessionStore())
    assert SessionStore().get(id_) is None


def test_delete_all_leaves_no_photo_on_disk():
    store = SessionStore()
    id_ = kept(store)
    store.delete_all()
    assert SessionStore().get(id_) is None
    assert jpeg("cat.jpg")[1][:200] not in store.path.read_bytes()
