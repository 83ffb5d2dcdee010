"""Posts as other tools keep them: gallery-dl beside photos, instagrapi, the Graph API, raw answers."""

import json
import unicodedata
from datetime import UTC, datetime

import pytest

from caption_model.errors import DumpError
from datasets import json_sidecars
from datasets.reading import read_posts
from tests.support.dumps import write

GALLERY_DL = {
    "category": "instagram",
    "subcategory": "posts",
    "username": "jodoe",
    "post_shortcode": "Cabc",
    "date": "2024-03-05 07:08:09",
    "description": "Sunday funday 🐶",
    "num": 1,
}
INSTAGRAPI = {
    "pk": "3300",
    "code": "Cabc",
    "taken_at": "2024-03-05T07:08:09+00:00",
    "media_type": 1,
    "user": {"pk": "1", "username": "jodoe"},
    "caption_text": "Sunday funday 🐶",
    "resources": [],
}
GRAPH = {
    "id": "1789",
    "caption": "Sunday funday 🐶",
    "media_type": "IMAGE",
    "media_url": "https://cdn.example.org/v/47_n.jpg?efg=1",
    "timestamp": "2024-03-05T07:08:09+0000",
    "username": "jodoe",
}
WEB = {
    "edge_media_to_caption": {"edges": [{"node": {"text": "Sunday funday 🐶"}}]},
    "taken_at_timestamp": 1709622489,
    "owner": {"username": "jodoe"},
}
PHONE = {"caption": {"text": "Sunday funday 🐶"}, "taken_at": 1709622489, "user": {"username": "jodoe"}}
TIME = datetime(2024, 3, 5, 7, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize("post", [GALLERY_DL, INSTAGRAPI, GRAPH, WEB, PHONE])
@pytest.mark.parametrize("name", ["1.jpg.json", "1.json"])
def test_metadata_beside_the_photo_are_read_whichever_tool_wrote_them(tmp_path, post, name):
    folder = write(tmp_path / "instagram" / "x", {"1.jpg": b"photo", "1.jpg.txt": "tag, tag", name: post})
    (read,), report = read_posts(folder)
    assert (read.caption, read.source, read.time) == ("Sunday funday 🐶", "jodoe", TIME)
    assert read.image == folder / "1.jpg"
    assert report.format == json_sidecars.NAME


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda post: post,
        lambda post: [post],
        lambda post: {"data": [post], "paging": {"next": "x"}},
        lambda post: {"media": {"data": [post]}, "id": "1"},
        lambda post: {"items": [post], "num_results": 1},
        lambda post: {"data": {"user": {"edge_owner_to_timeline_media": {"edges": [{"node": post}]}}}},
    ],
)
@pytest.mark.parametrize("post", [INSTAGRAPI, GRAPH, WEB, PHONE])
def test_one_file_of_posts_is_read_whatever_is_around_them(tmp_path, wrapped, post):
    write(tmp_path, {"saved.json": wrapped(post)})
    (read,), report = read_posts(tmp_path / "saved.json")
    assert (read.caption, read.source, read.time) == ("Sunday funday 🐶", "jodoe", TIME)
    assert not report.skipped


def test_photos_are_found_by_the_names_that_tools_give_them(tmp_path):
    files = {
        "jodoe_3300.jpg": b"photo",
        "47_n.jpg": b"photo",
        "a.jsonl": f"{json.dumps(INSTAGRAPI)}\n{json.dumps(GRAPH)}",
    }
    posts, _ = read_posts(write(tmp_path, files) / "a.jsonl")
    assert [post.image for post in posts] == [tmp_path / "jodoe_3300.jpg", tmp_path / "47_n.jpg"]


def test_the_photos_of_a_carousel_make_one_post(tmp_path):
    files = {f"{name}.jpg": b"photo" for name in "cab"}
    files |= {f"{name}.jpg.json": GALLERY_DL | {"num": number} for number, name in enumerate("cab", start=1)}
    files |= {"v.mp4": b"video", "v.mp4.json": GALLERY_DL | {"post_shortcode": "Cvid", "description": "It moves"}}
    files |= {"info.json": {"category": "instagram", "username": "jodoe"}}
    posts, report = read_posts(write(tmp_path, files))
    assert [(post.caption, post.image.name) for post in posts] == [("Sunday funday 🐶", "c.jpg")]
    assert report.skipped == {
        "further photo of a carousel": 2,
        "video": 1,
        "post of videos only": 1,
        json_sidecars.UNKNOWN: 1,
    }


def test_posts_that_share_an_identifier_but_no_caption_are_two(tmp_path):
    files = {
        "1.jpg": b"photo",
        "2.jpg": b"photo",
        "1.json": GALLERY_DL,
        "2.json": GALLERY_DL | {"description": "Other"},
    }
    assert len(read_posts(write(tmp_path, files))[0]) == 2


def test_a_video_is_no_post_of_a_photo(tmp_path):
    write(tmp_path, {"saved.json": [GRAPH, GRAPH | {"media_type": "VIDEO", "id": "2", "media_url": ""}]})
    posts, report = read_posts(tmp_path / "saved.json")
    assert len(posts) == 1
    assert report.skipped == {"post of videos only": 1}


def test_names_match_in_either_form_of_their_accents(tmp_path):
    nfd = unicodedata.normalize("NFD", "café.jpg")
    (post,), _ = read_posts(write(tmp_path, {nfd: b"photo", "café.jpg.json": GALLERY_DL}))
    assert post.image.name == nfd


def test_objects_of_no_known_tool_are_named_not_called_empty(tmp_path):
    write(tmp_path, {"saved.json": [{"headline": "Sunday", "picture": "1.jpg"}]})
    with pytest.raises(
        DumpError, match=r"1 × object without a known place for a caption.*its keys are: headline, picture"
    ):
        read_posts(tmp_path / "saved.json")
