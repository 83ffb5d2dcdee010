"""The clean command, from the command line's side."""

import csv
import gzip
import json
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from caption_model.cli.clean import clean

app = typer.Typer()
app.command()(clean)


@pytest.fixture
def dump(tmp_path):
    path = tmp_path / "posts.csv.gz"
    rows = (
        'image,caption,source,id\na.jpg,"Coffee first ☕\n#coffee",mine,1\n'
        ',Link in bio,mine,2\n,"Wow, ""this"" 👩🏽\u200d🚀",x,3\n'
    )
    path.write_bytes(gzip.compress(rows.encode()))
    return path


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_writes_clean_captions_and_report(dump, tmp_path):
    out, report = tmp_path / "new" / "clean.csv", tmp_path / "report.json"
    result = run(dump, "--out", out, "--report", report)
    assert result.exit_code == 0, result.output
    with out.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["image", "caption", "source", "id"],
            ["a.jpg", "Coffee first ☕", "mine", "1"],
            ["", 'Wow, "this" 👩🏽\u200d🚀', "x", "3"],
        ]
    content = json.loads(report.read_text(encoding="utf-8"))
    assert (content["rows"], content["kept"]) == (3, 2)
    assert content["rules"]["advert"]["captions"] == 1
    assert content["reading"]["posts"] == 3
    assert "2 of 3 captions kept" in result.output
    assert "2 clean captions written to" in " ".join(result.output.split())
    assert sorted(path.name for path in out.parent.iterdir()) == ["clean.csv"]


def test_kaggle_folder_keeps_the_paths_of_the_dump(tmp_path):
    folder = tmp_path / "instagram_data"
    (folder / "img").mkdir(parents=True)
    (folder / "img/insta1.jpg").write_bytes(b"photo")
    (folder / "captions_csv.csv").write_text(
        "Sr No,Image File,Caption\n1,img/insta1,hello there\n2,img/insta2,bye now\n"
    )
    out = tmp_path / "clean.csv"
    assert run(tmp_path, "--out", out).exit_code == 0
    with out.open(encoding="utf-8", newline="") as file:
        images = [row["image"] for row in csv.DictReader(file)]
    assert images == [(folder / "img/insta1.jpg").as_posix(), (folder / "img/insta2").as_posix()]


def test_options_reach_the_rules(dump, tmp_path):
    out = tmp_path / "clean.csv"
    assert run(dump, "--out", out, "--off", "advert", "--off", "hashtags", "--max-length", "12").exit_code == 0
    assert [row.split(",")[1] for row in out.read_text(encoding="utf-8").splitlines()[1:]] == ["Link in bio"]


def test_unreadable_dump_is_one_sentence_and_leaves_the_old_file(tmp_path):
    out = tmp_path / "clean.csv"
    out.write_text("old")
    result = run(tmp_path / "missing.csv", "--out", out)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert "missing.csv" in result.stderr
    assert out.read_text() == "old"


def test_a_place_that_cannot_be_written_is_an_error(dump, tmp_path):
    (tmp_path / "file").write_text("in the way")
    result = run(dump, "--out", tmp_path / "file" / "clean.csv")
    assert result.exit_code == 1
    assert "clean.csv" in result.stderr


@pytest.mark.parametrize("options", [["--off", "nonsense"], ["--language", "xx"], ["--max-length", "0"], ["--unknown"]])
def test_wrong_use(dump, tmp_path, options):
    out = tmp_path / "clean.csv"
    assert run(dump, "--out", out, *options).exit_code == 2
    assert not out.exists()


def test_slow_libraries_are_not_imported_to_clean(tmp_path, dump):
    code = (
        "import sys; from pathlib import Path; from caption_model.cli.clean import clean; "
        f"clean(Path({str(dump)!r}), Path({str(tmp_path / 'out.csv')!r}), None, 'en', 80, []); "
        "print(sorted({'tensorflow', 'keras', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip().endswith("[]")


def test_no_cell_is_a_formula_or_obeyed_by_a_terminal(tmp_path):
    lines = [
        {"caption": "warm tea in the rain", "source": "\x1b[2J\x1b]0;owned\x07me", "id": "=1+1"},
        {"caption": "slow rain today", "source": "@me", "id": "-2", "image": "+a.jpg"},
    ]
    dump = tmp_path / "posts.jsonl"
    dump.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    out = tmp_path / "clean.csv"
    assert run(dump, "--out", out).exit_code == 0
    written = out.read_text(encoding="utf-8")
    assert "\x1b" not in written
    assert "\x07" not in written
    cells = [cell for row in csv.reader(written.splitlines()) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert r"\x1b[2J\x1b]0;owned\x07me" in cells
