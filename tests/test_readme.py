"""What the README and the pages in docs/ say can be typed: commands name options that exist, links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from caption_model.cli import app
from caption_model.cli.lazy import COMMANDS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = [README, ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
TOP = ("app", "caption_model", "datasets", "docs", "notebooks", "tests", ".ci", "requirements")
MOST_BYTES = 7000  # of the README: what is longer belongs in docs/


def blocks(page: Path) -> str:
    """All that a page says to type, one command a line."""
    text = page.read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)).replace("\\\n", " ")


def commands(page: Path) -> list[str]:
    """The words after the program's name, of all commands of a page."""
    said = re.findall(r"(?:-m caption_model|caption-model) (.*?)(?:\s>\s.*)?$", blocks(page), re.MULTILINE)
    inline = re.findall(r"`python -m caption_model ([^`]+)`", page.read_text(encoding="utf-8"))
    return [*said, *(" ".join(line.split()) for line in inline)]


LINES = [pytest.param(line, id=f"{page.stem}: {line[:60]}") for page in PAGES for line in commands(page)]


def parse(arguments: list[str]) -> None:
    """Parse as the command line would, down to the last option, and run nothing; a command's bare name need only be."""
    command, parent, bare = get_command(app), None, not any("-" in word or "/" in word for word in arguments)
    while hasattr(command, "list_commands") and arguments:
        parent = command.make_context(command.name, [arguments[0]], parent=parent)
        command, arguments = command.get_command(parent, arguments[0]), arguments[1:]
        assert command is not None, "no such command"
    if arguments or not bare:
        command.make_context(command.name, arguments, parent=parent)


def expand(line: str) -> list[str]:
    """Split as a shell does, run from the project's root."""
    words = []
    for word in shlex.split(line):
        words += sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(word)) if "*" in word else [word]
    return words


@pytest.mark.parametrize("line", LINES)
def test_a_command_is_understood(line, monkeypatch):
    monkeypatch.chdir(ROOT)
    if line != "--help":
        parse(expand(line))


def test_every_command_is_shown():
    shown = {line.split()[0] for page in PAGES for line in commands(page)} - {"--help"}
    assert shown == set(COMMANDS)


def test_the_check_itself_notices_an_option_that_does_not_exist(monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(Exception, match="--louder"):
        parse(["suggest", "datasets/sample/photos/cat.jpg", "--louder"])


def test_the_check_itself_notices_a_command_that_does_not_exist():
    with pytest.raises(Exception, match="no such command"):
        parse(["sing"])


def test_the_readme_is_short():
    assert len(README.read_bytes()) <= MOST_BYTES


def test_there_is_one_test_command_and_it_installs_what_it_needs():
    lines = [line for line in blocks(README).splitlines() if "-m pytest" in line]
    assert len(lines) == 1
    assert "-r requirements-dev.txt" in lines[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    for link in links:
        if "://" in link:
            continue
        path, _, heading = link.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w\s-]", "", title).strip().lower().replace(" ", "-") for title in titles}
            assert heading in anchors, link


def test_every_page_can_be_reached_from_the_readme():
    """From the README itself, or from the first page of its folder, which the README links to."""
    for page in PAGES[1:]:
        first = page.parent / "README.md"
        if first in PAGES and page != first:
            assert f"]({page.name})" in first.read_text(encoding="utf-8"), page.name
        else:
            assert str(page.relative_to(ROOT)) in README.read_text(encoding="utf-8"), page.name


def test_every_path_that_is_named_exists():
    for page in PAGES:
        code = re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")) + blocks(page).split()
        paths = {word for word in code if re.fullmatch(r"[\w./*-]+", word) and word.split("/")[0].startswith(TOP)}
        paths = {word for word in paths if "/" in word or "." in word}
        paths = {path for path in paths if not path.startswith("caption_model._")}  # where folders are installed
        paths = {path.replace(".", "/") if path.startswith("caption_model.") else path for path in paths}
        assert not [path for path in paths if not list(ROOT.glob(path))], page.name
    assert "datasets/sample/photos/cat.jpg" in blocks(README)
