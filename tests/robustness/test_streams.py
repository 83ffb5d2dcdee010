"""What the command line writes: UTF-8 everywhere, a quiet end where nobody reads, and names that a terminal shows."""

import json
import os
import subprocess
import sys

import pytest

from caption_model.text.shown import as_json, shown
from tests.support.paths import ROOT

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX pipes or names")
SAY = """
import sys
from types import SimpleNamespace
import caption_model.captioner as captioner
from tests.support.seeing import suggestions
said = suggestions("x.jpg", "wave 🌊", "caf\\u00e9 \\udcff")
captioner.Captioner.load = lambda *_: SimpleNamespace(suggest=lambda *_: said)
from caption_model.cli import main
sys.argv = ["caption_model", *sys.argv[1:]]
main()
"""
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m[bold]red[/bold]\u202egpj.exe\n\r\t\x7f\udcff"


def spoken(*words: str, encoding: str = "cp1252", **options) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run(
        [sys.executable, "-c", SAY, *words],
        cwd=ROOT,
        env=environment,
        check=False,
        **{"capture_output": True} | options,
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii:strict", "utf-16"])
def test_streams_are_utf8_whatever_the_code_page(encoding):
    done = spoken("suggest", "x.jpg", "--json", encoding=encoding)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode("utf-8"))["social"] == ["wave 🌊", "caf\u00e9 \udcff"]
    done = spoken("suggest", "x.jpg", encoding=encoding)
    assert "wave 🌊" in done.stdout.decode("utf-8") and "caf\u00e9 \\udcff" in done.stdout.decode("utf-8")


@posix
def test_a_pipe_that_nobody_reads_ends_quietly():
    read, write = os.pipe()
    os.close(read)
    done = spoken("suggest", "x.jpg", "--json", capture_output=False, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_what_a_terminal_would_obey_is_written_out():
    line = shown(HOSTILE)
    assert line == (r"\x1b]0;owned\x07\x1b[2J\x9b31m[bold]red[/bold]\u202egpj.exe" + r"\n\r\t\x7f\udcff")
    assert shown("caf\u00e9 👩‍👩‍👧 ❤️ 日本 [x]") == "caf\u00e9 👩‍👩‍👧 ❤️ 日本 [x]"
    assert json.loads(as_json({"name": HOSTILE})) == {"name": HOSTILE}
    assert not set(as_json({"name": HOSTILE})) & set("\x1b\x07\x9b\u202e\udcff")


COMMANDS = "suggest {}|suggest {} --json|batch {}|inspect {}|clean {} --out x.csv|suggest x.jpg --{}|{}"


@pytest.mark.parametrize("command", COMMANDS.split("|"))
def test_no_command_lets_a_name_speak_to_the_terminal(command, monkeypatch, capsys, tmp_path):
    from caption_model.cli import main

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["caption_model", *(word.format("no\x1b[2J\x9b1m") for word in command.split())])
    monkeypatch.setattr("caption_model.captioner.Captioner.load", lambda *_: refuse())
    with pytest.raises(SystemExit) as end:
        main()
    out, err = capsys.readouterr()
    assert end.value.code in (1, 2)
    assert "\x1b" not in out + err and "\x9b" not in out + err
    assert "1b[2J" in out + err or command.startswith("clean")


def refuse():
    from types import SimpleNamespace

    from caption_model.errors import PhotoError

    def suggest(photo, *_):
        raise PhotoError(f"{photo} does not exist: check the path.")

    return SimpleNamespace(suggest=suggest)


def test_inspect_shows_account_names_and_obeys_none(tmp_path, typed_in):
    dump = tmp_path / "posts.jsonl"
    accounts = [{"caption": f"a quiet morning {n}", "source": f"{HOSTILE[:-1]}{n}"} for n in range(3)]
    dump.write_text("".join(json.dumps(account) + "\n" for account in accounts), "utf-8")
    out = typed_in("inspect", dump)
    assert "\\x1b]0;owned\\x07" in out and "\x1b" not in out


@pytest.fixture
def typed_in(typed):
    """A function that types a command that goes well and gives what it printed."""

    def run(*words):
        code, out, err = typed(*words)
        assert (code, err) == (0, "")
        return out

    return run
