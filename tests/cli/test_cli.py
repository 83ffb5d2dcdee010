"""The command line: light to start, one bad photo does not stop the others, and exit codes tell what happened."""

import json
import subprocess
import sys

import pytest

from caption_model.captioner import Captioner
from caption_model.errors import BundleError
from caption_model.generation.caption_book import BookCaption
from caption_model.generation.options import GenerationOptions
from caption_model.vision.photos import open_photo
from tests.support.paths import ROOT
from tests.support.seeing import suggestions

HEAVY = ("tensorflow", "keras", "matplotlib", "pandas", "streamlit")
PROBE = f"""
import sys
from caption_model.cli import main
sys.argv = ["caption_model", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    code = end.code
loaded = [name for name in {HEAVY!r} if name in sys.modules]
print("loaded:", *loaded)
sys.exit(code)
"""


def probe(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a fresh Python that tells in its last line which heavy libraries it loaded."""
    command = [sys.executable, "-c", PROBE, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["clean", "--help"], ["suggest", "--help"], ["train", "social", "--help"]]
)
def test_help_comes_without_loading_anything_heavy(arguments):
    done = probe(*arguments)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout
    assert done.stdout.splitlines()[-1].split() == ["loaded:"]


def test_cleaning_needs_no_tensorflow(tmp_path, sample):
    done = probe("clean", str(sample / "kaggle"), "--out", str(tmp_path / "clean.csv"))
    assert done.returncode == 0, done.stderr
    assert len((tmp_path / "clean.csv").read_text(encoding="utf-8").splitlines()) > 40
    assert done.stdout.splitlines()[-1].split() in (["loaded:"], ["loaded:", "pandas"]), "tables are pandas's"


def test_captioning_needs_no_tensorflow(sample):
    done = probe("suggest", str(sample / "photos" / "dogs.jpg"), "--json")
    assert done.returncode == 0, done.stderr
    captioned, loaded = done.stdout.splitlines()
    assert len(json.loads(captioned)["social"]) == 5
    assert loaded.split() == ["loaded:"]


def test_the_probe_itself_notices_tensorflow():
    done = probe("evaluate", "social", "--captions", "no-such-captions.csv")
    assert done.returncode == 1
    assert "tensorflow" in done.stdout.splitlines()[-1]


class StandIn:
    """Opens photos for real and says what it was asked for."""

    def __init__(self):
        self.asked = []
        self.confidence = 0.75

    def from_book(self, seen, n, options):
        texts = [f"[i]ready {number}[/i] 🐈" for number in range(n)]
        return [BookCaption(text, frozenset({"cat"}), "simple") for text in texts]

    def suggest(self, source, options):
        self.asked.append(options)
        light = int(open_photo(source).mean())
        texts = (f"[bold]no. {number}[/bold] of {light} 🌊" for number in range(options.n))
        classes = (("tabby", 0.5), ("[lynx]", 0.25))
        return suggestions(str(source), *texts, confidence=self.confidence, classes=classes)


@pytest.fixture
def captioner(monkeypatch):
    stand_in = StandIn()
    monkeypatch.setattr(Captioner, "load", lambda models, voice=None: stand_in)
    return stand_in


@pytest.fixture
def cat(sample):
    return sample / "photos" / "cat.jpg"


@pytest.fixture
def torn(tmp_path, cat):
    path = tmp_path / "torn.jpg"
    path.write_bytes(cat.read_bytes()[:2000])
    return path


def test_a_photo_gives_a_table(captioner, typed, cat):
    code, out, err = typed("suggest", cat, "-n", 3)
    assert code == 0
    assert err == ""
    assert "cat.jpg" in out.replace("\n", "")
    for number in range(3):
        assert f"[bold]no. {number}[/bold]" in out, "a caption is no markup"
    assert "A photo." in out
    assert "guess" not in out
    assert "saw: tabby 50%, [lynx] 25%" in out


def test_a_description_that_is_not_sure_is_called_a_guess(captioner, typed, cat):
    captioner.confidence = 0.3
    _, out, _ = typed("suggest", cat)
    assert "A photo. (a guess)" in out


def test_an_explanation_is_of_one_photo(captioner, typed, cat, tmp_path):
    code, _, err = typed("suggest", cat, cat, "--explain", tmp_path / "why.png")
    assert code == 1
    assert "2 were named: name one" in err
    assert captioner.asked == []


def test_json_is_one_object_a_photo(captioner, typed, cat, sample):
    bee = sample / "photos" / "bee.jpg"
    code, out, _ = typed("suggest", cat, bee, "--json", "-n", 2)
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [list(line) for line in lines] == [["photo", "social", "descriptive", "seconds", "confidence", "saw"]] * 2
    assert [line["photo"] for line in lines] == [str(cat), str(bee)]
    assert len(lines[0]["social"]) == 2
    assert lines[0]["descriptive"] == "A photo."
    assert lines[0]["seconds"] == 0.25
    assert lines[0]["confidence"] == 0.75
    assert lines[0]["saw"] == [["tabby", 0.5], ["[lynx]", 0.25]]
    assert "🌊" in out, "emojis are written as they are"


def test_the_caption_book_is_shown_apart_and_only_if_asked_for(captioner, typed, cat):
    _, out, _ = typed("suggest", cat, "-n", 2)
    assert "caption book" not in out
    code, out, _ = typed("suggest", cat, "-n", 2, "--book", 3)
    assert code == 0
    assert out.index("[bold]no. 1[/bold]") < out.index("From the caption book") < out.index("[i]ready 0[/i] 🐈")
    assert out.count("ready") == 3
    _, out, _ = typed("suggest", cat, "-n", 2, "--book", 1, "--json")
    found = json.loads(out)
    assert found["book"] == ["[i]ready 0[/i] 🐈"]
    assert len(found["social"]) == 2
    assert [one.n for one in captioner.asked] == [2, 2, 2]


def test_one_bad_photo_does_not_stop_the_others(captioner, typed, cat, torn, tmp_path):
    missing = tmp_path / "missing.jpg"
    code, out, _ = typed("suggest", cat, torn, missing, cat, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 1
    assert ["error" in line for line in lines] == [False, True, True, False]
    assert lines[1].keys() == {"photo", "error"}
    assert lines[1]["photo"] == str(torn)
    assert "torn.jpg" in lines[1]["error"]
    assert "does not exist" in lines[2]["error"]


def test_without_json_the_error_is_a_sentence_apart_from_the_tables(captioner, typed, cat, torn):
    code, out, err = typed("suggest", torn, cat)
    assert code == 1
    assert "cat.jpg" in out.replace("\n", "")
    assert err.startswith("Error: ") and "torn.jpg" in err and "Traceback" not in err
    assert err.count("\n") == 1


def test_what_is_asked_for_reaches_the_captioner(captioner, typed, cat):
    typed("suggest", cat, "-n", 4, "--seed", 99, "--tone", "playful", "--emoji", "many", "--relevance", 0.5)
    typed("suggest", cat, "--about", "dog", "--length", "short")
    asked = GenerationOptions(4, 99, "playful", "many", guidance_scale=0.5)
    assert captioner.asked == [asked, GenerationOptions(length="short", subject="dog")]


@pytest.mark.parametrize(
    "words",
    [
        ["suggest"],
        ["suggest", "x.jpg", "-n", "0"],
        ["suggest", "x.jpg", "-n", "many"],
        ["suggest", "x.jpg", "--seed", "-1"],
        ["suggest", "x.jpg", "--tone", "angry"],
        ["suggest", "x.jpg", "--relevance", "9"],
        ["suggest", "x.jpg", "--louder"],
        ["sugest", "x.jpg"],
        ["clean", "x.csv"],
        ["clean", "x.csv", "--out", "y.csv", "--off", "no_such_rule"],
        ["train", "social", "--out", "x"],
        ["evaluate", "descriptive", "--captions", "x.csv"],
    ],
)
def test_a_command_that_is_not_understood_ends_with_two(captioner, typed, words):
    code, _, err = typed(*words)
    assert code == 2
    assert "Traceback" not in err
    assert captioner.asked == []


def test_models_that_cannot_be_loaded_end_with_one_sentence(monkeypatch, typed, cat):
    def load(models, voice=None):
        raise BundleError(f"{voice or models} is missing: get it again.")

    monkeypatch.setattr(Captioner, "load", load)
    assert typed("suggest", cat, "--models", "elsewhere") == (1, "", "Error: elsewhere is missing: get it again.\n")
    assert typed("suggest", cat, "--voice", "mine") == (1, "", "Error: mine is missing: get it again.\n")


@pytest.mark.parametrize(
    "words",
    [
        ["clean", "{gone}", "--out", "{gone}.csv"],
        ["evaluate", "social", "--captions", "{gone}", "--models", "{gone}"],
        ["evaluate", "descriptive", "--images", "{here}", "--captions", "{gone}", "--models", "{gone}"],
        ["train", "social", "--posts", "{gone}", "--out", "{here}/out"],
        [
            *["train", "own", "--of", "{gone}", "--critic", "{gone}", "--posts", "{gone}", "--images", "{here}"],
            *["--captions", "{gone}", "--out", "{here}/out"],
        ],
        ["distil", "pack", "--data", "{gone}", "--out", "{here}/out"],
        ["distil", "train", "{gone}", "--run", "{here}/out/run", "--steps", "1"],
        ["probe", "--images", "{here}", "--captions", "{gone}"],
        ["build", "--data", "{gone}", "--out", "{here}/out"],
        ["train", "social", "--posts", "{gone}", "--out", "{here}/out", "--encoder", "no-such-encoder"],
    ],
)
def test_files_that_are_not_there_end_with_one_sentence(typed, tmp_path, words):
    code, out, err = typed(*(word.format(gone=tmp_path / "gone", here=tmp_path) for word in words))
    assert code == 1
    assert out == ""
    assert "gone" in err or "no-such-encoder" in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_numbers_of_an_evaluation_come_as_lines_or_as_json(monkeypatch, typed, tmp_path):
    numbers = {"n": 3, "bits_per_symbol": 2.25, "symbols": 60}
    monkeypatch.setattr("caption_model.evaluation.report.evaluate_social", lambda *_: numbers)
    code, out, _ = typed("evaluate", "social", "--captions", tmp_path / "x.csv", "--json")
    assert code == 0
    assert json.loads(out) == numbers
    code, out, _ = typed("evaluate", "social", "--captions", tmp_path / "x.csv")
    assert [line.split() for line in out.splitlines()] == [["n", "3"], ["bits_per_symbol", "2.2500"], ["symbols", "60"]]


def test_measuring_nothing_is_an_error(monkeypatch, typed, tmp_path):
    monkeypatch.setattr("caption_model.evaluation.report.evaluate_social", lambda *_: {"n": 0})
    code, _, err = typed("evaluate", "social", "--captions", tmp_path / "x.csv")
    assert code == 1
    assert "nothing is left to measure" in err


def test_a_beginning_and_free_words_reach_the_captioner(captioner, typed, cat):
    typed("suggest", cat, "--starts-with", "Finally", "--about", "my puppy")
    assert captioner.asked == [GenerationOptions(starts_with="Finally", subject="dog")]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--starts-with", "x" * 61), "at most 60 characters, not 61"),
        (("--about", "xyzzy"), "nothing is known of 'xyzzy': try dog"),
        (("--hashtags", 6), "--hashtags"),
    ],
)
def test_a_wish_that_nothing_can_fulfil_is_told_in_a_sentence(captioner, typed, cat, words, sentence):
    code, _, err = typed("suggest", cat, *words)
    assert code == 2
    assert sentence in " ".join(err.replace("│", " ").split())
    assert captioner.asked == []


def test_hashtags_are_a_line_of_their_own_where_they_are_asked_for(monkeypatch, captioner, typed, cat):
    def suggest(source, options):
        return suggestions(str(source), "so good", topics={"coffee": 0.9, "woman": 0.9})

    monkeypatch.setattr(captioner, "suggest", suggest)
    _, out, _ = typed("suggest", cat, "--json", "--hashtags", 3)
    assert json.loads(out)["hashtags"] == ["#coffee"]
    assert json.loads(out)["social"] == ["so good"]
    assert "#coffee" in typed("suggest", cat, "--hashtags", 3)[1]
    assert "hashtags" not in json.loads(typed("suggest", cat, "--json")[1])
