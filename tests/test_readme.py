"""What the README says can be typed: its commands name options that exist, its links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from caption_model.cli import app

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)).replace("\\\n", " ")
COMMANDS = re.findall(r"-m caption_model (.*?)(?:\s>\s.*)?$", BLOCKS, re.MULTILINE)
TOP = ("app", "caption_model", "datasets", "notebooks", "tests", ".ci", "requirements")


def parse(arguments: list[str]) -> None:
    """Parse as the command line would, down to the last option, and run nothing."""
    command, parent = get_command(app), None
    while hasattr(command, "commands"):
        parent = command.make_context(command.name, [arguments[0]], parent=parent)
        command, arguments = command.commands[arguments[0]], arguments[1:]
    command.make_context(command.name, arguments, parent=parent)


def expand(line: str) -> list[str]:
    """Split as a shell does, run from the project's root."""
    words = []
    for word in shlex.split(line):
        words += sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(word)) if "*" in word else [word]
    return words


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_is_understood(line, monkeypatch):
    monkeypatch.chdir(ROOT)
    parse(expand(line))


def test_every_command_is_shown():
    shown = {line.split()[0] for line in COMMANDS}
    assert shown == set(get_command(app).commands)


def test_the_check_itself_notices_an_option_that_does_not_exist(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(Exception, match="--louder"):
        parse(["suggest", "datasets/sample/photos/cat.jpg", "--louder"])


def test_there_is_one_test_command_and_it_installs_what_it_needs():
    lines = [line for line in BLOCKS.splitlines() if "-m pytest" in line]
    assert len(lines) == 1
    assert "-r requirements-dev.txt" in lines[0]


def test_every_link_leads_to_a_file():
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", TEXT)
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert links
    assert not missing


def test_every_path_that_is_named_exists():
    code = re.findall(r"`([^`\n]+)`", TEXT) + BLOCKS.split()
    paths = {word for word in code if re.fullmatch(r"[\w./*-]+", word) and word.split("/")[0].startswith(TOP)}
    paths = {word for word in paths if "/" in word or "." in word}
    assert len(paths) > 10
    assert not [path for path in paths if not list(ROOT.glob(path))]
