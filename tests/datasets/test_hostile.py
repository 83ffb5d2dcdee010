"""Dumps that mean harm, and files that are none: one sentence or the rest of the dump, never a hang."""

import json
import os
import struct
import zipfile

import pytest

from caption_model.errors import DumpError
from datasets import export_files, tables, untrusted, zips
from datasets.posts import CUT
from datasets.reading import read_posts
from tests.support.dumps import PHOTO, exported, pack, write

SOUND = {"content/posts_1.json": [exported()], PHOTO: b"photo"}
unix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
NAMES = ["a.csv", "a.csv.gz", "a.xlsx", "a.jsonl", "a.json", "a.zip", "a.html", "posts_1.json"]


@unix
@pytest.mark.parametrize("name", NAMES)
def test_a_pipe_is_refused_and_never_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(DumpError, match="pipe or a device"):
        read_posts(tmp_path / name)
    with pytest.raises(DumpError, match="no known format"):
        read_posts(tmp_path)


@unix
@pytest.mark.parametrize("name", NAMES)
def test_a_link_to_an_endless_device_is_refused(tmp_path, name):
    (tmp_path / name).symlink_to("/dev/zero")
    with pytest.raises(DumpError, match="pipe or a device"):
        read_posts(tmp_path / name)
    with pytest.raises(DumpError, match="no known format"):
        read_posts(tmp_path)


@unix
def test_pipes_and_devices_among_the_files_of_a_dump_cost_only_themselves(tmp_path):
    export = write(tmp_path / "export", SOUND)
    os.mkfifo(export / "content/posts_2.json")
    (export / "content/posts_3.json").symlink_to("/dev/zero")
    posts, report = read_posts(export)
    assert len(posts) == 1
    assert report.skipped["neither file nor folder"] == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_with_the_name_of_a_file_is_a_folder(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(DumpError, match="no known format"):
        read_posts(tmp_path / name)
    with pytest.raises(DumpError, match="no known format"):
        read_posts(tmp_path)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.csv.gz", "a.zip", "a.xlsx"])
def test_a_sparse_giant_is_refused_without_being_read(tmp_path, monkeypatch, name):
    monkeypatch.setattr(tables, "MAX_BYTES", 1_000_000)
    with (tmp_path / name).open("wb") as file:
        file.write(b"PK\x03\x04" if name == "a.xlsx" else b"")
        file.truncate(3_000_000_000)
    with pytest.raises(DumpError, match=r"split it|cannot be read|not a complete zip"):
        read_posts(tmp_path / name)


def test_a_file_of_posts_that_is_a_sparse_giant_costs_only_itself(tmp_path):
    export = write(tmp_path, SOUND)
    with (export / "content/posts_2.json").open("wb") as file:
        file.truncate(3_000_000_000)
    posts, report = read_posts(export)
    assert len(posts) == 1
    assert report.skipped == {"file of posts too large": 1}


def test_a_zip_that_claims_an_endless_list_of_members_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(zips, "MAX_DIRECTORY", 100_000)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 60_000, 60_000, 2_900_000, 0, 0)
    (tmp_path / "a.zip").write_bytes(bytes(3_000_000) + end)
    with pytest.raises(DumpError, match="list of members is too long"):
        read_posts(tmp_path / "a.zip")


def test_a_zip_of_too_many_members_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(zips, "MAX_MEMBERS", 100)
    monkeypatch.setattr(zips, "LARGE", 1000)
    with pytest.raises(DumpError, match="too many members"):
        read_posts(pack(tmp_path / "a.zip", SOUND | {f"{number}.jpg": b"" for number in range(101)}))


def test_an_archive_is_opened_once_however_many_files_of_posts_it_has(tmp_path, monkeypatch):
    opened = []

    class Counted(zips.SafeZip):
        def __init__(self, path):
            opened.append(path)
            super().__init__(path)

    monkeypatch.setattr(export_files, "SafeZip", Counted)
    files = {f"content/posts_{number}.json": [exported(f"Post {number}")] for number in range(300)}
    posts, _ = read_posts(pack(tmp_path / "a.zip", files | {PHOTO: b"photo"}))
    assert len(posts) == 300
    assert len(opened) == 1


def test_of_thousands_of_members_of_one_name_each_post_finds_its_own(tmp_path):
    count = 3000
    posts = [exported(f"Post {number}", f"{number}/x.jpg") for number in range(count)]
    files = {f"media/{number}/x.jpg": b"" for number in range(count)} | {"content/posts_1.json": posts}
    read, report = read_posts(pack(tmp_path / "a.zip", files, zipfile.ZIP_STORED))
    assert [post.image.parent.name for post in read] == [str(number) for number in range(count)]
    assert report.with_photo == count


@pytest.mark.parametrize("depth", [900, 5000, 1_000_000])
@pytest.mark.parametrize("name", ["a.json", "content/posts_1.json", "content/posts.json", "media.json"])
def test_json_nested_without_end_is_damaged(tmp_path, depth, name):
    for deep in (b"[" * depth + b"]" * depth, b'{"media":' * depth + b"1" + b"}" * depth):
        root = write(tmp_path, {name: deep})
        with pytest.raises(DumpError):
            read_posts(root)


def test_json_that_would_unfold_to_gigabytes_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(untrusted, "JSON_MEMORY", 1_000_000)
    posts = [exported()] + [{}] * 10_000
    with pytest.raises(DumpError, match="1 × file of posts too large"):
        read_posts(write(tmp_path, {"content/posts_1.json": posts}))
    write(tmp_path, {"a.json": json.dumps(posts)})
    with pytest.raises(DumpError, match="1 × line too large"):
        read_posts(tmp_path / "a.json")


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_more_lines_than_there_are_posts_are_refused(tmp_path, monkeypatch, name):
    monkeypatch.setattr(tables, "MAX_LINES", 100)
    write(tmp_path, {name: "caption\n" + "\n" * 100})
    with pytest.raises(DumpError, match="more than 100 lines; split it"):
        read_posts(tmp_path / name)


@pytest.mark.parametrize("piece", ["#", "la ", "👩‍👩‍👧‍👦", "e\u0301", "\u0301"])
def test_a_caption_is_cut_where_instagram_cuts_it(tmp_path, piece):
    import regex

    long = "a" + piece * 50_000
    write(tmp_path, {"a.jsonl": json.dumps({"caption": long}) + "\n" + json.dumps({"caption": "Sunday"})})
    posts, report = read_posts(tmp_path / "a.jsonl")
    assert posts[1].caption == "Sunday"
    assert long.startswith(posts[0].caption)
    assert len(regex.findall(r"\X", posts[0].caption)) <= 2200
    assert report.skipped == {CUT: 1}


def test_a_caption_as_long_as_instagram_allows_is_whole(tmp_path):
    long = "👩‍👩‍👧‍👦" * 2200
    write(tmp_path, {"a.jsonl": json.dumps({"caption": long})})
    posts, report = read_posts(tmp_path / "a.jsonl")
    assert posts[0].caption == long
    assert not report.skipped
