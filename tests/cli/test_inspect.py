"""``inspect``: one look tells what a dump is, what is in it and what cleaning would leave."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from caption_model import cli
from caption_model.errors import DumpError
from datasets.inspection import NO_WORDS, OTHER_SCRIPT, inspect_posts, language_of
from datasets.posts import Post, ReadReport
from datasets.reading import read_posts
from tests.support.paths import ROOT


@pytest.fixture
def dump(tmp_path) -> Path:
    """A folder of photos with captions of many kinds."""
    captions = {
        "a": "Coffee first, everything else later ☕",
        "b": "Coffee first, everything else later ☕",
        "c": "The sea was calm this morning and so was I",
        "d": "🌅🌅",
        "e": "Heute war das Wetter am Meer wirklich schön und wir waren den ganzen Tag draußen",
        "f": "Сегодня было очень тепло",
        "g": "",
    }
    for name, caption in captions.items():
        (tmp_path / f"{name}.txt").write_text(caption, encoding="utf-8")
        (tmp_path / f"{name}.jpg").write_bytes(b"photo")
    (tmp_path / "h.jpg").write_bytes(b"photo")
    return tmp_path


def run(*arguments: str):
    return CliRunner().invoke(cli.app, ["inspect", *arguments])


def test_json_tells_all_there_is_to_know(dump):
    result = run(str(dump), "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    cleaning = found.pop("cleaning")
    assert found == {
        "format": "folder of photos with .txt captions",
        "posts": 6,
        "with_photo": 6,
        "skipped": {"empty caption": 1, "photo without a caption": 1},
        "emoji_rate": 0.5,
        "languages": {"en": 3, NO_WORDS: 1, "de": 1, OTHER_SCRIPT: 1},
        "accounts": {dump.name: 6},
    }
    assert set(cleaning) == {"kept", "dropped", "edited", "examples"}
    assert ["Coffee first, everything else later ☕", ""] in cleaning["examples"]["duplicate"]
    assert cleaning["examples"].keys() == cleaning["dropped"].keys() | cleaning["edited"].keys()
    assert cleaning["kept"] + sum(cleaning["dropped"].values()) == 6
    assert cleaning["dropped"]["duplicate"] == 1
    assert cleaning["dropped"]["language"] >= 1


def test_lines_say_the_same(dump):
    result = run(str(dump))
    assert result.exit_code == 0
    assert f"{dump} is: folder of photos with .txt captions" in result.stdout
    assert "6 posts with a caption, 6 of them with a photo" in result.stdout
    assert "50% of the captions have an emoji" in result.stdout
    assert "       1 empty caption" in result.stdout
    assert "       3 en" in result.stdout
    assert "       1 duplicate" in result.stdout


def test_it_agrees_with_clean(sample, tmp_path):
    out = tmp_path / "clean.csv"
    cleaned = CliRunner().invoke(cli.app, ["clean", str(sample / "kaggle"), "--out", str(out)])
    assert cleaned.exit_code == 0
    kept = len(read_posts(out)[0])
    assert json.loads(run(str(sample / "kaggle"), "--json").stdout)["cleaning"]["kept"] == kept > 10


def test_nothing_is_written(dump):
    before = {path: path.stat().st_mtime_ns for path in dump.rglob("*")}
    run(str(dump))
    assert {path: path.stat().st_mtime_ns for path in dump.rglob("*")} == before


@pytest.mark.parametrize("name", ["gone", "empty"])
def test_what_is_no_dump_ends_in_one_sentence(tmp_path, name, monkeypatch, capsys):
    (tmp_path / "empty").mkdir()
    assert isinstance(run(str(tmp_path / name)).exception, DumpError)
    monkeypatch.setattr(sys, "argv", ["caption_model", "inspect", str(tmp_path / name)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("Error: ")
    assert output.err.count("\n") == 1


def test_captions_that_look_like_markup_are_not_read_as_such(tmp_path):
    (tmp_path / "[bold]x.txt").write_text("[red]Plain[/red] words here", encoding="utf-8")
    (tmp_path / "[bold]x.jpg").write_bytes(b"photo")
    assert f"{tmp_path} is:" in run(str(tmp_path)).stdout


def test_names_of_accounts_are_shown_not_executed(tmp_path):
    names = ["\x1b[2J\x1b]0;OWNED\x07evil", "\u202eevil", "\x9b2J", "jodoe"]
    lines = [json.dumps({"caption": f"What a lovely day {at}", "source": name}) for at, name in enumerate(names)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    for out in (run(str(tmp_path / "a.jsonl")).stdout, run(str(tmp_path / "a.jsonl"), "--json").stdout):
        assert "evil" in out and "jodoe" in out
        assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e"}


@pytest.mark.parametrize(
    ("caption", "language"),
    [
        ("We had the best time at the beach today", "en"),
        ("Nos encanta pasar el domingo con toda la familia en la playa", "es"),
        ("Il fait tellement beau ce matin que nous sommes partis à la mer", "fr"),
        ("Das Wetter war heute wirklich schön und wir waren draußen #love #instagood @ann", "de"),
        ("海に行きました", OTHER_SCRIPT),
        ("🌅🌅 ❤️", NO_WORDS),
        ("#love #sunset @ann https://example.org/x", NO_WORDS),
        ("2024 !!!", NO_WORDS),
        ("", NO_WORDS),
    ],
)
def test_the_language_of_a_caption(caption, language):
    assert language_of(caption) == language


def test_a_dump_without_posts_has_rates_of_nought():
    found = inspect_posts([], ReadReport("nothing"))
    assert found["emoji_rate"] == 0
    assert found["languages"] == {}
    assert found["cleaning"] == {"kept": 0, "dropped": {}, "edited": {}, "examples": {}}


def test_places_and_names_of_files_are_not_told(tmp_path):
    (tmp_path / "12.345678N.jpg").write_bytes(b"photo")
    post = Post(tmp_path / "12.345678N.jpg", "A calm morning by the sea", "ann", "12.345678N")
    assert "12.345678" not in json.dumps(inspect_posts([post], ReadReport("one", 1, 1)))


def test_it_loads_neither_tensorflow_nor_pandas(dump):
    program = (
        "import sys; from typer.testing import CliRunner; from caption_model.cli import app\n"
        f"assert CliRunner().invoke(app, ['inspect', {str(dump)!r}]).exit_code == 0\n"
        "print(sorted({'tensorflow', 'keras', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_another_language_is_named_by_the_detector_that_cleaning_has():
    from datasets.cleaning import language

    before = language._detector()
    assert language.likeliest("Das Wetter war heute wirklich schön", besides="en") == "de"
    assert language.likeliest("The weather was lovely today", besides="en") != "en"
    assert language._detector() is before
