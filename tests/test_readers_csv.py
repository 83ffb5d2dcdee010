"""Captions in a single CSV."""

import gzip
from pathlib import Path

import pytest

from caption_model.errors import DumpError
from datasets.reading import read_posts


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
    assert [post.caption for post in posts] == ["hello", "caf\ufffd"]
    assert report.skipped == {"broken row": 2, "empty caption": 1, "not UTF-8": 1}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("captions.csv", b"image,text\na.jpg,hello\n", "no column named 'caption'"),
        ("captions.csv", b"", "no column named 'caption'"),
        ("captions.csv", b"caption\n\n", "holds no"),
        ("captions.csv.gz", b"not gzip at all", "cannot be read"),
        ("captions.csv.gz", gzip.compress(b"caption\nhello\n" * 200)[:-12], "cannot be read"),
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
