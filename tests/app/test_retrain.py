"""The page Retrain, driven without a browser; voices are made by a stand-in in a process of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.jobs import job_manager
from app.views import retrain
from caption_model.bundles.bundle import MODELS
from caption_model.services import voices
from caption_model.services.shared_captioner import SharedCaptioner
from caption_model.services.voice_requests import VoiceRequest, unfinished
from tests.support.app_parts import StandIn, jpeg
from tests.support.batches import PATIENCE
from tests.support.pages import labels, press, rerun, sentences
from tests.support.paths import ROOT

POSTS = """caption,source
A calm walk number 0 #walk @friend,ann
Quiet mornings by the sea,ann
Quiet mornings by the lake,ann
Quiet mornings by the river,ann
Quiet mornings by the harbour,ann
Quiet mornings by the garden,ann
Quiet mornings by the window,ann
Quiet mornings by the sea,bob
https://example.org,bob
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """A file with what ``inspect`` finds in ``posts``, for the tests that are not about that: it takes seconds."""
    folder = tmp_path_factory.mktemp("found")
    (folder / "posts.csv").write_text(POSTS, encoding="utf-8")
    command = [sys.executable, "-m", "caption_model", "inspect", str(folder / "posts.csv"), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    (folder / "found.json").write_bytes(done.stdout)
    return folder / "found.json"


@pytest.fixture
def told_again(found, monkeypatch):
    monkeypatch.setenv("INSPECTED", str(found))


@pytest.fixture(autouse=True)
def own_places(commands, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(SharedCaptioner, "load", staticmethod(StandIn))
    st.cache_resource.clear()
    yield
    job_manager().clear_inspection()
    if job_manager().training:
        job_manager().training.discard()
    st.cache_resource.clear()


def draw_page() -> None:
    from app import loading
    from app.views import retrain

    retrain.page()
    loading.stay()


def start() -> AppTest:
    return rerun(AppTest.from_function(draw_page, default_timeout=300))


@pytest.fixture
def posts(tmp_path):
    """A small dump whose captions cleaning changes and drops."""
    (tmp_path / "posts.csv").write_text(POSTS, encoding="utf-8")
    return tmp_path / "posts.csv"


def looked_into(app: AppTest, dump: Path | str) -> AppTest:
    app.text_input(key="retrain-path").input(str(dump))
    app = press(app, "Check posts")
    if job_manager().inspection:
        assert job_manager().inspection.wait(PATIENCE)
        app = rerun(app)
    return app


def named(app: AppTest, name: str) -> AppTest:
    app.text_input(key="retrain-name").input(name)
    return press(app, "Start")


def ended(app: AppTest) -> AppTest:
    assert job_manager().training.wait(PATIENCE)
    return rerun(app)


def test_what_was_read_and_what_cleaning_does_is_shown(posts):
    app = looked_into(start(), posts)
    assert {metric.label: metric.value for metric in app.metric}["Posts"] == "9"
    (facts,) = [text.value for text in app.caption if "Format" in text.value]
    assert "captions CSV" in facts and "Languages: en" in facts
    tables = [table.value for table in app.dataframe]
    changed = tables[0].to_dict("records")
    assert any("#walk" in row["Before"] and "#walk" not in row["After"] for row in changed)
    assert "duplicate" in set(tables[1]["Rule"])
    assert app.multiselect[0].options == ["ann (7)", "bob (2)"]
    app = press(app, "Other posts")
    assert job_manager().inspection is None and "Check posts" in labels(app)


@pytest.mark.usefixtures("told_again")
def test_a_voice_is_made_and_compared(posts, tmp_path):
    app = looked_into(start(), posts)
    app.multiselect[0].select("ann")
    app = ended(named(app, " Mine "))
    assert sentences(app.success) == ["The voice Mine is made."]
    assert [voice.name for voice in voices.found()] == ["Mine"]
    assert [(metric.value, metric.delta) for metric in app.metric] == [("2.30 bits", "-11.5%"), ("2.05 bits", "+2.5%")]
    told = [text.value for text in app.markdown]
    assert {"a day", "my day"} <= set(told)
    while not any("Mine: " in text.value for text in app.markdown):  # until both voices are loaded
        app = rerun(app)
    shown = [text.value for text in app.markdown if ", seed 7" in text.value]
    assert len(shown) == 6 and sum("Mine: " in text for text in shown) == 3
    name, data, kind = jpeg("bridge.jpg")
    app.file_uploader(key="retrain-photo").set_value((name, data, kind))
    again = [text.value for text in rerun(app).markdown if ", seed 7" in text.value]
    assert len(again) == 6 and not set(again) & set(shown)
    app = press(app, "Use this voice")
    assert app.session_state["voice"] == str(voices.found()[0].path)
    app = press(app, "Make another voice")
    assert "Check posts" in labels(app)
    assert any("Mine" in text.value for text in app.markdown), "it is among the voices"


@pytest.mark.usefixtures("told_again")
def test_a_photo_that_cannot_be_compared_on_says_why(posts):
    app = ended(named(looked_into(start(), posts), "Mine"))
    app.file_uploader(key="retrain-photo").set_value(("torn.jpg", b"none", "image/jpeg"))
    app = rerun(app)
    assert sentences(app.error)[0].startswith("torn.jpg is not a photo")


def learning(app: AppTest) -> AppTest:
    """Until it has learnt an epoch and waits at the gate."""
    while not job_manager().training.status().judged:
        assert not job_manager().training.wait(0.05), job_manager().training.fault
    return rerun(app)


@pytest.mark.usefixtures("told_again")
def test_it_is_watched_and_stopped_with_its_best(posts, gate):
    app = learning(named(looked_into(start(), posts), "Mine"))
    assert app.get("progress")[0].text == "Learning from 60 captions · 25% · 20 s left at the most"
    assert len(app.get("vega_lite_chart")) + len(app.get("arrow_vega_lite_chart")) == 1
    assert "Start" not in labels(start()), "every visitor sees it"
    app = press(app, "Stop and keep")
    app = ended(app)
    assert sentences(app.success)
    assert job_manager().training.status().facts["epochs"] == 1


@pytest.mark.usefixtures("told_again")
def test_discarded_it_is_gone(posts, gate):
    app = learning(named(looked_into(start(), posts), "Mine"))
    app = press(app, "Discard it")
    assert "Check posts" in labels(app)
    assert voices.everything() == [] and unfinished(voices.voices_folder()) == []


@pytest.mark.usefixtures("told_again")
@pytest.mark.parametrize(
    ("way", "sentence"),
    [("fail", "only 3 captions are left after cleaning: bring at least 20."), ("die", "ended from outside (signal 9)")],
)
def test_what_goes_wrong_is_a_sentence_and_it_can_go_on(posts, monkeypatch, way, sentence):
    monkeypatch.setenv("WAY", way)
    app = ended(named(looked_into(start(), posts), "Mine"))
    (told,) = sentences(app.error)
    assert sentence in told
    app = press(app, "Later")
    assert any("begun and is not made" in text.value for text in app.markdown)
    monkeypatch.setenv("WAY", "well")
    app = ended(press(app, "Resume"))
    assert sentences(app.success)


def test_what_was_begun_can_be_forgotten(posts):
    VoiceRequest(voices.voices_folder(), "Old", posts, 5.0).save()
    app = press(start(), "Discard")
    assert unfinished(voices.voices_folder()) == []
    assert not any("begun" in text.value for text in app.markdown)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Type where the export of posts is."),
        ("posts.csv", "posts.csv is not a whole path"),
        ("/no/such/dump", "/no/such/dump does not exist"),
        ("PHOTO", "is in no known format"),
    ],
)
def test_what_is_wrong_with_a_dump_is_one_sentence(sample, typed, sentence):
    app = looked_into(start(), sample / "photos" / "cat.jpg" if typed == "PHOTO" else typed)
    (told,) = sentences(app.error)
    assert sentence in told
    assert "Start" not in labels(app)


@pytest.mark.usefixtures("told_again")
@pytest.mark.parametrize(("name", "sentence"), [("", "needs a name"), ("a/b", "needs a name"), ("mine", "already")])
def test_a_name_that_cannot_be_is_refused_beside_the_field(posts, name, sentence):
    shutil.copytree(MODELS / "social", voices.voices_folder() / "Mine")
    app = named(looked_into(start(), posts), name)
    (told,) = sentences(app.error)
    assert sentence in told
    assert job_manager().training is None and "Start" in labels(app)


def test_uploaded_posts_are_looked_into(posts):
    app = start()
    app.segmented_control(key="retrain-source").set_value("Upload files")
    app = press(rerun(app), "Check posts")
    assert sentences(app.error) == ["There are no posts yet: drop some in."]
    app.file_uploader[0].set_value([("posts.csv", posts.read_bytes(), "text/csv")])
    app = press(app, "Check posts")
    assert job_manager().inspection.wait(PATIENCE)
    assert {metric.label: metric.value for metric in rerun(app).metric}["Posts"] == "9"


def test_a_voice_is_deleted_after_one_more_question():
    shutil.copytree(MODELS / "social", voices.voices_folder() / "Mine")
    app = start()
    assert "Delete it" in labels(app)
    app = press(app, "Delete it")
    assert voices.everything() == [] and "Delete it" not in labels(app)


def test_the_check_tells_how_long_it_will_take():
    found = {"posts": 800, "with_photo": 400, "accounts": {"ann": 600, "bob": 200}, "cleaning": {"kept": 600}}
    told = retrain.expected(found, [], 15)
    assert told == "Expected: about 10 min for 600 posts on a computer with two cores; more are faster."
    assert retrain.expected(found, ["bob"], 15).startswith("Expected: about 4 min for 150 posts")
    assert retrain.expected(found, [], 2.5).endswith("After 2.5 minutes it keeps the best so far, and measures it.")
    nothing = {"posts": 0, "with_photo": 0, "accounts": {}, "cleaning": {"kept": 0}}
    assert "for 0 posts" in retrain.expected(nothing, [], 15)
