"""Instagram's own export: every place its posts have been in, in a folder or in zips."""

import json
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from caption_model.errors import DumpError
from datasets import meta_export
from datasets.posts import Post
from datasets.reading import read_posts
from tests.support.dumps import PHOTO, STAMP, exported, pack, write

PLACES = ["content", "your_instagram_activity/content", "your_instagram_activity/media"]


def mojibake(text: str) -> str:
    """Text as the export writes it."""
    return text.encode().decode("latin-1")


def read_one(tmp_path: Path, *posts: object) -> tuple[list[Post], dict[str, int]]:
    """Read these posts, one more before them that is sound; give back what came of them."""
    root = write(tmp_path / "export", {PHOTO: b"photo", "content/posts_1.json": [exported("The sound one"), *posts]})
    read, report = read_posts(root)
    assert read[0].caption == "The sound one"
    return read[1:], dict(report.skipped)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("around", ["", "instagram-ann-2024 🌅 (1)/", "Downloads/instagram-ann/"])
@pytest.mark.parametrize("packed", [False, True])
def test_posts_are_found_wherever_meta_put_them(tmp_path, place, around, packed):
    files = {f"{around}{place}/posts_1.json": [exported()], f"{around}{PHOTO}": b"photo"}
    root = pack(tmp_path / "export.zip", files) if packed else write(tmp_path / "export", files)
    (read,), report = read_posts(root)
    assert read.caption == "A quiet morning"
    assert read.image == root / f"{around}{PHOTO}"
    assert read.source == f"{around}{place}/posts_1.json"
    assert read.time == datetime.fromtimestamp(STAMP, UTC)
    assert (report.format, report.posts, report.with_photo) == (meta_export.NAME, 1, 1)
    assert not report.skipped


@pytest.mark.parametrize("around", ["", "ann_part_2/"])
def test_the_export_of_2018(tmp_path, around):
    content = {
        "stories": [{"caption": "A story", "taken_at": "2018-01-01T00:00:00", "path": "stories/1.jpg"}],
        "photos": [
            {"caption": "Two of these", "taken_at": "2018-04-24T20:07:51", "path": "photos/201804/a.jpg"},
            {"caption": "Two of these", "taken_at": "2018-04-24T20:07:51", "path": "photos/201804/b.jpg"},
            {"caption": "With a zone", "taken_at": "2018-08-09T16:24:20+02:00", "path": "photos/201808/c.jpg"},
        ],
        "videos": [{"caption": "It moves", "taken_at": "2018-05-01T00:00:00", "path": "videos/201805/d.mp4"}],
        "profile": [{"taken_at": "2018-01-01T00:00:00", "path": "profile/p.jpg"}],
    }
    photos = {f"{around}photos/{name}.jpg": b"photo" for name in ("201804/a", "201804/b", "201808/c")}
    posts, report = read_posts(write(tmp_path / "old", {f"{around}media.json": content, **photos}))
    assert [(post.caption, post.image.name) for post in posts] == [("Two of these", "a.jpg"), ("With a zone", "c.jpg")]
    assert posts[0].time == datetime(2018, 4, 24, 20, 7, 51, tzinfo=UTC)
    assert posts[1].time == datetime(2018, 8, 9, 14, 24, 20, tzinfo=UTC)
    assert report.skipped == {
        "story, message or profile picture": 2,
        "further photo of a carousel": 1,
        "video": 1,
        "post of videos only": 1,
    }


def test_a_media_json_of_something_else_is_no_export(tmp_path):
    with pytest.raises(DumpError, match="no known format"):
        read_posts(write(tmp_path / "other", {"media.json": {"photos": 3, "width": [1]}}))


def test_several_files_of_posts_are_read_and_repeats_are_not(tmp_path):
    files = {
        "content/posts_1.json": [exported("One"), exported("Two")],
        "content/POSTS_2.JSON": [exported("Two"), exported("Three")],
        PHOTO: b"photo",
    }
    posts, report = read_posts(write(tmp_path / "export", files))
    assert sorted(post.caption for post in posts) == ["One", "Three", "Two"]
    assert len({post.id for post in posts}) == 3
    assert report.skipped == {"post met before": 1}


def test_files_that_only_sound_like_posts_are_counted(tmp_path):
    seen = {"impressions_history_posts_seen": [{"string_map_data": {"Author": {"value": "bob"}}}]}
    liked = [{"title": "bob", "string_list_data": []}]
    files = {
        "ads_information/ads_and_topics/posts_viewed.json": seen,
        "ads_information/ads_and_topics/posts_you're_not_interested_in.json": liked,
        "content/posts_1.json": [exported()],
        PHOTO: b"photo",
    }
    posts, report = read_posts(write(tmp_path / "export", files))
    assert [post.caption for post in posts] == ["A quiet morning"]
    assert report.skipped == {"file that is named like one of posts but holds none": 2}


@pytest.mark.parametrize(
    "content", [exported(), {"ig_posts": [exported()]}, {"version": 2, "posts": [exported()], "more": []}]
)
def test_a_file_of_posts_may_be_an_object(tmp_path, content):
    posts, _ = read_posts(write(tmp_path / "export", {"content/posts_1.json": content, PHOTO: b"photo"}))
    assert [post.caption for post in posts] == ["A quiet morning"]


def test_the_caption_of_several_photos_is_the_posts(tmp_path):
    media = [{"uri": PHOTO, "title": ""}, {"uri": "media/posts/202401/gone.jpg", "title": ""}, {"uri": PHOTO}]
    read, skipped = read_one(tmp_path, {"media": media, "title": "All of us", "creation_timestamp": STAMP})
    assert [(post.caption, post.image.name) for post in read] == [("All of us", "x.jpg")]
    assert skipped == {"further photo of a carousel": 1, "further photo of a carousel, missing": 1}


@pytest.mark.parametrize(
    ("entry", "caption"),
    [
        ({"media": {"uri": PHOTO, "title": "Media is an object"}}, "Media is an object"),
        ({"media": [[{"uri": PHOTO, "title": "A list in a list"}]]}, "A list in a list"),
        ({"media": [{"uri": PHOTO, "title": "Null above"}], "title": None}, "Null above"),
        ({"media": [{"uri": PHOTO, "title": None}], "title": "Null below"}, "Null below"),
        ({"media": [{"uri": PHOTO, "title": "The photo's"}], "title": "The post's"}, "The post's"),
        ({"media": [{"uri": PHOTO}, {"uri": PHOTO, "title": "On the second"}]}, "On the second"),
        ({"media": [{"uri": PHOTO, "title": " \n around\n"}]}, "around"),
        ({"media": [{"uri": PHOTO, "title": "NUL\0 gone"}]}, "NUL gone"),
    ],
)
def test_captions_in_all_their_places(tmp_path, entry, caption):
    read, skipped = read_one(tmp_path, entry)
    assert [post.caption for post in read] == [caption]
    assert read[0].image.name == "x.jpg"
    assert set(skipped) <= {"further photo of a carousel"}


@pytest.mark.parametrize("title", [7, 3.5, True, [], {}, ["a"]])
def test_a_title_that_is_not_text_is_no_caption(tmp_path, title):
    read, skipped = read_one(tmp_path, exported(title))
    assert not read
    assert skipped == {"title that is not text": 1, "empty caption": 1}


@pytest.mark.parametrize(
    "caption",
    [
        "Grüße 🌅",
        "Voilà",  # its last byte, alone, would be taken for white space
        "Sweat 😅",  # likewise
        "Family 👩‍👩‍👧‍👦 and ❤️",
        "日本語",
        "naïve … café",
        "plain",
    ],
)
def test_mojibake_is_repaired_and_proper_text_kept(tmp_path, caption):
    read, _ = read_one(tmp_path, exported(mojibake(caption)), exported(caption, "media/posts/y.jpg"))
    assert [post.caption for post in read] == [caption, caption]


def test_entities_are_resolved(tmp_path):
    read, _ = read_one(tmp_path, exported(mojibake("Fish &amp; chips &lt;3 it&#039;s é")))
    assert read[0].caption == "Fish & chips <3 it's é"


def test_half_an_emoji_can_be_written_to_a_file(tmp_path):
    read, _ = read_one(tmp_path, exported("Half \ud83c"))
    assert read[0].caption == "Half \ufffd"


@pytest.mark.parametrize(
    ("entry", "skipped"),
    [
        (exported(""), {"empty caption": 1}),
        (exported(" \n"), {"empty caption": 1}),
        (exported("Moves", "media/posts/1.mp4"), {"video": 1, "post of videos only": 1}),
        (exported("Moves", "media/posts/1.MOV"), {"video": 1, "post of videos only": 1}),
        ({"media": [], "title": ""}, {"empty caption": 1}),
        ("no object", {"broken entry": 1}),
        (None, {"broken entry": 1}),
    ],
)
def test_what_makes_no_post_is_counted(tmp_path, entry, skipped):
    assert read_one(tmp_path, entry) == ([], skipped)


@pytest.mark.parametrize(
    ("entry", "skipped"),
    [
        (exported(uri="media/posts/gone.jpg"), {"photo missing (caption kept)": 1}),
        (exported(uri=None), {"media without a file name": 1}),
        (exported(uri=5), {"media without a file name": 1}),
        (exported(uri="../../etc/passwd"), {"photo missing (caption kept)": 1}),
        (exported(uri="/etc/passwd"), {"photo missing (caption kept)": 1}),
        (exported(uri="."), {"photo missing (caption kept)": 1}),
        ({"media": [], "title": "Words only"}, {"post without media (caption kept)": 1}),
        ({"media": None, "title": "Words only"}, {"post without media (caption kept)": 1}),
        ({"title": "Words only"}, {"post without media (caption kept)": 1}),
        ({"media": [3], "title": "x"}, {"broken media entry": 1, "post without media (caption kept)": 1}),
    ],
)
def test_a_caption_without_its_photo_is_kept(tmp_path, entry, skipped):
    read, counted = read_one(tmp_path, entry)
    assert [post.image for post in read] == [None]
    assert counted == skipped


def test_photos_among_videos(tmp_path):
    media = [{"uri": "media/posts/1.mp4"}, {"uri": PHOTO}]
    read, skipped = read_one(tmp_path, {"media": media, "title": "Both"})
    assert read[0].image.name == "x.jpg"
    assert skipped == {"video": 1}


@pytest.mark.parametrize("stamp", [None, 0, -5, "soon", [], 1e300, 10**30, "9" * 5000, "²", float("inf")])
def test_an_odd_date_is_no_time(tmp_path, stamp):
    entry = {"media": [{"uri": PHOTO, "title": "Once"}], "creation_timestamp": stamp}
    read, _ = read_one(tmp_path, entry)
    assert read[0].time is None


def test_exif_places_are_never_taken_over(tmp_path):
    entry = exported("By the sea")
    exif = {"photo_metadata": {"exif_data": [{"latitude": 12.345678, "longitude": 98.765432, "lens_make": "Lensco"}]}}
    entry["media"][0]["media_metadata"] = exif
    read, _ = read_one(tmp_path, entry)
    assert read[0].caption == "By the sea"
    assert not [secret for secret in ("12.345678", "98.765432", "Lensco") if secret in repr(read)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "file of posts empty"),
        (b" \n", "file of posts empty"),
        (b"null", "file of posts empty"),
        (b"[{", "file of posts damaged"),
        (b"[" * 100_000, "file of posts damaged"),
        (b"\xff\xfe\x00", "file of posts damaged"),
        (b"[]", "file that is named like one of posts but holds none"),
        (b"{}", "file that is named like one of posts but holds none"),
        (b"7", "file that is named like one of posts but holds none"),
        (b'"media"', "file that is named like one of posts but holds none"),
    ],
)
def test_a_bad_file_of_posts_is_counted_or_named(tmp_path, content, reason):
    root = write(tmp_path / "export", {"content/posts_2.json": content})
    with pytest.raises(DumpError, match=f"export holds no post.*1 × {reason}"):
        read_posts(root)
    write(root, {"content/posts_1.json": b"\xef\xbb\xbf" + json.dumps([exported()]).encode(), PHOTO: b"photo"})
    posts, report = read_posts(root)
    assert len(posts) == 1
    assert report.skipped == {reason: 1}


def test_a_file_of_posts_too_large_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(meta_export, "MAX_BYTES", 50)
    with pytest.raises(DumpError, match="1 × file of posts too large"):
        read_posts(pack(tmp_path / "export.zip", {"content/posts_1.json": [exported()]}))
    with pytest.raises(DumpError, match="1 × file of posts too large"):
        read_posts(write(tmp_path / "export", {"content/posts_1.json": [exported()]}))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("packed", [False, True])
def test_an_export_in_html_is_refused_with_the_cure(tmp_path, place, packed):
    files = {"start_here.html": b"<html>", f"{place}/posts_1.html": b"<html>", PHOTO: b"photo"}
    root = pack(tmp_path / "export.zip", files) if packed else write(tmp_path / "export", files)
    with pytest.raises(DumpError, match=r"HTML.*ask Instagram for a new one.*format JSON"):
        read_posts(root)


def test_a_zip_of_something_else_says_so(tmp_path):
    with pytest.raises(DumpError, match=r"captions\.zip holds no posts_1\.json.*unpack it first"):
        read_posts(pack(tmp_path / "captions.zip", {"captions.csv": b"caption\nHello"}))


def test_several_zips_in_a_folder_are_one_export(tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    pack(
        parts / "instagram-ann-1.ZIP",
        {"content/posts_1.json": [exported(), exported("Nowhere", "media/posts/gone.jpg")]},
    )
    pack(parts / "instagram-ann-2.zip", {PHOTO: b"photo"})
    (parts / "instagram-ann-3.zip").write_bytes(b"PK\x03\x04 and no more")
    (parts / "._instagram-ann-1.zip").write_bytes(b"\x00\x05\x16\x07")
    posts, report = read_posts(parts)
    assert [post.image for post in posts] == [parts / "instagram-ann-2.zip" / PHOTO, None]
    assert report.with_photo == 1
    assert report.skipped == {"zip damaged or refused": 1, "photo missing (caption kept)": 1}


def test_parts_unpacked_beside_each_other_are_one_export(tmp_path):
    write(tmp_path / "part1", {"content/posts_1.json": [exported()]})
    write(tmp_path / "part2", {PHOTO: b"photo"})
    (read,), _ = read_posts(tmp_path)
    assert read.image == tmp_path / "part2" / PHOTO


def test_a_photo_of_the_same_name_in_another_folder_is_another_photo(tmp_path):
    files = {"content/posts_1.json": [exported()], "media/posts/202402/x.jpg": b"photo", "old-" + PHOTO: b"photo"}
    (read,), _ = read_posts(write(tmp_path / "export", files))
    assert read.image is None


def test_each_of_two_accounts_keeps_its_own_photo(tmp_path):
    for account in ("ann", "bob"):
        write(tmp_path / account, {"content/posts_1.json": [exported(f"By {account}")], PHOTO: account.encode()})
    posts, _ = read_posts(tmp_path)
    assert {post.caption: post.image.read_text() for post in posts} == {"By ann": "ann", "By bob": "bob"}


def test_links_in_a_folder_are_followed_inside_it_only(tmp_path):
    (tmp_path / "outside.jpg").write_bytes(b"secret")
    root = write(tmp_path / "export", {"content/posts_1.json": [exported()]})
    (root / PHOTO).parent.mkdir(parents=True)
    (root / PHOTO).symlink_to(tmp_path / "outside.jpg")
    (root / "content" / "circle").symlink_to(root)
    (read,), report = read_posts(root)
    assert report.with_photo == 0
    assert report.skipped == {
        "link to a folder": 1,
        "link that leads out of the folder": 1,
        "photo missing (caption kept)": 1,
    }
    assert read.image is None


OLD_KEYS = ["photos", "videos", "path", "caption", "taken_at"]
keys = st.sampled_from(["media", "title", "uri", "creation_timestamp", *OLD_KEYS])
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(PHOTO)
shapes = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5))


@settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(shapes, st.sampled_from(["content/posts_1.json", "media.json"]))
def test_whatever_the_json_holds_only_a_dump_error_leaves(content, name):
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder), {name: content})
        try:
            posts, report = read_posts(root)
        except DumpError:
            return
        assert report.posts == len(posts) > 0
        assert all(post.caption.strip() == post.caption != "" for post in posts)
        json.dumps([post.caption for post in posts], ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("/media/posts/a b.jpg", "media/posts/a b.jpg"),
        ("media/posts/a%20b.jpg", "media/posts/a b.jpg"),
        ("media\\posts\\a b.jpg", "media/posts/a b.jpg"),
        ("./media/posts/a b.jpg", "media/posts/a b.jpg"),
        ("media/posts/a b.jpg", "media/posts/A b.JPG"),
        ("media/posts/100%.jpg", "media/posts/100%.jpg"),
        (mojibake("media/posts/é.jpg"), "media/posts/é.jpg"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_photo_is_found_however_its_name_is_written(tmp_path, uri, name, packed):
    files = {"content/posts_1.json": [exported(uri=uri)], name: b"photo"}
    root = pack(tmp_path / "export.zip", files) if packed else write(tmp_path / "export", files)
    (read,), _ = read_posts(root)
    assert read.image == root / name


def test_of_names_that_differ_in_case_alone_the_very_one_is_taken(tmp_path):
    files = {"content/posts_1.json": [exported(uri="media/b.jpg")], "media/B.JPG": b"other", "media/b.jpg": b"photo"}
    (read,), _ = read_posts(pack(tmp_path / "export.zip", files))
    assert read.image.name == "b.jpg"


def test_a_zip_made_on_windows(tmp_path):
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in ((PHOTO, b"photo"), ("content/posts_1.json", json.dumps([exported()]))):
            entry = zipfile.ZipInfo(name)
            entry.filename = name.replace("/", "\\")
            opened.writestr(entry, content)
    assert b"content\\posts_1.json" in archive.read_bytes()
    (read,), report = read_posts(archive)
    assert read.image == archive / PHOTO
    assert not report.skipped


def test_what_else_was_posted_is_counted_by_what_it_is(tmp_path):
    place = "your_instagram_activity/media"
    files = {
        f"{place}/{name}": [exported("No post")]
        for name in ("stories.json", "reels.json", "archived_posts.json", "profile_photos.json", "igtv_videos.json")
    }
    files |= {f"{place}/posts_1.json": [exported()], PHOTO: b"photo"}
    posts, report = read_posts(write(tmp_path / "export", files))
    assert [post.caption for post in posts] == ["A quiet morning"]
    assert report.skipped == {
        "file of stories": 1,
        "file of reels (videos)": 1,
        "archived post": 1,
        "file of profile photos": 1,
        "file of IGTV (videos)": 1,
    }


def test_a_time_in_text_is_a_time(tmp_path):
    entry = {"media": [{"uri": PHOTO, "title": "Once"}], "creation_timestamp": str(STAMP)}
    read, _ = read_one(tmp_path, entry)
    assert read[0].time == datetime.fromtimestamp(STAMP, UTC)
