"""Shell and page Suggest, driven without a browser; a stand-in for the models, everything else is real."""

import inspect
import io
import threading
import tomllib
from dataclasses import replace

import pytest
import regex
import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec
from streamlit.testing.v1 import AppTest

from app import components, controls, loading, visit
from app.uploads import release
from caption_model.errors import BundleError, DumpError
from caption_model.generation.options import TEMPERATURE, GenerationOptions
from caption_model.services import voices
from caption_model.services.cards import as_csv
from caption_model.services.history import History
from caption_model.services.shared_captioner import SharedCaptioner
from tests.support.app_parts import StandIn, jpeg, native_captions
from tests.support.pages import press
from tests.support.paths import ROOT

APP = ROOT / "app"


@pytest.fixture
def stand_in(monkeypatch, tmp_path):
    """The models that the app will find, and an empty data folder."""
    captioner = StandIn()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(SharedCaptioner, "load", staticmethod(lambda: captioner))
    monkeypatch.setattr(components, "captions", native_captions)
    st.cache_resource.clear()
    yield captioner
    st.cache_resource.clear()


def start(*files: tuple[str, bytes, str]) -> AppTest:
    app = AppTest.from_file(str(APP / "main.py"), default_timeout=60).run()
    assert not app.exception
    return upload(app, *files) if files else app


def upload(app: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    app.file_uploader[0].set_value(files)
    app.run()
    assert not app.exception
    return app


def captions(app: AppTest) -> list[str]:
    return [field.value for field in app.text_area]


def wish(app: AppTest, label: str, value) -> AppTest:
    next(box for box in app.selectbox if box.label == label).set_value(value).run()
    assert not app.exception
    return app


def test_two_photos_give_ten_captions_and_two_descriptions(stand_in):
    app = start(jpeg("cat.jpg"), jpeg("bridge.jpg"))
    assert len(set(captions(app))) == 10
    plain = [text.value for text in app.markdown if "**Description**" in text.value]
    assert len(set(plain)) == 2
    assert not app.error
    assert stand_in.asked == [GenerationOptions()] * 2, "the command line's"
    assert stand_in.looked == 2


def test_the_empty_page_says_that_photos_stay_here_and_asks_for_one(stand_in):
    app = start()
    assert any("sent nowhere" in text.value for text in app.sidebar.caption)
    assert [text.value for text in app.main.caption] == [":material/check_circle: The models are ready."]
    assert not app.text_area
    assert not app.error
    assert not stand_in.asked


def test_further_photos_stand_above_and_leave_the_others_alone(stand_in):
    app = start(jpeg("cat.jpg"))
    before = captions(app)
    upload(app, jpeg("bridge.jpg"))
    assert captions(app)[5:] == before
    assert len(stand_in.asked) == 2


def test_a_broken_photo_says_so_and_the_other_is_still_captioned(stand_in):
    name, data, kind = jpeg("cat.jpg")
    app = start((name, data, kind), ("torn.jpg", data[: len(data) // 3], kind), ("note.jpg", b"no photo", kind))
    assert len(captions(app)) == 5
    sentences = [error.value for error in app.error]
    assert len(sentences) == 2
    assert sentences[0].startswith("torn.jpg") and sentences[1].startswith("note.jpg")
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in sentences)
    press(app, "Remove", 1)
    assert [error.value for error in app.error] == sentences[1:]


def test_again_leaves_edits_and_favourites_where_they_are(stand_in):
    app = start(jpeg("cat.jpg"), jpeg("bridge.jpg"))
    before = captions(app)
    app.text_area[1].input("my own words").run()
    app.checkbox[3].check().run()
    press(app, "More ideas")
    after = captions(app)
    assert after[1] == "my own words"
    assert after[3] == before[3]
    assert not {after[0], after[2], after[4]} & set(before)
    assert after[5:] == before[5:]
    assert len(stand_in.asked) == 3, "only the first photo is captioned once more"


def test_again_never_shows_what_stood_there_before(stand_in, monkeypatch):
    told = StandIn.write
    monkeypatch.setattr(
        StandIn, "write", lambda self, seen, asked: told(self, seen, replace(asked, seed=min(asked.seed, 8)))
    )
    app = start(jpeg("cat.jpg"))
    press(app, "More ideas")
    press(app, "More ideas")
    assert captions(app) == []
    assert any(note.value == "Only 0 of 5 passed the filters: press More ideas." for note in app.info)


def test_more_like_this_keeps_the_liked_one_and_replaces_the_rest(stand_in):
    app = start(jpeg("cat.jpg"))
    before = captions(app)
    app.checkbox[0].check().run()
    app.text_area[2].input("a dog at the sea").run()
    press(app, "More like this", 2)
    after = captions(app)
    assert (after[0], after[2]) == (before[0], "a dog at the sea")
    assert after[1] == "like a dog at the sea, number 0"
    assert len(after) == 5
    asked = stand_in.asked[-1]
    assert (asked.like, asked.n) == ("a dog at the sea", 3)
    assert replace(asked, n=5, seed=7, avoid=(), like=None) == GenerationOptions()
    assert {*before, "a dog at the sea"} <= asked.avoid


def test_wishes_reach_the_captioner_and_spare_what_was_kept(stand_in):
    app = start(jpeg("cat.jpg"))
    app.text_area[0].input("mine").run()
    wish(app, "Tone", "playful")
    wish(app, "Emojis", "none")
    wish(app, "Length", "short")
    wish(app, "Relevance", 2.0)
    wish(app, "Creativity", 1.4)
    asked = stand_in.asked[-1]
    assert (asked.tone, asked.emoji, asked.length, asked.guidance_scale) == ("playful", "none", "short", 2.0)
    assert asked.temperature == pytest.approx(1.4 * TEMPERATURE)
    assert captions(app)[0] == "mine"
    asked = len(stand_in.asked)
    app.run()
    assert len(stand_in.asked) == asked, "the same wishes are asked for once"
    wish(app, "Tone", "gram")
    assert stand_in.asked[-1].tone == "gram"
    assert stand_in.looked == 1, "the photo is the same"


def own(app: AppTest, label: str, value, index: int = 0) -> AppTest:
    boxes = [box for box in app.selectbox if box.label == label and box.key.startswith("own-")]
    boxes[index].set_value(value).run()
    assert not app.exception
    return app


def test_each_photo_has_wishes_of_its_own_over_the_pages_default(stand_in):
    app = start(jpeg("cat.jpg"), jpeg("bridge.jpg"))
    before = captions(app)
    own(app, "Subject", "dog", 1)
    assert captions(app)[:5] == before[:5], "the other photo is left alone"
    assert (stand_in.asked[-1].subject, stand_in.asked[-1].tone) == ("dog", "gram")
    own(app, "Tone", "playful", 0)
    assert (stand_in.asked[-1].subject, stand_in.asked[-1].tone) == (None, "playful")
    wish(app, "Tone", "warm")
    asked = stand_in.asked[-1]
    assert (asked.subject, asked.tone) == ("dog", "warm")
    assert len(stand_in.asked) == 5, "the first photo goes on with its own tone"


@pytest.mark.parametrize(
    ("words", "subject"),
    [
        ("my puppy", "dog"),
        ("Dog", "dog"),
        ("puppies", "dog"),
        ("🐶", "dog"),
        ("the sea", "sea"),
        ("a latte", "coffee"),
        ("xylograph", None),
        ("", None),
    ],
)
def test_a_subject_in_free_words_is_one_that_the_models_know(words, subject):
    assert controls.meant_by(words) == subject


def test_a_beginning_is_asked_of_all_photos_or_of_one(stand_in):
    app = start(jpeg("cat.jpg"), jpeg("bridge.jpg"))

    def begin(number: int, typed: str) -> None:
        [field for field in app.text_input if field.label == controls.BEGINNING][number].input(typed).run()
        assert not app.exception

    begin(0, "Finally")
    assert [asked.starts_with for asked in stand_in.asked[-2:]] == ["Finally", "Finally"]
    begin(2, "One more ")
    assert len(stand_in.asked) == 5 and stand_in.asked[-1].starts_with == "One more ", "a blank ends the last word"
    other = resumed(app)
    assert [field.value for field in other.text_input] == ["Finally", "", "One more "]
    begin(2, "x" * 61)
    assert stand_in.asked[-1].starts_with == "Finally"
    (told,) = [note.value for note in app.caption if "The beginning" in note.value]
    assert told.endswith("The beginning must have at most 60 characters, not 61.")


def native_kept(key, rows, about, on_take=None):
    """``components.kept`` with a button for each row that can be taken."""
    for number, row in enumerate(rows):
        label = f"Use: {row['text']}"
        if on_take:
            taken = row["taken"]
            st.button(label, key=f"{key}-{number}", on_click=on_take, args=[row["text"]], disabled=taken)


def test_ready_captions_stand_apart_until_one_is_taken_over(stand_in, monkeypatch):
    monkeypatch.setattr(components, "kept", native_kept)
    app = start(jpeg("cat.jpg"))
    written = captions(app)
    assert [box.value for box in app.markdown if "caption book" in box.value] == ["**From the caption book**"]
    press(app, "Use: ready 7 1")
    assert captions(app) == [*written, "ready 7 1"]
    assert next(button for button in app.button if button.label == "Use: ready 7 1").disabled
    app.text_area[5].input("ready, and mine").run()
    press(app, "More ideas")
    assert captions(app)[5] == "ready, and mine" and not set(captions(app)[:5]) & set(written)
    assert stand_in.asked[-1].n == 5, "it takes the place of none that are written"
    assert any(button.label == "Use: ready 8 0" for button in app.button), "other ready ones, too"
    (entry,) = History().entries()
    assert [caption.text for caption in entry.captions if caption.book] == ["ready, and mine"]
    assert captions(resumed(app)) == captions(app)


def test_a_caption_book_that_cannot_be_read_costs_only_itself(stand_in, monkeypatch):
    def refuse(*_):
        raise DumpError("book.safetensors is damaged.")

    stand_in.from_book = refuse
    app = start(jpeg("cat.jpg"))
    assert len(captions(app)) == 5
    assert any("book.safetensors is damaged." in note.value for note in app.caption)


def test_a_carousel_has_an_order_a_caption_for_all_and_follows_the_favourites(stand_in, monkeypatch):
    drawn, copied = {}, {}
    monkeypatch.setattr(components, "copy", lambda key, text, label: copied.update({label: text}))

    def slides(key, shown, about, on_order):
        drawn.update(shown=[slide["name"] for slide in shown])
        ids = [slide["id"] for slide in shown]
        st.button("Turn round", on_click=on_order, args=[ids[::-1]])

    monkeypatch.setattr(components, "slides", slides)
    assert not any("Carousel" in box.label for box in start(jpeg("cat.jpg")).expander)
    app = start(jpeg("cat.jpg"), jpeg("bridge.jpg"))
    monkeypatch.setattr(
        stand_in, "write", lambda seen, asked: StandIn.write(stand_in, replace(seen, salt=b"all"), asked)
    )
    press(app, "Turn round")
    assert drawn["shown"] == ["bridge.jpg", "cat.jpg"]
    press(app, "Write one caption for all")
    assert captions(app)[10:] == [f"all, seed 7, number {i} ✨" for i in range(5)]
    app.checkbox[2].check().run()
    assert copied["Copy all"].splitlines() == [
        captions(app)[10],
        "",
        f"1. {captions(app)[5]}",
        f"2. {captions(app)[2]}",
    ]
    other = resumed(app)
    assert captions(other)[10:] == captions(app)[10:] and drawn["shown"] == ["bridge.jpg", "cat.jpg"]


def test_rewrites_change_one_caption_in_its_place_and_can_be_taken_back(stand_in):
    app = start(jpeg("cat.jpg"))
    before = captions(app)
    press(app, "Without emoji", 1)
    assert captions(app) == [before[0], before[1].removesuffix(" ✨"), *before[2:]]
    press(app, "Without emoji", 1)
    assert any("finds nothing" in note.value for note in app.warning)
    press(app, "Undo")
    assert captions(app) == before
    app.text_area[0].input("a much longer caption than anybody would ever want to read, with a dog").run()
    press(app, "More ideas")
    press(app, "Undo")
    assert captions(app)[1:] == before[1:]
    press(app, "Undo")
    assert captions(app) == before


def test_an_emptied_caption_goes_back_to_what_it_was(stand_in):
    app = start(jpeg("cat.jpg"))
    before = captions(app)
    app.text_area[2].input("   ").run()
    assert captions(app) == before


def test_a_removed_photo_is_brought_back_to_its_place(stand_in):
    app = start(jpeg("cat.jpg"), jpeg("bridge.jpg"))
    before = captions(app)
    press(app, "Remove")
    assert captions(app) == before[5:]
    next(button for button in app.button if button.key == "undo-remove").click().run()
    assert captions(app) == before


def resumed(app: AppTest) -> AppTest:
    """Another tab, or the same after a reload, at the same address."""
    other = AppTest.from_file(str(APP / "main.py"), default_timeout=60)
    other.query_params["session"] = app.query_params["session"]
    other.run()
    assert not other.exception
    return other


def test_a_reload_brings_everything_back_and_a_second_tab_shows_the_same(stand_in):
    app = start(jpeg("cat.jpg"), ("torn.jpg", b"none", "image/jpeg"))
    app.text_area[1].input("my own words").run()
    app.checkbox[1].check().run()
    wish(app, "Tone", "playful")
    other = resumed(app)
    assert captions(other) == captions(app) and captions(other)[1] == "my own words"
    assert other.checkbox[1].value and len(other.error) == 1
    assert next(box for box in other.selectbox if box.label == "Tone").value == "playful"
    other.text_area[0].input("from the other tab").run()
    app.run()
    assert captions(app)[:2] == ["from the other tab", "my own words"]


def test_after_a_restart_the_page_says_so_and_is_back(stand_in, monkeypatch):
    app = start(jpeg("cat.jpg"))
    app.text_area[1].input("my own words").run()
    before, asked = captions(app), len(stand_in.asked)
    st.cache_resource.clear()
    monkeypatch.setattr(visit, "THIS_RUN", "another")
    other = resumed(app)
    assert captions(other) == before and len(stand_in.asked) == asked
    assert [note.value for note in other.info] == [visit.RESTORED]
    press(other, "More ideas")
    assert captions(other)[1] == "my own words" and captions(other)[0] != before[0]
    assert stand_in.looked == 2, "what was seen is not kept on disk"


def test_a_session_that_is_gone_is_told_of(stand_in):
    app = AppTest.from_file(str(APP / "main.py"), default_timeout=60)
    app.query_params["session"] = "a" * 22
    app.run()
    assert [note.value for note in app.info] == [visit.LOST]


def test_a_second_drop_adds_to_the_first_and_bytes_are_let_go(stand_in):
    app = start(jpeg("cat.jpg"))
    app.file_uploader[0].set_value([jpeg("cat.jpg"), jpeg("bridge.jpg")])
    app.run()
    assert len(captions(app)) in (10, 15)
    assert all(card.picture for card in app.session_state["session"].cards)


def test_an_upload_that_was_taken_over_holds_no_bytes():
    upload = UploadedFile(UploadedFileRec("id", "cat.jpg", "image/jpeg", jpeg("cat.jpg")[1]), FileURLs())
    release(upload)
    assert not upload.getvalue()


def test_a_guess_is_called_one_wherever_the_description_goes(stand_in, monkeypatch):
    copied = {}
    monkeypatch.setattr(components, "copy", lambda key, text, label: copied.update({label: text}))
    stand_in.confidence = 0.1
    app = start(jpeg("cat.jpg"))
    assert copied["Copy as alt text"].endswith(". (a guess)")
    assert History().entries()[0].unsure
    assert "(a guess)" in as_csv(app.session_state["session"].cards).decode("utf-8-sig")


def test_hashtags_are_a_line_of_their_own_and_off_by_default(stand_in, monkeypatch):
    copied = {}
    monkeypatch.setattr(components, "copy", lambda key, text, label: copied.update({label: text}))
    app = start(jpeg("cat.jpg"))
    card = app.session_state["session"].cards[0]
    card.topics = {"dog": 0.9, "beach": 0.6, "cat": 0.1}
    next(toggle for toggle in app.toggle if toggle.label == "Post").set_value(True).run()
    assert copied["Copy the post"] == captions(app)[0]
    next(toggle for toggle in app.toggle if toggle.label == "Hashtags").set_value(True).run()
    assert copied["Copy the post"] == captions(app)[0] + "\n\n#dog #beach"


def test_a_portrait_photo_turned_by_exif_is_shown_upright(stand_in, monkeypatch):
    shown = []
    monkeypatch.setattr(
        DeltaGenerator, "image", lambda self, picture, **_: shown.append(Image.open(io.BytesIO(picture)))
    )
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera turned by 90 degrees
    exif[0x010F] = "a camera"
    file = io.BytesIO()
    Image.new("RGB", (80, 40), "teal").save(file, "JPEG", exif=exif)
    start(("turned.jpg", file.getvalue(), "image/jpeg"))
    assert shown[0].size == (40, 80)
    assert not shown[0].getexif()


def test_captions_as_they_stand_are_what_is_downloaded(stand_in, monkeypatch):
    downloads = []
    monkeypatch.setattr(st, "download_button", lambda label, data, *_, **__: downloads.append(data()))
    app = start(jpeg("cat.jpg"))
    app.text_area[0].input('=say "cheese", please 🧀').run()
    lines = downloads[-1].decode("utf-8-sig").splitlines()
    assert lines[0] == "photo,kind,caption,favourite"
    assert lines[1] == 'cat.jpg,social,"\'=say ""cheese"", please 🧀",no'
    assert lines[-1].startswith("cat.jpg,descriptive,A photo ")
    assert len(lines) == 7


def test_a_missing_model_is_one_sentence_and_can_be_tried_again(stand_in, monkeypatch):
    def load():
        raise BundleError("models/social is missing: get the repository again.")

    monkeypatch.setattr(SharedCaptioner, "load", staticmethod(load))
    app = start(jpeg("cat.jpg"))
    assert [error.value for error in app.error] == ["models/social is missing: get the repository again."]
    assert not captions(app)
    monkeypatch.setattr(SharedCaptioner, "load", staticmethod(lambda: stand_in))
    press(app, "Try again")
    assert len(captions(app)) == 5
    assert not app.error


def test_the_page_and_its_photos_do_not_wait_for_the_models(stand_in, monkeypatch):
    ready = threading.Event()
    monkeypatch.setattr(SharedCaptioner, "load", staticmethod(lambda: ready.wait(60) and stand_in))
    stay = loading.stay
    monkeypatch.setattr(loading, "stay", lambda: None)
    try:
        app = start(jpeg("cat.jpg"))
        assert [text.value for text in app.main.caption] == [loading.LOADING]
        assert not stand_in.asked
    finally:
        ready.set()
    monkeypatch.setattr(loading, "stay", stay)
    app.run()
    assert len(captions(app)) == 5


def test_the_page_is_drawn_anew_once_the_models_are_there(stand_in, monkeypatch):
    ready = threading.Event()
    monkeypatch.setattr(SharedCaptioner, "load", staticmethod(lambda: ready.wait(60) and stand_in))
    monkeypatch.setattr(loading, "wait", lambda *_, **__: ready.set())
    app = start(jpeg("cat.jpg"))
    assert len(captions(app)) == 5


def test_a_file_name_is_shown_as_it_is_never_as_a_remote_picture(stand_in):
    name = "![x](https:photos.example/x.png) :dog: 1.jpg"
    app = start((name, b"no photo", "image/jpeg"), (name, jpeg("cat.jpg")[1], "image/jpeg"))
    for shown in (app.error[0].value, app.main.caption[1].value):
        assert "![" not in shown
        assert " :dog" not in shown
        assert "1.jpg" in shown


def test_too_few_captions_are_admitted(stand_in):
    stand_in.most = 2
    app = start(jpeg("cat.jpg"))
    assert len(captions(app)) == 5, "further seeds make up for it"
    stand_in.most = 1
    press(app, "More ideas")
    assert len(captions(app)) == 3
    assert [note.value for note in app.info] == ["Only 3 of 5 passed the filters: press More ideas."]


def test_why_tells_what_the_eye_saw_and_a_guess_is_called_one(stand_in):
    app = start(jpeg("cat.jpg"))
    assert not any("The eye saw" in note.value for note in app.markdown)
    app.toggle[0].set_value(True).run()
    assert any(note.value == "**The eye saw** pier 25%, lake\\_side 12%" for note in app.markdown)
    assert not any("a guess" in note.value for note in app.markdown)
    stand_in.confidence, stand_in.classes = 0.2, ()
    upload(app, jpeg("dogs.jpg"))
    assert any("a guess" in note.value for note in app.markdown)


def test_what_was_suggested_is_kept_as_it_was_left(stand_in):
    app = start(jpeg("cat.jpg"))
    first = captions(app)
    app.text_area[4].input("my own words").run()
    app.checkbox[4].check().run()
    press(app, "More ideas")
    (entry,) = History().entries()
    assert (entry.photo, entry.voice) == ("cat.jpg", "Default")
    assert entry.description.startswith("A photo ")
    texts = [caption.text for caption in entry.captions]
    assert texts[0] == "my own words" and entry.captions[0].favourite
    assert texts[1:5] == captions(app)[:4]
    assert set(texts[5:]) == set(first[:4])
    with Image.open(io.BytesIO(entry.thumbnail)) as thumbnail:
        assert max(thumbnail.size) <= 320
        assert not thumbnail.getexif()


def test_without_a_history_the_captions_come_all_the_same(stand_in):
    path = History().path
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database" * 100)
    app = start(jpeg("cat.jpg"))
    assert len(captions(app)) == 5
    (warning,) = app.warning
    assert "history.sqlite3 is damaged" in warning.value
    app.text_area[0].input("still mine").run()
    assert captions(app)[0] == "still mine"


def test_a_voice_writes_the_captions_once_it_is_picked(stand_in, monkeypatch, tmp_path):
    mine = voices.Voice("mine", tmp_path / "mine")
    bad = voices.Voice("bad", tmp_path / "bad", "bad is not whole: train it again.")
    monkeypatch.setattr(voices, "found", lambda: [mine])
    monkeypatch.setattr(voices, "unsound", lambda: [bad])
    app = start(jpeg("cat.jpg"))
    assert any(bad.fault in note.value for note in app.sidebar.caption)
    wish(app, "Voice", str(mine.path))
    assert all(caption.startswith("mine: ") for caption in captions(app))
    assert History().entries()[0].voice == "mine"


def test_a_voice_that_cannot_be_loaded_says_so_and_the_bundled_one_still_writes(stand_in, monkeypatch, tmp_path):
    def refuse(voice):
        raise BundleError(f"{voice.name} was altered: train it again.")

    monkeypatch.setattr(voices, "found", lambda: [voices.Voice("mine", tmp_path / "mine")])
    stand_in.with_voice = refuse
    app = start(jpeg("cat.jpg"))
    before = captions(app)
    wish(app, "Voice", str(tmp_path / "mine"))
    assert [error.value for error in app.error] == ["mine was altered: train it again."]
    wish(app, "Voice", "")
    assert captions(app) == before
    assert not app.error


def test_remove_all_leaves_an_empty_page(stand_in):
    app = press(start(jpeg("cat.jpg"), jpeg("dogs.jpg")), "Remove all")
    assert not captions(app)
    assert len(History().entries()) == 2


def test_the_stand_in_has_the_shape_of_the_real_one():
    for name in ("look", "write", "from_book", "attention", "with_voice"):
        real, fake = (inspect.signature(getattr(kind, name)).parameters for kind in (SharedCaptioner, StandIn))
        assert list(real) == list(fake), name
    real, fake = (inspect.signature(function).parameters for function in (components.captions, native_captions))
    assert list(real) == list(fake)


def test_nothing_in_the_app_names_another_machine():
    settings = tomllib.loads((APP / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert settings["browser"]["gatherUsageStats"] is False
    assert settings["server"]["address"] == "localhost"
    for path in [*APP.rglob("*.py"), *APP.rglob("*.js"), *APP.rglob("*.css"), *APP.rglob("*.toml")]:
        found = set(regex.findall(r"\b(?:https?|wss?):\S+|url\(|@import", path.read_text(encoding="utf-8")))
        assert found <= {'http://www.w3.org/2000/svg";', 'http://localhost"'}, path
