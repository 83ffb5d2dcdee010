"""Captions in a single CSV."""

import gzip
import random
from pathlib import Path

import pytest

from caption_model.errors import DumpError
from datasets import table_folders, tables
from datasets.reading import read_posts
from tests.support.dumps import write


def test_plain_csv_with_all_columns(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"photo")
    table = tmp_path / "captions.csv"
    table.write_text("id,image,CAPTION,source\n7,a.jpg, hello ,mine\n8,b.jpg,bye,\n9,,lone,mine\n", encoding="utf-8")
    posts, report = read_posts(table)
    assert [(post.id, post.image, post.caption, post.source) for post in posts] == [
        ("7", tmp_path / "a.jpg", "hello", "mine"),
        ("8", Path("b.jpg"), "bye", "captions.csv"),
        ("9", None, "lone", "mine"),
    ]
    assert (report.posts, report.with_photo) == (3, 1)


def test_gzipped_csv_with_kaggle_headers(tmp_path):
    table = tmp_path / "captions.csv.gz"
    table.write_bytes(gzip.compress('Sr No,Image File,Caption\n3,img/insta3,"two\nlines ❤️"\n'.encode()))
    (post,), _ = read_posts(table)
    assert (post.id, post.image, post.caption) == ("3", Path("img/insta3"), "two\nlines ❤️")


def test_caption_column_is_enough(tmp_path):
    table = tmp_path / "captions.csv"
    table.write_text("caption\nhello\nbye\n")
    posts, _ = read_posts(table)
    assert [(post.id, post.image, post.caption) for post in posts] == [("1", None, "hello"), ("2", None, "bye")]


def test_utf16_is_recognised_by_its_mark(tmp_path):
    table = tmp_path / "captions.csv"
    table.write_text("caption\nhello ❤️\n", encoding="utf-16")
    assert read_posts(table)[0][0].caption == "hello ❤️"


def test_broken_and_empty_rows_are_counted(tmp_path):
    table = tmp_path / "captions.csv"
    table.write_bytes(b"image,caption\na.jpg,hello\na.jpg\na.jpg,\nb.jpg,caf\xe9\na.jpg,x,y\n")
    posts, report = read_posts(table)
    assert [post.caption for post in posts] == ["hello", "café"]
    assert report.skipped == {"broken row": 2, "empty caption": 1, "line in cp1252, not in UTF-8": 1}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("captions.csv", b"image,text\na.jpg,hello\n", "no column named 'caption'"),
        ("captions.csv", b"", "no column named 'caption'"),
        ("captions.csv", b"caption\n\n", "holds no"),
        ("captions.csv.gz", b"not gzip at all", "cannot be read"),
        ("captions.csv.gz", gzip.compress(b"caption\nhello\n" * 200, mtime=0)[:-12], "cannot be read"),
        ("captions.txt", b"caption\nhello\n", "captions.txt"),
    ],
)
def test_useless_files_are_errors_that_name_the_file(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DumpError, match=message) as caught:
        read_posts(path)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mark", [";", "\t"])
def test_semicolons_and_tabs_part_cells_too(tmp_path, mark):
    table = tmp_path / "captions.csv"
    table.write_text(f'image{mark}Caption\na.jpg{mark}"one, two{mark} three"\n', encoding="utf-8-sig")
    assert [post.caption for post in read_posts(table)[0]] == [f"one, two{mark} three"]


def test_a_comma_in_the_header_decides_whatever_the_captions_hold(tmp_path):
    table = tmp_path / "captions.csv"
    table.write_text("image,caption\na.jpg,so; many; semicolons;\n")
    assert read_posts(table)[0][0].caption == "so; many; semicolons;"


@pytest.mark.parametrize("name", ["img/a", "img\\a", "img/a.JPG", "./img/a.JPG"])
def test_photos_without_suffix_or_with_backslashes_are_found(tmp_path, name):
    (tmp_path / "img").mkdir()
    (tmp_path / "img/a.JPG").write_bytes(b"photo")
    (tmp_path / "captions.csv").write_text(f"filename,caption\n{name},hello\n")
    (post,), report = read_posts(tmp_path / "captions.csv")
    assert post.image.samefile(tmp_path / "img/a.JPG")
    assert report.with_photo == 1


@pytest.mark.parametrize("image", ["x" * 5000 + ".jpg", "img", "/", "."])
def test_an_odd_photo_costs_no_caption(tmp_path, image):
    (tmp_path / "img").mkdir()
    (tmp_path / "captions.csv").write_text(f"image,caption\n{image},hello\n")
    (post,), report = read_posts(tmp_path / "captions.csv")
    assert post.caption == "hello"
    assert report.with_photo == 0


def test_a_damaged_or_endless_gzip_is_an_error(tmp_path, monkeypatch):
    packed = bytearray(gzip.compress(b"caption\n" + random.Random(1).randbytes(5000).hex().encode(), mtime=0))
    packed[200:260] = b"\xff" * 60
    (tmp_path / "damaged.csv.gz").write_bytes(packed)
    with pytest.raises(DumpError, match=r"damaged\.csv\.gz cannot be read"):
        read_posts(tmp_path / "damaged.csv.gz")
    monkeypatch.setattr(tables, "MAX_BYTES", 1000)
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"caption\n" * 1000, mtime=0))
    with pytest.raises(DumpError, match=r"bomb\.csv\.gz unpacks to more than 1000 bytes"):
        read_posts(tmp_path / "bomb.csv.gz")


def test_a_folder_with_tables_and_photos(tmp_path):
    files = {
        "photos/a.jpg": b"photo",
        "captions.csv": "image,caption\nphotos/a.jpg,From the table\n",
        "more.jsonl": '{"caption": "From a line"}\n',
        "prices.csv": "thing,price\ncup,3\n",
        ".hidden.csv": "caption\nUnseen\n",
        "._captions.csv": b"\x00\x05\x16\x07",
    }
    posts, report = read_posts(write(tmp_path / "mine", files))
    assert {post.caption: post.image for post in posts} == {
        "From the table": tmp_path / "mine" / "photos/a.jpg",
        "From a line": None,
    }
    assert len({post.id for post in posts}) == 2
    assert (report.format, report.posts, report.with_photo) == (table_folders.NAME, 2, 1)
    assert report.skipped == {"table without captions": 1}
