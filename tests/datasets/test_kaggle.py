"""The Kaggle layout, with every oddity a download of it has."""

from pathlib import Path

import pytest

from caption_model.errors import DumpError
from datasets import kaggle
from datasets.named_photos import PhotoFinder
from datasets.reading import read_posts
from tests.support.dumps import PHOTO, exported, write


@pytest.fixture
def dump(tmp_path):
    first, second = tmp_path / "instagram_data", tmp_path / "instagram_data2"
    (first / "img").mkdir(parents=True)
    (second / "img2").mkdir(parents=True)
    for name in ("img/insta1.jpg", "img/insta2.jpeg", "img/insta3.png", "img/insta4.jpg"):
        (first / name).write_bytes(b"photo")
    (second / "img2/insta_2_1.jpg").write_bytes(b"photo")
    (first / "captions_csv.csv").write_bytes(
        b"\xef\xbb\xbfSr No,Image File,Caption\r\n"
        b"1,img/insta1,hello\r\n"
        b'2,img/insta2,"two lines,\none photo"\r\n'
        b"3,img/insta3,\r\n"
        b"4,img/insta4.jpg,has its suffix\r\n"
        b"5,img/insta5,photo is missing\r\n"
        b"6,img/insta1\r\n"
        b"7,img/insta1,too,many,cells\r\n"
        b"\r\n"
        b"8,img/insta1,caf\xe9 and a NU\x00L\r\n"
        b"9,../../etc/passwd,outside\r\n"
        b"10,,no photo named\r\n"
    )
    (second / "captions_csv2.csv").write_text(
        "1,img2/insta_2_1,second part ❤️\n2,img2/insta_2_2,gone\n", encoding="utf-8"
    )
    return tmp_path


def test_both_parts_are_read_in_order(dump):
    posts, report = read_posts(dump)
    assert report.format == kaggle.NAME
    assert [post.caption for post in posts] == [
        "hello",
        "two lines,\none photo",
        "has its suffix",
        "photo is missing",
        "caf\ufffd and a NUL",
        "outside",
        "no photo named",
        "second part ❤️",
        "gone",
    ]
    assert len({post.id for post in posts}) == len(posts)
    assert {post.source for post in posts} == {"instagram_data", "instagram_data2"}


def test_photos_are_found_beside_their_table(dump):
    images = {post.caption: post.image for post in read_posts(dump)[0]}
    assert images["hello"] == dump / "instagram_data/img/insta1.jpg"
    assert images["two lines,\none photo"] == dump / "instagram_data/img/insta2.jpeg"
    assert images["has its suffix"] == dump / "instagram_data/img/insta4.jpg"
    assert images["second part ❤️"] == dump / "instagram_data2/img2/insta_2_1.jpg"
    assert images["photo is missing"] == dump / "instagram_data/img/insta5"
    assert images["no photo named"] is None


def test_what_is_left_out_is_counted(dump):
    _, report = read_posts(dump)
    assert report.posts == 9
    assert report.with_photo == 5
    assert report.skipped == {
        "empty caption": 1,
        "broken row": 2,
        "photo missing (caption kept)": 4,
        "not UTF-8": 1,
        "NUL bytes removed": 1,
    }


@pytest.mark.parametrize(("part", "count"), [("instagram_data", 7), ("instagram_data2", 2)])
def test_one_part_alone_can_be_given(dump, part, count):
    assert len(read_posts(dump / part)[0]) == count


def test_a_path_out_of_the_dump_is_no_photo(tmp_path):
    (tmp_path / "secret.jpg").write_bytes(b"photo")
    folder = tmp_path / "dump"
    folder.mkdir()
    assert kaggle.find_photo(PhotoFinder(folder), "../secret") is None
    assert kaggle.find_photo(PhotoFinder(folder), str(tmp_path / "secret")) is None
    assert kaggle.find_photo(PhotoFinder(folder), "x" * 5000) is None


def test_dump_without_captions_is_an_error(tmp_path):
    (tmp_path / "captions_csv.csv").write_text("Sr No,Image File,Caption\n1,img/a,\n")
    with pytest.raises(DumpError, match="no post with a caption"):
        read_posts(tmp_path)


def test_unknown_folder_and_missing_path_are_errors(tmp_path):
    with pytest.raises(DumpError):
        read_posts(tmp_path)
    with pytest.raises(DumpError, match="does not exist"):
        read_posts(tmp_path / "nothing")
    with pytest.raises(DumpError, match="neither"):
        kaggle.read(Path(tmp_path))


@pytest.mark.parametrize("suffix", [".JPG", ".Jpeg", ".PNG"])
def test_photos_with_a_suffix_in_capitals(tmp_path, suffix):
    folder = tmp_path / "instagram_data"
    (folder / "img").mkdir(parents=True)
    (folder / f"img/insta1{suffix}").write_bytes(b"photo")
    named = "img/insta1" if suffix != ".Jpeg" else "img\\insta1.Jpeg"
    (folder / "captions_csv.csv").write_text(f"Sr No,Image File,Caption\n1,{named},Hello\n")
    (post,), _ = read_posts(tmp_path)
    assert post.image == folder / f"img/insta1{suffix}"


def test_the_second_table_may_have_a_header_after_all_and_the_first_none(tmp_path):
    for folder, table, header in (
        ("instagram_data", "captions_csv.csv", ""),
        ("instagram_data2", "captions_csv2.csv", "SR NO,image file,caption\n"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / table).write_text(
            f'{header}1,img/a,"He said ""hi"", twice; and left"\n', encoding="utf-16"
        )
    posts, report = read_posts(tmp_path)
    assert [post.caption for post in posts] == ['He said "hi", twice; and left'] * 2
    assert report.skipped == {"photo missing (caption kept)": 2}


def test_a_caption_that_occurs_many_times_is_read_each_time_and_cleaned_to_one(dump):
    from datasets.cleaning import clean_posts

    with (dump / "instagram_data2/captions_csv2.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{number},img2/insta_2_1,What a lovely morning by the sea\n" for number in range(3, 9))
    posts, _ = read_posts(dump)
    assert sum(post.caption == "What a lovely morning by the sea" for post in posts) == 6
    assert sum(post.caption == "What a lovely morning by the sea" for post in clean_posts(posts).posts) == 1


def test_an_export_beside_it_is_told_of_not_mixed_in(dump):
    write(dump, {"content/posts_1.json": [exported()], PHOTO: b"photo"})
    posts, report = read_posts(dump)
    assert "A quiet morning" not in [post.caption for post in posts]
    (told,) = [reason for reason in report.skipped if reason.startswith("another dump in this folder")]
    assert "Instagram export" in told
