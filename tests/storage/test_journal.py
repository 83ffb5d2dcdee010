"""The journal takes every name and survives every line; it is never written through a link or a pipe."""

import os
import sys
from types import SimpleNamespace

import pytest

from caption_model.batch.sidecars import is_foreign, write_sidecar
from caption_model.errors import BatchError
from caption_model.storage.journal import Key, Record, newest, open_journal

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX names, links or pipes")
RECORD = Record("A dog.", ("so happy 🐶",))


def key(name):
    return Key.of(SimpleNamespace(name=name, size=1, mtime_ns=2), "models", "settings")


@pytest.mark.parametrize(
    "name", ["é.jpg", "日本/🌊.png", "new\nline.png", "\x1b[31m.jpg", os.fsdecode(b"\xff\xfe.jpg")]
)
def test_every_name_is_kept_as_it_is(tmp_path, name):
    with open_journal(tmp_path / "j.jsonl") as journal:
        journal.write_captions(key(name), RECORD)
    with open_journal(tmp_path / "j.jsonl") as journal:
        assert journal.record(key(name)) == RECORD
    assert newest(tmp_path / "j.jsonl") == {name: (key(name), RECORD)}


@pytest.mark.parametrize(
    "line", [b"[" * 100_000, b"9" * 5000, b"\xff\xfe", b"[]", b'{"image": 1}', b"null", b'{"image": "x"}', b"\x00"]
)
def test_lines_of_other_hands_cost_only_themselves(tmp_path, line):
    path = tmp_path / "j.jsonl"
    with open_journal(path) as journal:
        journal.write_captions(key("a.jpg"), RECORD)
    with path.open("ab") as file:
        file.write(line + b"\n")
    with open_journal(path) as journal:
        assert journal.unreadable == 1
        journal.write_captions(key("b.jpg"), RECORD)
    assert newest(path).keys() == {"a.jpg", "b.jpg"}


@posix
@pytest.mark.parametrize("size", [3 << 20, 1 << 40])
def test_a_line_without_end_is_neither_read_nor_cut_off(tmp_path, size):
    path = tmp_path / "j.jsonl"
    with open_journal(path) as journal:
        journal.write_captions(key("a.jpg"), RECORD)
    os.truncate(path, size)  # zeros that take no room
    with pytest.raises(BatchError, match=r"j\.jsonl is no journal"), open_journal(path):
        pass
    with pytest.raises(BatchError, match=r"j\.jsonl is no journal"):
        newest(path)
    assert path.stat().st_size == size


@posix
def test_links_and_pipes_are_refused_in_a_sentence(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "link.jsonl").symlink_to(tmp_path / "mine.txt")
    os.mkfifo(tmp_path / "pipe.jsonl")
    for name, words in (("link", "symbolic link"), ("pipe", "pipe")):
        with pytest.raises(BatchError, match=f"{words}.*--out"), open_journal(tmp_path / f"{name}.jsonl"):
            pass
    with pytest.raises(BatchError, match="no regular file"):
        newest(tmp_path / "pipe.jsonl")
    assert (tmp_path / "mine.txt").read_text() == "mine"


@posix
def test_sidecars_neither_wait_for_a_pipe_nor_follow_a_link(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    assert is_foreign(tmp_path / "a.txt", [])
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "b.txt").symlink_to(tmp_path / "mine.txt")
    for name in ("a.txt", "b.txt"):
        with pytest.raises(OSError):
            write_sidecar(tmp_path / name, RECORD, "overwrite", foreign=True)
    assert (tmp_path / "mine.txt").read_text() == "mine"
