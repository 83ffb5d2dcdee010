"""Instagram's newest export: posts as labelled values, in any language, in one file or two."""

import pytest

from caption_model.errors import DumpError
from datasets.reading import read_posts
from tests.support.dumps import pack, write

PLACE = "your_instagram_activity/media"
ENGLISH = ("Caption", "Draft", "Published", "False", "True")
GERMAN = ("Bildunterschrift", "Entwurf", "Veröffentlicht", "Falsch", "Wahr")
MADE_UP = ("Mazwi", "Umdwebo", "Ishicilelwe", "Cha", "Yebo")


def mojibake(text: str) -> str:
    """Text as the export writes it."""
    return text.encode().decode("latin-1")


def labelled(number: int, caption: str, words=ENGLISH, draft=False, published=True, title: str | None = None) -> dict:
    """A post in the newest form."""
    label, draft_label, published_label, no, yes = map(mojibake, words)
    medium = {"uri": f"media/posts/{number}.jpg", "creation_timestamp": 1000 + number}
    medium["title"] = mojibake(caption if title is None else title)
    return {
        "timestamp": 1000 + number,
        "media": [],
        "label_values": [
            {"label": "Media", "media": [medium]},
            {"dict": [{"dict": [{"label": "Name", "value": "Rome"}], "title": "Place"}], "title": "Places"},
            {"label": label, "value": mojibake(caption)},
            {
                "label": "URL",
                "value": "https://www.instagram.com/p/XXXXX/",
                "href": "https://www.instagram.com/p/XXXXX/",
            },
            {"label": draft_label, "value": yes if draft else no},
            {"label": published_label, "value": yes if published else no},
        ],
        "fbid": str(number),
    }


def classic(number: int, caption: str, time: int | None = None) -> dict:
    """The same post in the older form."""
    medium = {"uri": f"media/posts/{number}.jpg", "title": mojibake(caption)}
    return {"media": [medium | {"creation_timestamp": time or 1000 + number}]}


def read(tmp_path, files: dict[str, object], photos: int = 9):
    """Captions and what was left out, of an export with these files."""
    shown = {f"media/posts/{number}.jpg": b"photo" for number in range(photos)}
    posts, report = read_posts(write(tmp_path / "export", {f"{PLACE}/{name}": c for name, c in files.items()} | shown))
    assert report.with_photo == len(posts)
    assert len({post.id for post in posts}) == len(posts)
    return [post.caption for post in posts], dict(report.skipped)


CAPTIONS = ["Sunday 🐶", "Best day at the beach ☀️", "Café", "Coffee first, everything else later"]


@pytest.mark.parametrize("words", [ENGLISH, GERMAN, MADE_UP])
@pytest.mark.parametrize("title", [None, ""])
@pytest.mark.parametrize("name", ["posts.json", "posts_1.json"])
def test_the_caption_is_found_whatever_its_label(tmp_path, words, title, name):
    posts = [labelled(number, caption, words, title=title) for number, caption in enumerate(CAPTIONS)]
    assert read(tmp_path, {name: posts}) == (CAPTIONS, {})


@pytest.mark.parametrize("words", [ENGLISH, GERMAN, MADE_UP])
def test_drafts_in_the_full_list_are_left_out(tmp_path, words):
    posts = [labelled(number, caption, words) for number, caption in enumerate(CAPTIONS)]
    posts.insert(2, labelled(7, "Nobody saw this", words, draft=True))
    posts.append(labelled(8, "Nor this one", words, draft=True, published=False))
    assert read(tmp_path, {"posts.json": posts}) == (CAPTIONS, {"draft": 2})


def test_in_a_file_of_what_was_posted_only_the_unpublished_are_drafts(tmp_path):
    posts = [labelled(0, "Posted", draft=True), labelled(1, "Not posted", draft=True, published=False)]
    assert read(tmp_path, {"posts_1.json": posts}) == (["Posted"], {"draft": 1})


def test_the_exports_own_names_of_fields_go_before_the_labels(tmp_path):
    posts = [labelled(number, caption, MADE_UP, title="") for number, caption in enumerate(CAPTIONS)]
    for post in posts:
        post["label_values"].insert(
            0, {"label": "Longer", "value": f"A long account of {post['fbid']} by nobody at all"}
        )
        post["label_values"][3]["ent_field_name"] = "Caption"
    assert read(tmp_path, {"posts.json": posts}) == (CAPTIONS, {})


def test_a_post_without_a_caption_has_none_even_if_it_has_a_place(tmp_path):
    posts = [labelled(0, "Sunday"), labelled(1, "")]
    posts[1]["label_values"].append({"label": "Location", "value": "Rome"})
    assert read(tmp_path, {"posts.json": posts}) == (["Sunday"], {"empty caption": 1})


def test_media_lie_at_any_depth_and_each_counts_once(tmp_path):
    post = labelled(0, "Two of them")
    nested = [{"uri": "media/posts/0.jpg"}, {"uri": "media/posts/1.jpg", "media_metadata": {"uri": "no.jpg"}}]
    post["label_values"].append({"dict": [{"dict": [{"label": "Media", "media": nested}]}], "title": "Attachments"})
    assert read(tmp_path, {"posts.json": [post]}) == (["Two of them"], {"further photo of a carousel": 1})


@pytest.mark.parametrize("other", [classic, labelled])
@pytest.mark.parametrize("part", [[0, 2], [0, 1, 2, 3], [], [5], [3, 5, 0]])
def test_of_two_files_every_post_is_read_once(tmp_path, other, part):
    captions = [*CAPTIONS, "", "Only in the part"]
    full = [labelled(number, caption) for number, caption in enumerate(CAPTIONS)]
    files = {"posts.json": full, "posts_1.json": [other(number, captions[number]) for number in part]}
    found, skipped = read(tmp_path, files)
    assert found == CAPTIONS + (["Only in the part"] if 5 in part else [])
    assert skipped.get("post met before", 0) == len(set(part) & {0, 1, 2, 3})


def test_the_two_forms_may_tell_other_times(tmp_path):
    files = {"posts.json": [labelled(0, "Sunday")], "posts_1.json": [classic(0, "Sunday", time=5)]}
    assert read(tmp_path, files) == (["Sunday"], {"post met before": 1})


def test_distinct_posts_never_collapse(tmp_path):
    same = "Good morning"
    files = {
        "posts.json": [labelled(0, same), labelled(1, same), labelled(2, same)],
        "posts_1.json": [classic(1, same), classic(3, same), classic(4, same)],
        "posts_2.json": [classic(4, same), classic(4, same, time=9), {"title": same}, {"title": same}],
    }
    posts, report = read_posts(write(tmp_path, {f"{PLACE}/{name}": content for name, content in files.items()}))
    assert len(posts) == 8  # photos 0 to 4, the fourth at another time, and two without any
    assert report.skipped["post met before"] == 2


def test_archived_posts_are_counted(tmp_path):
    files = {"posts.json": [labelled(0, "Sunday")], "archived_posts.json": [labelled(1, "a"), labelled(2, "b")]}
    assert read(tmp_path, files) == (["Sunday"], {"archived post": 2})


def test_what_others_posted_is_no_post_of_ones_own(tmp_path):
    seen = labelled(1, "Somebody else's")
    del seen["label_values"][0]
    files = {"posts.json": [labelled(0, "Sunday")], "posts_viewed.json": [seen]}
    assert read(tmp_path, files) == (["Sunday"], {"file that is named like one of posts but holds none": 1})


def test_a_posts_json_of_something_else_is_read_as_what_it_is(tmp_path):
    posts, report = read_posts(write(tmp_path / "mine", {"posts.json": [{"image": "a.jpg", "caption": "Sunday"}]}))
    assert [post.caption for post in posts] == ["Sunday"]
    assert "Instagram" not in report.format


@pytest.mark.parametrize(
    "name", ["posts.html", "posts_1.html", "start_here.html", "beitraege_1.html", f"{PLACE}/inhalt.htm", "index.html"]
)
@pytest.mark.parametrize("kind", ["folder", "zip", "page"])
def test_an_export_in_html_is_explained_whatever_it_is_called(tmp_path, name, kind):
    files = {name: '<html><img src="media/posts/202401/x.jpg"></html>', "media/posts/202401/x.jpg": b"photo"}
    path = pack(tmp_path / "a.zip", files) if kind == "zip" else write(tmp_path / "a", files)
    with pytest.raises(DumpError, match=r"is an export in HTML.*format JSON"):
        read_posts(path / name if kind == "page" else path)


def test_a_web_page_of_something_else_is_no_export(tmp_path):
    with pytest.raises(DumpError, match="no known format"):
        read_posts(write(tmp_path / "site", {"index.html": "<html>Hello</html>", "a.jpg": b"photo"}))
