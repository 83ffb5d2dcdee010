"""Figures of what is written, and the page to read it on."""

import json
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from caption_model.captioner import Captioner
from caption_model.cli import app
from caption_model.errors import DumpError
from caption_model.evaluation.generation import control_accuracy, is_word, measure_generation, truth, unwritten
from caption_model.evaluation.photos import photos_of
from caption_model.evaluation.sheet import sheet
from caption_model.text.class_ngrams import Constructions
from caption_model.text.lexicon import Fingerprints
from caption_model.text.word_ngrams import Phrases
from tests.support.seeing import captions, seen, suggestions

CAPTIONS = [
    ["Sunset at the beach 🌊", "Love the beach"],
    ["Sunset at the beach 🌊", "xqzzt the beach"],
    ["Good morning sunshine", "Love the snow ❄️ ❄️"],
]


def test_figures_are_shares_of_what_is_there():
    figures = measure_generation(CAPTIONS, Fingerprints.fit(["good morning, sunshine!", "another one here"]))
    assert figures["photos"] == 3
    assert figures["captions"] == 6
    assert figures["distinct_first"] == pytest.approx(2 / 3)
    assert figures["emoji_rate"] == pytest.approx(3 / 6)
    assert figures["verbatim"] == pytest.approx(1 / 6)
    assert figures["word_validity"] == pytest.approx(19 / 20)
    # sunset at, at the, the beach, love the, xqzzt the, good morning, morning sunshine, the snow
    assert figures["distinct2"] == pytest.approx(8 / 14)
    assert figures["longest"] == 21
    assert figures["seldom"] == 0


def test_photos_without_enough_suggestions_are_told():
    figures = measure_generation([["a b", "c d"], [], ["e f"]], Fingerprints.of([]))
    assert figures["seldom"] == pytest.approx(2 / 3)
    assert figures["distinct_first"] == pytest.approx(2 / 3)
    assert measure_generation([], Fingerprints.of([]))["captions"] == 0


@pytest.mark.parametrize(
    ("word", "known"),
    [("beach", True), ("soooo", True), ("lol", True), ("don't", True), ("xqzzt", False), ("bbeahc", False)],
)
def test_slang_and_stretched_words_count_as_words(word, known):
    assert is_word(word) is known


def test_what_suggestions_name_is_held_against_what_people_saw():
    captions = [["My dog", "Beach day with my dog", "So good"], ["Snow day"]]
    told = truth(captions, [["a dog runs", "a brown puppy"], ["a man skiing", "a skier in the snow"]])
    assert told == {"names_seen": 2 / 4, "names_unseen": 1 / 4}
    assert truth([], []) == {"names_seen": 0.0, "names_unseen": 0.0}


def test_what_nobody_wrote_is_counted_once_a_suggestion():
    said = ["love the beach", "love the snow", "my dog loves the snow"]
    reranker = SimpleNamespace(word_ngrams=Phrases.fit(said), class_ngrams=Constructions.fit(said, {}))
    assert unwritten([["love the beach", "my dog loves the beach"], ["beach the love"], []], reranker) == 2 / 3
    assert unwritten([], reranker) == 0


class Echo:
    """Says what was asked for, or never."""

    encoder = SimpleNamespace(size=(8, 8))

    def __init__(self, obeys):
        self.obeys = obeys
        self.looked = 0

    def look(self, pixels):
        self.looked += 1
        return seen()

    def write(self, seen, options):
        controls = options.controls()
        emoji = {"none": "", "some": " 🌊", "many": " 🌊🌊🌊", None: ""}[controls.emoji]
        length = {"short": 1, "medium": 5, "long": 9, None: 1}[controls.length]
        ending = {"question": "?", "exclamation": "!", "plain": "", None: ""}[controls.ending]
        text = "hello " * length + "you" + ending + emoji
        text = text if controls.case != "normal" else text.capitalize()
        return captions(*(text,) * (options.n if self.obeys else 0))


def test_every_control_is_tried_and_silence_fulfils_none(sample):
    photos, echo = [sample / "photos" / name for name in ("cat.jpg", "dogs.jpg")], Echo(obeys=True)
    obeyed = control_accuracy(echo, photos)
    assert echo.looked == 2, "each photo once, whatever is asked"
    assert {name.split("=")[0] for name in obeyed} == {"emoji", "length", "ending", "case"}
    assert set(obeyed.values()) == {1.0}
    assert len(obeyed) == 11
    assert set(control_accuracy(Echo(obeys=False), photos).values()) == {0.0}


class Links(HTMLParser):
    """Collects what a page would load and show."""

    def __init__(self):
        super().__init__()
        self.sources, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.sources += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_holds_photos_and_captions_and_needs_nothing_else(sample):
    photos = [sample / "photos" / "cat.jpg", sample / "photos" / "dogs.jpg"]
    suggested = [suggestions(photo.name, "a <b> & c 🐶", "two", description="A dog.") for photo in photos]
    parser = Links()
    parser.feed(sheet(photos, suggested, "Two photos"))
    assert len(parser.sources) == 2
    assert all(source.startswith("data:image/jpeg;base64,") for source in parser.sources)
    shown = "".join(parser.text)
    assert shown.count("a <b> & c 🐶") == 2
    assert shown.count("A dog.") == 2
    assert "cat.jpg" in shown


def test_photos_of_a_folder_or_a_list(sample, tmp_path):
    assert [photo.name for photo in photos_of(sample / "photos", count=2)] == ["admiral.jpg", "astronaut.jpg"]
    listed = tmp_path / "list.txt"
    listed.write_text("dogs.jpg\ncat.jpg\n", encoding="utf-8")
    assert [photo.name for photo in photos_of(sample / "photos", listed)] == ["dogs.jpg", "cat.jpg"]
    listed.write_text("gone.jpg\n", encoding="utf-8")
    with pytest.raises(DumpError, match=r"gone\.jpg is not there \(1 listed"):
        photos_of(sample / "photos", listed)
    with pytest.raises(DumpError, match="holds no photo"):
        photos_of(tmp_path)


@pytest.fixture
def stand_in(monkeypatch, sample):
    """The commands with a captioner that needs no network."""

    class Stand(Echo):
        social = SimpleNamespace(
            reranker=SimpleNamespace(
                fingerprints=Fingerprints.of([]), word_ngrams=Phrases.fit([]), class_ngrams=Constructions.fit([], {})
            )
        )

        def suggest(self, source, options):
            return suggestions(source.name, *(f"hello {source.stem} 🌊",) * options.n)

    monkeypatch.setattr(Captioner, "load", lambda *_: Stand(obeys=True))
    return str(sample / "photos")


def test_the_commands_measure_and_write(stand_in, tmp_path):
    done = CliRunner().invoke(
        app, ["evaluate", "generate", "--images", stand_in, "--count", "3", "--wishes", "1", "--json"]
    )
    assert done.exit_code == 0, done.output
    figures = json.loads(done.stdout)
    assert figures["n"] == figures["photos"] == 3
    assert figures["distinct_first"] == 1
    assert figures["emoji=none"] == figures["unwritten"] == 1
    assert "names_seen" not in figures
    page = tmp_path / "page.html"
    done = CliRunner().invoke(app, ["report", "--images", stand_in, "--count", "2", "--out", str(page)])
    assert done.exit_code == 0, done.output
    assert "2 photos" in done.stdout
    assert page.read_text(encoding="utf-8").count("<article>") == 2
    done = CliRunner().invoke(app, ["report", "--images", stand_in, "--out", str(tmp_path / "no" / "page.html")])
    assert "cannot be written" in str(done.exception)


def test_descriptions_tell_what_suggestions_name(stand_in, tmp_path):
    photos = photos_of(Path(stand_in), count=2)
    told = tmp_path / "told.csv"
    told.write_text("image,caption\n" + "".join(f"{photo.name},Waves.\n" for photo in photos), encoding="utf-8")
    asked = ["evaluate", "generate", "--images", stand_in, "--captions", str(told), "--wishes", "0", "--json"]
    figures = json.loads(CliRunner().invoke(app, [*asked, "--count", "2"]).stdout)
    assert (figures["names_seen"], figures["names_unseen"]) == (1, 0)  # all say 🌊
    done = CliRunner().invoke(app, asked)
    assert isinstance(done.exception, DumpError)
    assert "told.csv describes no bee.jpg (12 photos in all)" in str(done.exception)
