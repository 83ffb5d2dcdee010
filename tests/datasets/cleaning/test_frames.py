"""Cleaning of pandas tables and of streams."""

import numpy as np
import pandas as pd
import pytest

from caption_model.errors import CaptionError
from datasets.cleaning import CaptionStream, CleaningConfig, clean_posts
from datasets.cleaning.duplicates import HashTable, SeenCaptions
from datasets.cleaning.frames import clean
from datasets.posts import Post

RAW = ["Warm tea first #tea", "Link in bio", None, float("nan"), "Warm tea first", "slow rain today ☔", pd.NA, 7]


def table():
    return pd.DataFrame(
        {"likes": [3, 1, 4, 1, 5, 9, 2, 6], "caption": RAW, "photo": [f"{i}.jpg" for i in range(8)]},
        index=[10, 20, 30, 40, 50, 60, 70, 80],
    )


def test_a_table_keeps_its_other_columns_its_dtypes_and_its_index():
    frame = table()
    kept, report = clean(frame)
    assert list(kept.columns) == ["likes", "caption", "photo"]
    assert kept.index.tolist() == [10, 60]
    assert kept["caption"].tolist() == ["Warm tea first", "slow rain today ☔"]
    assert kept["likes"].tolist() == [3, 9]
    assert kept["likes"].dtype == frame["likes"].dtype
    assert (report.rows, report.kept) == (8, 2)
    assert report.rules["duplicate"].captions == 1
    assert report.rules["empty"].captions == 3
    pd.testing.assert_frame_equal(frame, table())


def test_a_table_comes_out_as_its_posts_do():
    captions = ["Warm tea first #tea", "Link in bio", "slow rain today", "SLOW rain today!", "Slow rain with Sarah"]
    posts = clean_posts([Post(None, caption, "", str(i)) for i, caption in enumerate(captions)])
    kept, report = clean(pd.DataFrame({"text": captions}), caption="text")
    assert kept["text"].tolist() == [post.caption for post in posts.posts]
    assert report.to_json() == posts.report.to_json()


def test_repeated_index_and_no_rows_are_no_obstacle():
    kept, _ = clean(pd.DataFrame({"caption": ["warm tea", "Link in bio", "slow rain"]}, index=[1, 1, 1]))
    assert kept["caption"].tolist() == ["warm tea", "slow rain"]
    empty, report = clean(pd.DataFrame({"caption": pd.Series([], dtype="str"), "n": pd.Series([], dtype=np.int64)}))
    assert (len(empty), list(empty.columns), report.rows) == (0, ["caption", "n"], 0)


@pytest.mark.parametrize("columns", [["text"], ["caption", "caption"]])
def test_a_table_without_one_column_of_captions_is_refused(columns):
    with pytest.raises(CaptionError, match="one column 'caption'"):
        clean(pd.DataFrame([["a"] * len(columns)], columns=columns))


def test_the_configuration_reaches_a_table():
    kept, _ = clean(pd.DataFrame({"caption": ["Link in bio"]}), CleaningConfig(disabled=frozenset({"advert"})))
    assert kept["caption"].tolist() == ["Link in bio"]


def test_a_stream_gives_posts_as_they_come():
    drawn = []

    def source():
        for number, caption in enumerate(["warm tea", "Link in bio", "slow rain"]):
            drawn.append(number)
            yield Post(None, caption, "", str(number))

    stream = CaptionStream()
    posts = stream.posts(source())
    assert next(posts).caption == "warm tea"
    assert drawn == [0]
    assert (stream.report.rows, stream.report.kept) == (1, 1)
    assert [post.id for post in posts] == ["2"]
    assert (stream.report.rows, stream.report.kept) == (3, 2)


def test_a_hash_table_holds_what_a_set_holds():
    values = [hash(("value", str(i % 4000))) for i in range(6000)] + [0, -1, 2**64 - 1]
    held = HashTable()
    for value in values[::2]:
        held.add(value)
    assert len(held) == len({value & (2**64 - 1) or 1 for value in values[::2]})
    assert all(value in held for value in values[::2])
    assert sum(hash(("other", i)) in held for i in range(5000)) == 0


def test_what_is_remembered_of_a_caption_is_small():
    seen = SeenCaptions()
    for number in range(3000):
        seen.add_exact(f"caption number {number} of a long and rainy day")
        seen.add_near(f"caption number {number} of a long and rainy day")
    assert seen.bytes_held() < 3000 * 300
