"""The page, driven without a browser; a stand-in for the models, everything else is real."""

import dataclasses
import inspect
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from caption_model.errors import BundleError
from caption_model.photos import open_photo

APP = Path(__file__).parent.parent / "app" / "streamlit_app.py"
PHOTOS = Path(__file__).parent.parent / "datasets" / "sample" / "photos"


class StandIn:
    """Opens photos for real; its captions tell the photo's brightness, the seed and a number."""

    def __init__(self):
        self.calls: list[tuple[str, int, int]] = []
        self.most = 10
        self.confidence, self.saw = 0.9, (("pier", 0.25), ("lake_side", 0.125))

    def suggest(self, source, n=5, seed=7):
        self.calls.append((source.name, n, seed))
        light = int(open_photo(source).mean())
        social = tuple(f"light {light}, seed {seed}, number {number} ✨" for number in range(min(n, self.most)))
        return SimpleNamespace(
            photo=source.name,
            social=social,
            descriptive=f"a photo of light {light}",
            seconds=0.1,
            confidence=self.confidence,
            saw=self.saw,
            unsure=self.confidence < 0.5,
        )


@pytest.fixture
def stand_in(monkeypatch):
    captioner = StandIn()
    module = SimpleNamespace(Captioner=SimpleNamespace(load=lambda: captioner))
    monkeypatch.setitem(sys.modules, "caption_model.captioner", module)
    st.cache_resource.clear()
    yield captioner
    st.cache_resource.clear()


def jpeg(name: str) -> tuple[str, bytes, str]:
    return name, (PHOTOS / name).read_bytes(), "image/jpeg"


def page(*files: tuple[str, bytes, str]) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not app.exception
    if files:
        app.file_uploader[0].set_value(files)
        app.run()
        assert not app.exception
    return app


def captions(app: AppTest) -> list[str]:
    return [field.value for field in app.text_area]


def again(app: AppTest, index: int = 0):
    return [button for button in app.button if button.label == "Again"][index]


def test_two_photos_give_ten_captions_and_two_descriptions(stand_in):
    app = page(jpeg("cat.jpg"), jpeg("bridge.jpg"))
    assert len(set(captions(app))) == 10
    plain = [text.value for text in app.markdown if "In plain words" in text.value]
    assert len(plain) == 2
    assert plain[0] != plain[1]
    assert not app.error
    assert [call[0] for call in stand_in.calls] == ["cat.jpg", "bridge.jpg"]


def test_the_empty_page_says_that_photos_stay_here_and_asks_for_one(stand_in):
    app = page()
    assert any("sent nowhere" in text.value for text in app.markdown)
    assert not app.text_area
    assert not app.error


def test_a_broken_photo_says_so_and_the_other_is_still_captioned(stand_in):
    name, data, kind = jpeg("cat.jpg")
    app = page((name, data, kind), ("torn.jpg", data[: len(data) // 3], kind), ("note.jpg", b"no photo", kind))
    assert len(captions(app)) == 5
    sentences = [error.value for error in app.error]
    assert len(sentences) == 2
    assert sentences[0].startswith("torn.jpg") and sentences[1].startswith("note.jpg")
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in sentences)


def test_editing_over_eighty_warns_and_counts_what_a_person_counts(stand_in):
    app = page(jpeg("cat.jpg"))
    app.text_area[1].input("👩‍👩‍👧" * 80).run()
    assert not app.warning
    assert "80/80" in app.text_area[1].label
    app.text_area[1].input("👩‍👩‍👧" * 80 + "!").run()
    assert [warning.value for warning in app.warning] == ["1 character over 80."]
    assert "81/80" in app.text_area[1].label


def test_an_edit_survives_what_happens_on_other_cards(stand_in):
    app = page(jpeg("cat.jpg"), jpeg("bridge.jpg"))
    app.text_area[0].input("my own words").run()
    before = captions(app)
    again(app, 1).click().run()
    after = captions(app)
    assert after[:5] == before[:5]
    assert after[0] == "my own words"
    assert not set(after[5:]) & set(before[5:])
    assert len(stand_in.calls) == 3, "only the second photo is captioned once more"


def test_count_and_seed_reach_the_captioner(stand_in):
    app = page(jpeg("cat.jpg"))
    count, seed = app.number_input
    count.set_value(3)
    seed.set_value(99)
    app.run()
    assert len(captions(app)) == 3
    assert stand_in.calls[-1] == ("cat.jpg", 3, 99)


def test_a_portrait_photo_turned_by_exif_is_shown_upright(stand_in, monkeypatch):
    shown = []
    monkeypatch.setattr(st, "image", lambda picture, **_: shown.append(picture.size))
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera turned by 90 degrees
    file = io.BytesIO()
    Image.new("RGB", (80, 40), "teal").save(file, "JPEG", exif=exif)
    page(("turned.jpg", file.getvalue(), "image/jpeg"))
    assert shown == [(40, 80)]


def test_edited_captions_are_what_is_copied_and_downloaded(stand_in, monkeypatch):
    downloads = []
    monkeypatch.setattr(st, "download_button", lambda label, data, *_, **__: downloads.append(data))
    app = page(jpeg("cat.jpg"))
    app.text_area[0].input('say "cheese", please 🧀').run()
    assert app.code[0].value == 'say "cheese", please 🧀'
    lines = downloads[-1].decode("utf-8-sig").splitlines()
    assert lines[0] == "photo,kind,caption"
    assert lines[1] == 'cat.jpg,social,"say ""cheese"", please 🧀"'
    assert lines[-1].startswith("cat.jpg,descriptive,a photo of light")
    assert len(lines) == 7


def test_a_missing_model_is_one_sentence_not_a_traceback(monkeypatch):
    def load():
        raise BundleError("models/social is missing: get the repository again.")

    monkeypatch.setitem(sys.modules, "caption_model.captioner", SimpleNamespace(Captioner=SimpleNamespace(load=load)))
    st.cache_resource.clear()
    app = page()
    assert [error.value for error in app.error] == ["models/social is missing: get the repository again."]


def test_a_file_name_is_shown_as_it_is_never_as_a_remote_picture(stand_in):
    name = "![x](https://photos.example/x.png) :dog: 1.jpg"
    app = page((name, b"no photo", "image/jpeg"), (name, jpeg("cat.jpg")[1], "image/jpeg"))
    for shown in (app.error[0].value, app.caption[0].value):
        assert "![" not in shown
        assert " :dog" not in shown
        assert shown.replace("\\", "").startswith(name)


def test_too_few_captions_are_admitted(stand_in):
    stand_in.most = 2
    app = page(jpeg("cat.jpg"))
    assert len(captions(app)) == 2
    assert [note.value for note in app.info] == ["Only 2 of 5 passed the filters: press Again."]


def test_the_stand_in_has_the_shape_of_the_real_one():
    from caption_model.captioner import Captioner, Suggestions

    real = inspect.signature(Captioner.suggest).parameters
    fake = inspect.signature(StandIn.suggest).parameters
    assert list(real)[: len(fake)] == list(fake)
    assert [real[name].default for name in ("n", "seed")] == [fake[name].default for name in ("n", "seed")]
    with (PHOTOS / "cat.jpg").open("rb") as photo:
        given = vars(StandIn().suggest(photo))
    assert set(given) == {field.name for field in dataclasses.fields(Suggestions)} | {"unsure"}
    assert isinstance(Suggestions.unsure, property)


def test_what_the_eye_saw_is_told_and_a_guess_is_called_one(stand_in):
    app = page(jpeg("cat.jpg"))
    assert any(note.value == "The eye saw: pier 25%, lake\\_side 12%" for note in app.caption)
    assert not any("a guess" in note.value for note in app.markdown)
    stand_in.confidence, stand_in.saw = 0.2, ()
    app = page(jpeg("dogs.jpg"))
    assert any("a guess" in note.value for note in app.markdown)
    assert not any("The eye saw" in note.value for note in app.caption)
