"""Instaloader folders as version 4.16 writes them, as users change them, and as disks and downloads break them."""

import json
import lzma
import os
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caption_model.errors import DumpError
from datasets import instaloader
from datasets.reading import read_posts
from datasets.untrusted import XZ_MEMORY
from tests.support.dumps import write

FIRST = "2024-03-05_07-08-09_UTC"
SECOND = "2024-04-01_12-00-00_UTC"


def metadata(node=None, kind: str = "Post") -> bytes:
    return json.dumps({"node": node or {}, "instaloader": {"version": "4.16", "node_type": kind}}).encode()


def edges(caption: str) -> dict:
    return {"edge_media_to_caption": {"edges": [{"node": {"text": caption}}]}}


@pytest.fixture
def profile(tmp_path) -> Path:
    """A profile with one post, to which the tests add what they are about."""
    return write(tmp_path / "ann", {f"{FIRST}.jpg": b"photo", f"{FIRST}.txt": "First light 🌅\n"})


def test_a_post_has_its_photo_caption_time_and_profile(profile):
    (post,), report = read_posts(profile)
    assert post.image == profile / f"{FIRST}.jpg"
    assert post.caption == "First light 🌅"
    assert post.source == "ann"
    assert post.id == FIRST
    assert post.time == datetime(2024, 3, 5, 7, 8, 9, tzinfo=UTC)
    assert (report.format, report.posts, report.with_photo) == (instaloader.NAME, 1, 1)
    assert not report.skipped


def test_a_carousel_is_one_post_with_its_first_photo(profile):
    files = {f"{SECOND}_{number}.jpg": b"photo" for number in (10, 2, 1, 9)}
    write(profile, files | {f"{SECOND}.txt": "Nine and one", f"{SECOND}.json.xz": lzma.compress(metadata())})
    posts, report = read_posts(profile)
    assert [post.image.name for post in posts if post.caption == "Nine and one"] == [f"{SECOND}_1.jpg"]
    assert report.posts == 2
    assert report.skipped == {"further photo of a carousel": 3}


def test_a_carousel_without_caption_and_metadata_is_one_empty_caption(profile):
    write(profile, {f"{SECOND}_1.jpg": b"photo", f"{SECOND}_2.jpg": b"photo"})
    posts, report = read_posts(profile)
    assert len(posts) == 1
    assert report.skipped == {"empty caption": 1}


@pytest.mark.parametrize("name", [f"{SECOND}.json.xz", f"{SECOND}.json", f"{SECOND}.JSON"])
@pytest.mark.parametrize(
    "node",
    [
        edges("From metadata"),
        {"caption": "From metadata"},
        {"caption": {"text": " From metadata\n"}},
        {"edge_media_to_caption": {"edges": []}, "caption": "From metadata"},
        {"edge_media_to_caption": {"edges": [{"node": {"text": ""}}]}, "caption": "From metadata"},
        edges("From metadata") | {"caption": "An older one"},
    ],
)
def test_the_caption_comes_from_metadata_where_there_is_no_text(profile, name, node):
    content = metadata(node)
    write(profile, {f"{SECOND}.jpg": b"photo", name: lzma.compress(content) if name.endswith("xz") else content})
    posts, _ = read_posts(profile)
    assert posts[1].caption == "From metadata"


def test_the_caption_of_the_metadata_wins_over_any_text(profile):
    write(profile, {f"{FIRST}.json.xz": lzma.compress(metadata(edges("The caption")))})
    assert [post.caption for post in read_posts(profile)[0]] == ["The caption"]
    write(profile, {f"{FIRST}.json.xz": lzma.compress(metadata({"edge_media_to_caption": {"edges": []}}))})
    with pytest.raises(DumpError, match="1 × empty caption"):
        read_posts(profile)


def test_where_texts_hold_something_else_a_post_of_unreadable_metadata_has_no_caption(profile):
    names = [f"2024-05-0{number}_00-00-00_UTC" for number in range(1, 6)]
    for name in names:
        write(profile, {f"{name}.txt": "100 likes, 3 comments.", f"{name}.jpg": b"photo"})
        write(profile, {f"{name}.json": metadata(edges(f"Caption of {name}"))})
    write(profile, {f"{names[0]}.json": b"{"})
    posts, report = read_posts(profile)
    assert [post.caption for post in posts] == [f"Caption of {name}" for name in names[1:]]
    assert report.skipped["text that is no caption"] == 2
    assert report.skipped["metadata file damaged"] == 1


def test_one_caption_that_was_edited_by_hand_leaves_the_other_texts_captions(profile):
    for number in range(1, 5):
        name = f"2024-05-0{number}_00-00-00_UTC"
        text = "By hand" if number == 1 else f"Caption {number}"
        write(profile, {f"{name}.txt": text, f"{name}.json": metadata(edges(f"Caption {number}"))})
    captions = [post.caption for post in read_posts(profile)[0]]
    assert captions == ["First light 🌅", "Caption 1", "Caption 2", "Caption 3", "Caption 4"]


def test_metadata_with_odd_captions_is_an_empty_caption(profile):
    odd = [None, [], {}, {"edges": None}, {"edges": [None]}, {"edges": [{"node": []}]}, {"edges": [{"node": {}}]}]
    for number, value in enumerate(odd):
        name = f"2024-05-0{number + 1}_00-00-00_UTC"
        write(profile, {f"{name}.json": metadata({"edge_media_to_caption": value, "caption": 7})})
    posts, report = read_posts(profile)
    assert len(posts) == 1
    assert report.skipped == {"empty caption": len(odd)}


def test_side_files_are_skipped_and_counted(profile):
    write(
        profile,
        {
            f"{FIRST}_old_01.txt": "First lihgt",
            f"{FIRST}_old_12.txt": "First",
            f"{FIRST}_location.txt": "Harbour\nhttps://maps.example/?q=1.5,2.5",
            f"{FIRST}_comments.json": "[]",
            f"{FIRST}_profile_pic.jpg": b"photo",
            f"{FIRST}.mp4": b"video",
            "iterator_abc.json.xz": lzma.compress(metadata(kind="FrozenNodeIterator")),
            f"{FIRST}_iterator_abc.json.xz": lzma.compress(b"{}"),
            "id": "12345",
            "._" + FIRST + ".txt": b"\x00\x05\x16\x07",
            ".DS_Store": b"\x00",
        },
    )
    posts, report = read_posts(profile)
    assert [post.caption for post in posts] == ["First light 🌅"]
    assert report.skipped == {
        "earlier version of an edited caption": 2,
        "location": 1,
        "comments": 1,
        "profile picture or cover": 1,
        "video": 1,
        "state of an interrupted download": 2,
        "file of another kind": 1,
    }


def test_stories_profiles_and_hashtags_are_no_posts(profile):
    kinds = ["StoryItem", "Profile", "Hashtag", "SomethingNew"]
    for kind in kinds:
        write(profile, {f"{kind}.json.xz": lzma.compress(metadata(edges("No post"), kind)), f"{kind}.jpg": b"photo"})
    write(profile, {"StoryItem.txt": "No post either"})
    posts, report = read_posts(profile)
    assert len(posts) == 1
    assert report.skipped == {
        "story": 1,
        "profile's metadata": 1,
        "hashtag's metadata": 1,
        "metadata of another kind": 1,
    }


def test_a_video_without_a_still_is_no_post_and_with_one_it_is(profile):
    write(profile, {f"{SECOND}.mp4": b"video", f"{SECOND}.txt": "It moves"})
    posts, report = read_posts(profile)
    assert len(posts) == 1
    assert report.skipped == {"video": 1, "post of videos only": 1}
    write(profile, {f"{SECOND}.jpg": b"photo"})
    posts, report = read_posts(profile)
    assert posts[1].image.name == f"{SECOND}.jpg"
    assert report.skipped == {"video": 1}


def test_a_caption_whose_photo_was_not_downloaded_is_kept(profile):
    write(profile, {f"{SECOND}.txt": "No picture of it"})
    posts, report = read_posts(profile)
    assert posts[1].image is None
    assert report.with_photo == 1
    assert report.skipped == {"photo missing (caption kept)": 1}


def test_a_parent_of_several_profiles(profile, tmp_path):
    write(tmp_path / "bob 🚲", {f"{FIRST}.JPG": b"photo", f"{FIRST}.txt": "Downhill"})
    posts, report = read_posts(tmp_path)
    assert [(post.source, post.id) for post in posts] == [("ann", f"ann/{FIRST}"), ("bob 🚲", f"bob 🚲/{FIRST}")]
    assert report.with_photo == 2


def test_any_pattern_of_names_is_put_together_by_stem(tmp_path):
    named = {"node_type": "Post"}
    folder = write(
        tmp_path / "liked",
        {
            "ann_3301.json": {"instaloader": named, "node": {"taken_at_timestamp": 1_700_000_000}},
            "ann_3301.txt": "One photo",
            "ann_3301.webp": b"photo",
            "ann_3302.json": {"instaloader": named, "node": {"date": "soon"}},
            "ann_3302.txt": "Two photos",
            "ann_3302_1.jpeg": b"photo",
            "ann_3302_2.jpeg": b"photo",
            "wallpaper.png": b"photo",
            "notes.txt": "Not a caption",
        },
    )
    posts, report = read_posts(folder)
    assert report.format == instaloader.NAME
    assert {post.caption: post.image.name for post in posts} == {
        "One photo": "ann_3301.webp",
        "Two photos": "ann_3302_1.jpeg",
    }
    assert [post.time for post in posts] == [datetime.fromtimestamp(1_700_000_000, UTC), None]
    assert report.skipped == {
        "further photo of a carousel": 1,
        "photo or video without a caption": 1,
        "text without a post": 1,
    }


def test_text_in_other_encodings(profile):
    write(
        profile,
        {
            f"{FIRST}.txt": "﻿Byte-order mark\r\n",
            f"{SECOND}.txt": "Grüße".encode("utf-16"),
            f"{SECOND}.jpg": b"photo",
            "2024-06-01_00-00-00_UTC.txt": "Grüße".encode("latin-1"),
            "2024-06-01_00-00-00_UTC.jpg": b"photo",
        },
    )
    posts, report = read_posts(profile)
    assert [post.caption for post in posts] == ["Byte-order mark", "Grüße", "Grüße"]
    assert report.skipped == {"line in cp1252, not in UTF-8": 1}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("json.xz", b"no xz at all", "metadata file damaged"),
        ("json.xz", lzma.compress(metadata())[:-20], "metadata file damaged"),
        ("json.xz", b"", "metadata file damaged"),
        ("json.xz", lzma.compress(b"{"), "metadata file damaged"),
        ("json", b"", "metadata file empty"),
        ("json", b"null", "metadata file empty"),
        ("json", b'{"node"', "metadata file damaged"),
        ("json", b"\xff\xfe\x00", "metadata file damaged"),
        ("json", b"[" * 100_000, "metadata file damaged"),
        ("json", b'{"a": ' + b"9" * 5_000 + b"}", "metadata file damaged"),
        ("json", b"[]", "metadata of another kind"),
    ],
)
def test_bad_metadata_is_counted_and_costs_no_caption(profile, name, content, reason):
    write(profile, {f"{SECOND}.{name}": content, f"{SECOND}.jpg": b"photo"})
    posts, report = read_posts(profile)
    assert len(posts) == 1
    assert report.skipped == {reason: 1}
    write(profile, {f"{SECOND}.txt": "Still here"})
    posts, report = read_posts(profile)
    assert posts[1].caption == "Still here"
    assert report.skipped == {reason: 1}


def test_a_bomb_of_metadata_is_not_unpacked(profile):
    bomb = lzma.compress(b" " * (instaloader.MAX_BYTES + 1_000_000))
    assert len(bomb) < 10_000
    write(profile, {f"{SECOND}.json.xz": bomb})
    assert read_posts(profile)[1].skipped == {"metadata file too large": 1}


def test_metadata_that_asks_for_much_memory_is_refused(profile):
    greedy = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2 * XZ_MEMORY}]
    write(profile, {f"{SECOND}.json.xz": lzma.compress(metadata(edges("Greedy")), filters=greedy)})
    assert read_posts(profile)[1].skipped == {"metadata file damaged": 1}


def test_text_too_long_for_a_caption_is_counted(profile):
    write(profile, {f"{SECOND}.txt": b"la" * 60_000})
    assert read_posts(profile)[1].skipped == {"text too long for a caption": 1, "empty caption": 1}


def test_links_are_followed_inside_the_dump_only(profile, tmp_path):
    (tmp_path / "secret.txt").write_text("Not yours")
    (profile / f"{SECOND}.txt").symlink_to(tmp_path / "secret.txt")
    (profile / f"{SECOND}.jpg").symlink_to(profile / f"{FIRST}.jpg")
    (profile / "circle").symlink_to(profile)
    (profile / "knot").symlink_to(profile / "knot")
    posts, report = read_posts(profile)
    assert [post.caption for post in posts] == ["First light 🌅"]
    assert report.skipped == {
        "link to a folder": 1,
        "link that leads out of the folder": 1,
        "broken link": 1,
        "empty caption": 1,
    }


def test_a_folder_that_cannot_be_opened_is_counted(profile, monkeypatch):
    shut = write(profile / "shut", {f"{SECOND}.txt": "Unseen"})
    scandir = os.scandir

    def refuse(path):
        if Path(path) == shut:
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    posts, report = read_posts(profile)
    assert len(posts) == 1
    assert report.skipped == {"folder unreadable": 1}


def test_a_file_that_cannot_be_opened_is_counted(profile, monkeypatch):
    write(profile, {f"{SECOND}.json": metadata(edges("Unseen")), f"{SECOND}.txt": "Unseen"})
    real_open = os.open

    def refuse(path, *arguments, **options):
        if Path(path).stem == SECOND:
            raise PermissionError(13, "Permission denied", str(path))
        return real_open(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)
    posts, report = read_posts(profile)
    assert len(posts) == 1
    assert report.skipped == {"metadata file unreadable": 1, "text unreadable": 1}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_does_not_hang_the_reading(profile):
    os.mkfifo(profile / f"{SECOND}.txt")
    assert read_posts(profile)[1].skipped == {"neither file nor folder": 1}


def test_a_name_that_is_not_unicode_is_counted(profile):
    try:
        Path(os.fsdecode(os.fsencode(profile) + b"/caf\xe9.txt")).write_text("Coffee")
    except OSError:
        pytest.skip("this file system takes only Unicode names")
    assert read_posts(profile)[1].skipped == {"file name that is not Unicode": 1}


def test_an_impossible_date_is_no_time(profile):
    write(profile, {"2024-13-45_99-00-00_UTC.txt": "Never", "2024-13-45_99-00-00_UTC.jpg": b"photo"})
    assert {post.caption: post.time for post in read_posts(profile)[0]}["Never"] is None


def test_halves_of_emojis_in_metadata_can_be_written_to_a_file(profile):
    write(profile, {f"{SECOND}.json": metadata(edges("Half \ud83c")), f"{SECOND}.jpg": b"photo"})
    posts, _ = read_posts(profile)
    assert posts[1].caption == "Half \ufffd"
    posts[1].caption.encode()


def test_places_are_never_taken_over(profile):
    node = edges("By the sea") | {"location": {"name": "Secret cove", "lat": 12.345678, "lng": 98.765432}}
    write(profile, {f"{SECOND}.json": metadata(node), f"{SECOND}_location.txt": "Secret cove 12.345678"})
    posts, report = read_posts(profile)
    assert posts[1].caption == "By the sea"
    for secret in ("12.345678", "98.765432", "Secret cove"):
        assert secret not in repr((posts, report))


def test_nothing_left_is_an_error_that_says_why(tmp_path):
    files = {"a.json.xz": lzma.compress(metadata(kind="Profile")), "b.json.xz": b"broken"}
    with pytest.raises(DumpError, match=r"ann holds no post.*metadata file damaged.*profile's metadata"):
        read_posts(write(tmp_path / "ann", files))


def test_whatever_happens_to_the_files_only_a_dump_error_leaves(profile):
    dice = random.Random(5)
    good = {
        f"{SECOND}.json.xz": lzma.compress(metadata(edges("Packed"))),
        f"{FIRST}.json": metadata(edges("Plain")),
        f"{FIRST}.txt": "Grüße 🌅".encode(),
    }
    outcomes = set()
    for _ in range(150):
        for name, content in good.items():
            damaged = bytearray(content)
            for _ in range(dice.randrange(3)):
                damaged[dice.randrange(len(damaged))] = dice.randrange(256)
            end = dice.randrange(len(damaged) + 1) if dice.random() < 0.5 else None
            write(profile, {name: bytes(damaged[:end])})
        try:
            posts, report = read_posts(profile)
        except DumpError:
            outcomes.add("error")
        else:
            assert report.posts == len(posts)
            outcomes |= {post.caption for post in posts} | set(report.skipped)
    assert {"Packed", "metadata file damaged"} <= outcomes


def test_the_caption_of_what_the_phone_is_told(profile):
    node = {"iphone_struct": {"caption": {"text": "As the phone has it"}}}
    write(profile, {f"{SECOND}.json": metadata(node), f"{SECOND}.heic": b"photo"})
    posts, _ = read_posts(profile)
    assert (posts[1].caption, posts[1].image.suffix) == ("As the phone has it", ".heic")


@pytest.mark.parametrize(
    "node",
    [
        {"owner": {"id": "1", "username": "jo.doe"}},
        {"iphone_struct": {"user": {"username": "jo.doe"}}},
        {"user": {"username": "jo.doe"}},
    ],
)
def test_the_account_is_the_metadatas(tmp_path, node):
    folder = write(tmp_path / "liked", {"2024/Cabc.jpg": b"photo", "2024/Cabc.json": metadata(edges("Mine") | node)})
    assert [post.source for post in read_posts(folder)[0]] == ["jo.doe"]


@pytest.mark.parametrize("place", ["jodoe/2024", "jodoe/2024/03", "jodoe/2024-03-05", "jodoe/posts", "jodoe/20240305"])
def test_a_folder_of_a_date_is_no_account(tmp_path, place):
    write(tmp_path / place, {"Cabc.jpg": b"photo", "Cabc.json.xz": lzma.compress(metadata(edges("Mine")))})
    assert [post.source for post in read_posts(tmp_path / "jodoe")[0]] == ["jodoe"]
    assert [post.source for post in read_posts(tmp_path / place)[0]] == ["jodoe"]


def test_the_profiles_own_metadata_name_the_account_of_all_folders_below(tmp_path):
    folder = write(
        tmp_path / "1234567",
        {
            "zz.json": metadata({"username": "jodoe"}, "Profile"),
            "a.json": metadata(edges("Beside it")),
            "deeper/b.json": metadata(edges("Below it")),
        },
    )
    assert {post.caption: post.source for post in read_posts(folder)[0]} == {"Beside it": "jodoe", "Below it": "jodoe"}


def test_names_of_a_mac_and_of_a_pc_make_one_post(tmp_path):
    nfc, nfd = "caf\u00e9", "cafe\u0301"
    folder = write(tmp_path / "ann", {f"{nfd}.jpg": b"photo", f"{nfc}.json": metadata(edges("Coffee"))})
    (post,), report = read_posts(folder)
    assert post.image.name == f"{nfd}.jpg"
    assert not report.skipped
