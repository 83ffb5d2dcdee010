"""Photos with .txt captions, JSON Lines, and that no format is taken for another."""

import gzip
import json
import zipfile
from pathlib import Path

import pytest

from caption_model.errors import DumpError
from datasets import captions_csv, instaloader, jsonl, kaggle, meta_export, sidecars
from datasets.reading import READERS, read_posts
from tests.support.dumps import exported, write

FORMATS = (kaggle, captions_csv, jsonl, instaloader, meta_export, sidecars)


def test_each_photo_has_the_caption_beside_it(tmp_path):
    files = {"b.jpg": b"photo", "b.txt": "Second\n", "a one 🌅.JPG": b"photo", "a one 🌅.TXT": "First 🌅"}
    posts, report = read_posts(write(tmp_path / "mine", files))
    assert [(post.caption, post.image.name, post.id) for post in posts] == [
        ("First 🌅", "a one 🌅.JPG", "a one 🌅"),
        ("Second", "b.jpg", "b"),
    ]
    assert {post.source for post in posts} == {"mine"}
    assert (report.format, report.posts, report.with_photo) == (sidecars.NAME, 2, 2)
    assert not report.skipped


@pytest.mark.parametrize("suffix", [".jpeg", ".png", ".webp", ".heic", ".HEIF", ".Png"])
def test_photos_of_any_kind(tmp_path, suffix):
    (post,), _ = read_posts(write(tmp_path / "mine", {f"a{suffix}": b"photo", "a.txt": "Here"}))
    assert post.image.suffix == suffix


def test_names_may_hold_dots_and_the_same_name_may_occur_in_two_folders(tmp_path):
    files = {"1.2.jpg": b"p", "1.2.txt": "Dots", "x/1.jpg": b"p", "x/1.txt": "In x", "y/1.jpg": b"p", "y/1.txt": "In y"}
    posts, _ = read_posts(write(tmp_path, files))
    assert {post.id: post.caption for post in posts} == {"1.2": "Dots", "x/1": "In x", "y/1": "In y"}


def test_what_has_no_partner_is_counted(tmp_path):
    files = {
        "a.jpg": b"photo",
        "a.txt": "Here",
        "a.png": b"photo",
        "no caption.jpg": b"photo",
        "blank.jpg": b"photo",
        "blank.txt": " \n",
        "readme.txt": "About this folder",
        "a.json": "{}",
        "a.mp4": b"video",
        "._a.txt": b"\x00\x05\x16\x07",
        ".hidden.jpg": b"photo",
        "__MACOSX/b.jpg": b"photo",
        "__MACOSX/b.txt": "A shadow",
        "@eaDir/b.jpg": b"photo",
        "@eaDir/b.txt": "A thumbnail",
    }
    posts, report = read_posts(write(tmp_path, files))
    assert [(post.caption, post.image.name) for post in posts] == [("Here", "a.jpg")]
    assert report.skipped == {
        "further photo of the same name": 1,
        "photo without a caption": 1,
        "empty caption": 1,
        "text without a photo": 1,
        "file of another kind": 2,
    }


def test_encodings(tmp_path):
    texts = {"a": "\ufeffMark".encode(), "b": "Grüße".encode("utf-16"), "c": b"caf\xe9", "d": b"N\0UL"}
    files = {f"{name}.txt": content for name, content in texts.items()} | {f"{name}.jpg": b"photo" for name in texts}
    posts, report = read_posts(write(tmp_path, files))
    assert [post.caption for post in posts] == ["Mark", "Grüße", "café", "NUL"]
    assert report.skipped == {"line in cp1252, not in UTF-8": 1, "NUL bytes removed": 1}


def test_a_text_too_long_and_links_out_of_the_folder_are_counted(tmp_path):
    (tmp_path / "secret.txt").write_text("Not yours")
    files = {"a.jpg": b"photo", "a.txt": "Here", "b.jpg": b"photo", "b.txt": "la" * 60_000, "c.jpg": b"photo"}
    folder = write(tmp_path / "mine", files)
    (folder / "c.txt").symlink_to(tmp_path / "secret.txt")
    posts, report = read_posts(folder)
    assert [post.caption for post in posts] == ["Here"]
    assert report.skipped == {
        "text too long for a caption": 1,
        "link that leads out of the folder": 1,
        "photo without a caption": 1,
    }


def test_captions_that_are_all_blank_are_an_error(tmp_path):
    with pytest.raises(DumpError, match=r"mine holds no post with a caption \(left out: 1 × empty caption\)"):
        read_posts(write(tmp_path / "mine", {"a.jpg": b"photo", "a.txt": ""}))


def lines(*rows: object) -> str:
    return "".join(f"{row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def test_json_lines(tmp_path):
    content = lines(
        {"image": "photos/a.jpg", "caption": " Here 🌅 ", "id": 7, "source": "mine"},
        {"Image": "gone.jpg", "Caption": "Two\nlines"},
        {"caption": "No photo"},
    )
    folder = write(tmp_path, {"posts.jsonl": content, "photos/a.jpg": b"photo"})
    posts, report = read_posts(folder / "posts.jsonl")
    assert [(post.image, post.caption, post.source, post.id) for post in posts] == [
        (folder / "photos/a.jpg", "Here 🌅", "mine", "7"),
        (Path("gone.jpg"), "Two\nlines", "posts.jsonl", "2"),
        (None, "No photo", "posts.jsonl", "3"),
    ]
    assert (report.format, report.posts, report.with_photo) == (jsonl.NAME, 3, 1)
    assert not report.skipped


@pytest.mark.parametrize("name", ["posts.JSONL", "posts.ndjson", "posts.jsonl.gz"])
def test_json_lines_by_other_names(tmp_path, name):
    content = ("\ufeff" + lines({"caption": "Here"})).replace("\n", "\r\n").encode()
    write(tmp_path, {name: gzip.compress(content) if name.endswith("gz") else content})
    assert [post.caption for post in read_posts(tmp_path / name)[0]] == ["Here"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line damaged"),
        ("caption", "line damaged"),
        ("[" * 100_000, "line damaged"),
        ("null", "line empty"),
        ("[]", "line that is no object"),
        ('"caption"', "line that is no object"),
        ("{}", jsonl.UNKNOWN),
        ('{"caption": " "}', "empty caption"),
        ('{"caption": null}', "empty caption"),
        ('{"caption": 5}', "caption that is not text"),
        ('{"caption": ["a"]}', "caption that is not text"),
    ],
)
def test_a_bad_line_is_counted(tmp_path, line, reason):
    write(tmp_path, {"posts.jsonl": lines(line, "", {"caption": "Here"})})
    posts, report = read_posts(tmp_path / "posts.jsonl")
    assert [post.caption for post in posts] == ["Here"]
    assert report.skipped == {reason: 1}


@pytest.mark.parametrize("image", ["x" * 5000 + ".jpg", "nul\0.jpg", 7, None, ["a.jpg"], "", "."])
def test_an_odd_photo_costs_no_caption(tmp_path, image):
    write(tmp_path, {"posts.jsonl": lines({"image": image, "caption": "Here"})})
    (post,), report = read_posts(tmp_path / "posts.jsonl")
    assert post.caption == "Here"
    assert report.with_photo == 0


@pytest.mark.parametrize("content", ["", "\n\n", "{}\n", "\x00\xff"])
def test_json_lines_without_a_caption_are_an_error(tmp_path, content):
    write(tmp_path, {"posts.jsonl": content})
    with pytest.raises(DumpError, match=r"posts\.jsonl holds no post with a caption"):
        read_posts(tmp_path / "posts.jsonl")


@pytest.fixture
def dumps(tmp_path, sample) -> dict[object, Path]:
    """One dump of each format, each with something in it that another reader could fall for."""
    root = tmp_path / "dumps"
    stamped = "2024-03-05_07-08-09_UTC"
    with_lures = {"note.txt": "x", "note.jpg": b"photo", f"{stamped}.txt": "x", "content/posts_1.json": "[]"}
    table = "Sr No,Image File,Caption\n1,img/insta1,Hello\n"
    write(root / "kaggle", {"instagram_data/captions_csv.csv": table, **with_lures})
    write(root, {"c.csv": "image,caption\na.jpg,Hello\n", "l.jsonl": '{"caption": "Hello"}\n'})
    write(root / "instaloader", {f"{stamped}.txt": "Hello", f"{stamped}.jpg": b"photo"})
    write(root / "meta", {"content/posts_1.json": '[{"title": "Hello", "media": []}]', "n.txt": "x", "n.jpg": b"p"})
    write(root / "sidecars", {"a.txt": "Hello", "a.jpg": b"photo", "list.csv": "caption\nx\n", "a.json": "{}"})
    with zipfile.ZipFile(root / "sidecars" / "backup.zip", "w") as archive:
        archive.writestr("notes.txt", "Nothing of Instagram")
    names = {captions_csv: "c.csv", jsonl: "l.jsonl"}
    found = {reader: root / names.get(reader, reader.__name__.rpartition(".")[2]) for reader in FORMATS}
    return found | {meta_export: root / "meta"}


@pytest.mark.parametrize("reader", FORMATS, ids=lambda reader: reader.__name__)
def test_each_dump_is_read_by_its_own_reader(dumps, reader):
    posts, report = read_posts(dumps[reader])
    assert report.format == reader.NAME
    assert "Hello" in [post.caption for post in posts]


def test_the_sample_is_still_a_kaggle_dump(sample):
    assert read_posts(sample / "kaggle")[1].format == kaggle.NAME
    assert read_posts(sample / "kaggle/instagram_data/captions_csv.csv")[1].format == captions_csv.NAME


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"a.jpg": b"photo", "b.png": b"photo"},
        {"a.txt": "text", "b.jpg": b"photo"},
        {"train.txt": "a.jpg", "Images/a.jpg": b"photo"},
        {"package.json": '{"name": "x"}', "index.html": "<html>"},
        {"x.zip": b"no zip"},
        {"a.pdf": b"%PDF"},
    ],
)
def test_a_folder_of_something_else_is_in_no_known_format(tmp_path, files):
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(DumpError, match="is in no known format"):
        read_posts(write(folder, files))


@pytest.mark.parametrize("name", ["gone", "x" * 5000, "nul\0", "a.csv/b"])
def test_a_path_that_does_not_exist_is_an_error_of_ours(tmp_path, name):
    write(tmp_path, {"a.csv": "caption\nx\n"})
    with pytest.raises(DumpError, match=r"does not exist|cannot be opened"):
        read_posts(tmp_path / name)


def test_every_reader_turns_down_what_is_not_there(tmp_path):
    assert not [reader.name for reader in READERS if reader.detect(tmp_path / "gone")]


def test_a_caption_named_after_the_whole_photo(tmp_path):
    (post,), report = read_posts(write(tmp_path / "mine", {"a.jpg": b"photo", "a.jpg.txt": "Here"}))
    assert (post.caption, post.image.name, post.id) == ("Here", "a.jpg", "a")
    assert not report.skipped


def test_numbered_photos_of_one_caption_are_a_carousel(tmp_path):
    files = {f"trip_{number}.jpg": b"photo" for number in (10, 2, 1)} | {"trip.txt": "Three of them"}
    files |= {"lone_1.jpg": b"photo", "x_1.jpg": b"photo", "x_1.txt": "Its own"}
    posts, report = read_posts(write(tmp_path / "mine", files))
    assert [(post.caption, post.image.name) for post in posts] == [
        ("Three of them", "trip_1.jpg"),
        ("Its own", "x_1.jpg"),
    ]
    assert report.skipped == {"further photo of a carousel": 2, "photo without a caption": 1}


@pytest.mark.parametrize("name", ["posts.json", "posts.jsonl", "posts.json.gz"])
def test_a_list_of_objects_is_read_as_lines_are(tmp_path, name):
    content = json.dumps([{"image": "a.jpg", "caption": "One"}, 7, {"caption": "Two"}], indent=1).encode()
    write(tmp_path, {name: gzip.compress(content) if name.endswith("gz") else content, "a.jpg": b"photo"})
    posts, report = read_posts(tmp_path / name)
    assert [(post.caption, post.id) for post in posts] == [("One", "1"), ("Two", "3")]
    assert report.with_photo == 1
    assert report.skipped == {"entry that is no object": 1}


@pytest.mark.parametrize("content", [[exported()], {"node": {}, "instaloader": {"node_type": "Post"}}])
def test_one_file_of_a_larger_dump_is_told_from_a_list_of_captions(tmp_path, content):
    write(tmp_path, {"posts_1.json": content})
    with pytest.raises(DumpError, match="give the whole folder or zip"):
        read_posts(tmp_path / "posts_1.json")
