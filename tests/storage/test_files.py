"""Whole files or none, one holder at a time, and nothing that is no file."""

import csv
import io
import json
import os
import stat
import subprocess
import sys

import pytest

from caption_model.storage.lock import exclusive
from caption_model.storage.regular import read_regular
from caption_model.storage.replace import replace_bytes, replace_file
from caption_model.storage.user_data import data_folder
from caption_model.text import tables

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX links, pipes or rights")


def only(folder):
    (path,) = folder.iterdir()
    return path


@pytest.mark.parametrize("cached", [False, True])
def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path, cached):
    path = tmp_path / "x.bin"
    replace_file(path, lambda file: file.write(b"one"), cached=cached)
    replace_file(path, lambda file: file.write(b"two"), cached=cached)
    assert only(tmp_path).read_bytes() == b"two"


@pytest.mark.parametrize("error", [OSError("disk full"), ValueError("no such thing"), KeyboardInterrupt()])
def test_whatever_breaks_off_the_writing_the_old_file_stays(tmp_path, error):
    path = tmp_path / "x.bin"
    replace_bytes(path, b"old")

    def fill(file):
        file.write(b"half")
        raise error

    with pytest.raises(type(error)):
        replace_file(path, fill)
    assert only(tmp_path).read_bytes() == b"old"


def test_file_and_folder_are_on_disk_before_it_returns(tmp_path, monkeypatch):
    synced, real = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(stat.S_IFMT(os.fstat(fd).st_mode)), real(fd)))
    replace_bytes(tmp_path / "x", b"1")
    assert synced[0] == stat.S_IFREG
    assert sys.platform == "win32" or synced[1:] == [stat.S_IFDIR]


def test_what_a_killed_run_left_is_taken_over(tmp_path):
    (tmp_path / ".x.part").write_bytes(b"of a killed run")
    replace_bytes(tmp_path / "x", b"1")
    assert only(tmp_path).name == "x"


@posix
def test_links_pipes_and_folders_are_refused(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"mine")
    (tmp_path / "link").symlink_to(elsewhere)
    (tmp_path / "dangling").symlink_to(tmp_path / "new")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, words in (("link", "link"), ("dangling", "link"), ("pipe", "pipe"), ("folder", "folder")):
        with pytest.raises(OSError, match=words):
            replace_bytes(tmp_path / name, b"1")
        with pytest.raises(OSError), exclusive(tmp_path / name):
            pass
    assert elsewhere.read_bytes() == b"mine"
    assert not (tmp_path / "new").exists()


@posix
def test_a_link_in_the_place_of_the_temporary_file_is_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"mine")
    (tmp_path / ".x.part").symlink_to(elsewhere)
    replace_bytes(tmp_path / "x", b"1")
    assert elsewhere.read_bytes() == b"mine"


@posix
def test_permissions_stay(tmp_path):
    replace_bytes(tmp_path / "x", b"1")
    (tmp_path / "x").chmod(0o640)
    replace_bytes(tmp_path / "x", b"2")
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


@pytest.mark.parametrize("name", ["x" * 255, "é" * 127, "x" * 196 + ".txt"])
def test_the_longest_names_are_written(tmp_path, name):
    replace_bytes(tmp_path / name, b"1")
    assert only(tmp_path).name == name


def test_only_one_process_holds_a_file(tmp_path):
    path = tmp_path / "held"
    told = (
        "from caption_model.storage.lock import exclusive\nimport pathlib, sys\n"
        "with exclusive(pathlib.Path(sys.argv[1])): pass"
    )
    with exclusive(path):
        with pytest.raises(BlockingIOError), exclusive(path):
            pass
        other = subprocess.run([sys.executable, "-c", told, path], capture_output=True, text=True, check=False)
        assert other.returncode == 1 and "BlockingIOError" in other.stderr
    with exclusive(path):
        pass


@posix
def test_only_regular_files_of_a_bounded_size_are_read(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "zero").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    assert read_regular(tmp_path / "link", 5) == b"12345"
    for name, most in (("file", 4), ("zero", 5), ("pipe", 5), ("", 5), ("gone", 5)):
        with pytest.raises(OSError):
            read_regular(tmp_path / name, most)


def test_a_folder_of_an_earlier_version_goes_on_being_used(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "old"))
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: tmp_path / "new" / name)
    name = "social-caption-suggester"
    assert data_folder() == tmp_path / "new" / name
    (tmp_path / "old" / name).mkdir(parents=True)
    assert data_folder() == tmp_path / "old" / name
    (tmp_path / "new" / name).mkdir(parents=True)
    assert data_folder() == tmp_path / "new" / name


def test_a_table_is_read_back_as_it_was_shown():
    rows = [["=1+1", 'a "quoted", one'], ["two\nlines", "\x1b[31mred\x07"], ["emoji 🌊", "name \udcff"]]
    found = list(csv.reader(io.StringIO(tables.as_csv(("a", "b"), rows).decode("utf-8-sig"), newline="")))
    assert found == [
        ["a", "b"],
        ["'=1+1", 'a "quoted", one'],
        ["two\nlines", r"\x1b[31mred\x07"],
        ["emoji 🌊", r"name \udcff"],
    ]
    plain = io.BytesIO()
    tables.write_csv(plain, ("a",), [["=1+1"]], escape=False)
    assert plain.getvalue() == b"a\n=1+1\n"


def test_a_list_holds_an_object_a_line():
    lines = tables.as_jsonl([{"a": "🌊\n"}, {"b": 1}]).decode().splitlines()
    assert [json.loads(line) for line in lines] == [{"a": "🌊\n"}, {"b": 1}]
    assert "🌊" in lines[0]
