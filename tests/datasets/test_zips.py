"""Zips of an export, those that mean harm among them, and the photos that are copied out of them."""

import io
import json
import os
import random
import stat
import struct
import warnings
import zipfile
from pathlib import Path

import pytest

from caption_model.errors import DumpError
from datasets import zips
from datasets.posts import Post
from datasets.reading import read_posts
from datasets.zipped_photos import default_cache, extract_photos
from tests.support.dumps import PHOTO, exported, pack, write


def patch_member(path: Path, offset: int, layout: str, value: int) -> Path:
    """Change a field of the first entry of a zip's central directory."""
    data = bytearray(path.read_bytes())
    struct.pack_into(layout, data, data.index(b"PK\x01\x02") + offset, value)
    path.write_bytes(data)
    return path


SOUND = {"content/posts_1.json": [exported()]}


@pytest.mark.parametrize(
    "name",
    ["../x.jpg", "media/../../x.jpg", "/x.jpg", "\\x.jpg", "..\\x.jpg", "C:\\x.jpg", "C:x.jpg", "//server/x.jpg"],
)
def test_members_that_lead_out_are_refused(tmp_path, name):
    archive = pack(tmp_path / "export.zip", {name: b"photo", "content/posts_1.json": [exported(uri=name)]})
    before = sorted(tmp_path.rglob("*"))
    (read,), report = read_posts(archive)
    named = Post(Path(f"{archive}/{name}"), "As if it had been let in", "", "1")
    assert [post.image for post in extract_photos([read, named], tmp_path / "cache")] == [None, None]
    assert report.skipped == {"zip member with an unsafe path": 1, "photo missing (caption kept)": 1}
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_in_a_zip_are_refused(tmp_path, kind):
    archive = pack(tmp_path / "export.zip", SOUND)
    with zipfile.ZipFile(archive, "a") as opened:
        link = zipfile.ZipInfo(PHOTO)
        link.external_attr = (kind | 0o777) << 16
        opened.writestr(link, "/etc/passwd")
    (read,), report = read_posts(archive)
    assert report.skipped == {"zip member that is a link or a device": 1, "photo missing (caption kept)": 1}
    link = Post(archive / PHOTO, "As if it had been let in", "", "1")
    assert [post.image for post in extract_photos([read, link], tmp_path / "cache")] == [None, None]


def test_encrypted_members_are_refused(tmp_path):
    archive = patch_member(pack(tmp_path / "export.zip", {PHOTO: b"photo", **SOUND}), 8, "<H", 0x1)
    report = read_posts(archive)[1]
    assert report.skipped == {"zip member that is encrypted": 1, "photo missing (caption kept)": 1}
    encrypted = patch_member(pack(tmp_path / "all.zip", SOUND), 8, "<H", 0x1)
    with pytest.raises(DumpError, match=r"all\.zip holds no posts_1\.json"):
        read_posts(encrypted)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_cannot_be_bounded_is_refused(tmp_path, method):
    archive = pack(tmp_path / "export.zip", SOUND)
    with zipfile.ZipFile(archive, "a", method) as opened:
        opened.writestr(PHOTO, b"photo" * 100)
    assert read_posts(archive)[1].skipped["zip member with unusual compression"] == 1


def test_a_member_that_is_a_bomb_is_refused(tmp_path):
    ballast = random.Random(1).randbytes(100_000)
    files = {PHOTO: b"\0" * 5_000_000, "media/posts/y.jpg": ballast, **SOUND}
    (_,), report = read_posts(pack(tmp_path / "export.zip", files))
    assert report.skipped == {
        "zip member that unpacks to far more than it holds": 1,
        "photo missing (caption kept)": 1,
    }


def test_a_zip_that_is_a_bomb_is_refused_as_a_whole(tmp_path):
    files = {f"media/posts/{number}.jpg": b"\0" * 900_000 for number in range(10)}
    bomb = pack(tmp_path / "bomb.zip", {**files, **SOUND})
    with pytest.raises(DumpError, match=r"bomb\.zip claims to unpack to 900\d+ bytes"):
        read_posts(bomb)
    parts = write(tmp_path / "parts", {"content/posts_1.json": [exported()]})
    bomb.rename(parts / "bomb.zip")
    assert read_posts(parts)[1].skipped["zip damaged or refused"] == 1


def test_a_zip_that_claims_too_much_in_all_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(zips, "MAX_TOTAL", 1000)
    ballast = random.Random(1).randbytes(2000)
    with pytest.raises(DumpError, match="as only a bomb does"):
        read_posts(pack(tmp_path / "export.zip", {**SOUND, PHOTO: ballast}))


def test_a_member_that_lies_about_its_size_is_damaged_not_unpacked(tmp_path):
    archive = pack(tmp_path / "export.zip", {"content/posts_1.json": [exported(), exported("x" * 100_000)]})
    patch_member(archive, 24, "<I", 60)
    with pytest.raises(DumpError, match="1 × file of posts damaged"):
        read_posts(archive)


def test_shadow_files_and_nested_zips_in_a_zip_are_ignored(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as nested:
        nested.writestr("content/posts_1.json", json.dumps([exported("From the inner one")]))
    files = {
        "__MACOSX/content/._posts_1.json": b"\x00\x05\x16\x07",
        "content/._posts_1.json": b"\x00\x05\x16\x07",
        "media/": b"",
        "inner.zip": inner.getvalue(),
        PHOTO: b"photo",
        **SOUND,
    }
    posts, report = read_posts(pack(tmp_path / "export.zip", files))
    assert [post.caption for post in posts] == ["A quiet morning"]
    assert report.skipped == {"zip inside a zip": 1}


def test_a_zip_is_known_by_its_content_too(tmp_path):
    archive = pack(tmp_path / "instagram export (1)", {**SOUND, PHOTO: b"photo"})
    (read,), report = read_posts(archive)
    assert report.with_photo == 1
    assert extract_photos([read], tmp_path / "cache")[0].image.read_bytes() == b"photo"


def test_names_that_occur_twice_in_a_zip(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # zipfile's own about the second of them
        with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
            for caption in ("The earlier", "The later"):
                archive.writestr("content/posts_1.json", json.dumps([exported(caption)]))
    assert [read.caption for read in read_posts(tmp_path / "export.zip")[0]] == ["The later"]


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip", b"PK\x05\x06" + b"\0" * 18])
def test_a_damaged_or_empty_zip_is_an_error(tmp_path, content):
    archive = tmp_path / "export.zip"
    archive.write_bytes(content)
    with pytest.raises(DumpError, match=r"export\.zip"):
        read_posts(archive)


def test_photos_are_copied_out_only_when_asked_for(tmp_path):
    archive = pack(tmp_path / "export.zip", {PHOTO: b"photo", "media/posts/other.jpg": b"other", **SOUND})
    posts, _ = read_posts(archive)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export.zip"]
    plain = Post(tmp_path / "plain.jpg", "Not in a zip", "", "1")
    nowhere = Post(None, "No photo", "", "2")
    extracted = extract_photos([*posts, plain, nowhere], tmp_path / "cache")
    assert extracted[1:] == [plain, nowhere]
    assert extracted[0].caption == posts[0].caption
    assert extracted[0].image.read_bytes() == b"photo"
    assert extracted[0].image.suffix == ".jpg"
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == [extracted[0].image]


def test_photos_are_copied_once_and_a_changed_zip_anew(tmp_path):
    archive = pack(tmp_path / "export.zip", {PHOTO: b"photo", **SOUND})
    (first,) = extract_photos(read_posts(archive)[0], tmp_path / "cache")
    marked = first.image
    marked.write_bytes(b"left alone")
    assert extract_photos(read_posts(archive)[0], tmp_path / "cache")[0].image.read_bytes() == b"left alone"
    pack(archive, {PHOTO: b"another photo", **SOUND})
    (second,) = extract_photos(read_posts(archive)[0], tmp_path / "cache")
    assert second.image != marked
    assert second.image.read_bytes() == b"another photo"


def test_a_photo_that_cannot_be_copied_costs_only_itself(tmp_path, caplog):
    archive = pack(tmp_path / "export.zip", {PHOTO: b"photo of which a byte is changed", **SOUND}, zipfile.ZIP_STORED)
    damaged = archive.read_bytes().replace(b"a byte", b"a bite")
    posts = [*read_posts(archive)[0], Post(archive / "media/posts/gone.jpg", "Gone", "", "2")]
    archive.write_bytes(damaged)
    extracted = extract_photos(posts, tmp_path / "cache")
    assert [(post.caption, post.image) for post in extracted] == [("A quiet morning", None), ("Gone", None)]
    assert "1 × photo damaged" in caplog.text
    assert "1 × photo missing in its zip" in caplog.text
    archive.write_bytes(b"no zip any more")
    assert [post.image for post in extract_photos(posts, tmp_path / "cache")] == [None, None]


def test_a_cache_that_cannot_be_written_is_an_error_of_ours(tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    posts, _ = read_posts(pack(tmp_path / "export.zip", {PHOTO: b"photo", **SOUND}))
    with pytest.raises(DumpError, match="cannot be written"):
        extract_photos(posts, tmp_path / "cache")


def test_the_cache_is_the_users_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache().is_relative_to(tmp_path)
    posts, _ = read_posts(pack(tmp_path / "export.zip", {PHOTO: b"photo", **SOUND}))
    assert extract_photos(posts)[0].image.is_relative_to(default_cache())
    if os.name == "posix":
        assert stat.S_IMODE(default_cache().stat().st_mode) == 0o700


def test_whatever_happens_to_the_bytes_of_a_zip_only_a_dump_error_leaves(tmp_path):
    dice = random.Random(11)
    good = pack(tmp_path / "good.zip", {PHOTO: b"photo" * 50, **SOUND}).read_bytes()
    archive = tmp_path / "export.zip"
    outcomes = set()
    for _ in range(400):
        damaged = bytearray(good)
        for _ in range(dice.randrange(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        archive.write_bytes(damaged)
        try:
            posts, _ = read_posts(archive)
            extract_photos(posts, tmp_path / "cache")
            outcomes.add("read")
        except DumpError:
            outcomes.add("error")
    assert outcomes == {"read", "error"}
