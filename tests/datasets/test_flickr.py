"""Flickr8k's descriptions and lists, FlickrStyle10K and its tokenised text."""

import pytest

from caption_model.errors import DumpError
from datasets.flickr8k import read_captions, read_list
from datasets.flickr_style import StyledCaption, read_flickr_style, tidy


def test_references_are_grouped_by_image_in_order_and_left_raw(tmp_path):
    table = tmp_path / "captions.csv"
    table.write_text('image,caption\nb.jpg,A dog runs .\na.jpg,"A cat , asleep ."\nb.jpg, Two dogs .\n')
    assert read_captions(table) == {"b.jpg": ["A dog runs .", " Two dogs ."], "a.jpg": ["A cat , asleep ."]}


@pytest.mark.parametrize("content", ["photo,text\na.jpg,hello\n", "", "image,caption\n", "image,caption\na.jpg,a,b\n"])
def test_bad_captions_files_are_errors(tmp_path, content):
    table = tmp_path / "captions.csv"
    table.write_text(content)
    with pytest.raises(DumpError, match=r"captions\.csv"):
        read_captions(table)


def test_list_of_images(tmp_path):
    names = tmp_path / "trainImages.txt"
    names.write_text("a.jpg\r\n\r\n b.jpg \n")
    assert read_list(names) == ["a.jpg", "b.jpg"]
    names.write_text("\n")
    with pytest.raises(DumpError, match=r"trainImages\.txt"):
        read_list(names)
    with pytest.raises(DumpError, match="does not exist"):
        read_list(tmp_path / "missing.txt")


def test_styled_captions(tmp_path):
    table = tmp_path / "captions.csv"
    table.write_text("image,style,caption\na.jpg,humorous,a cat plots revenge .\na.jpg,romantic,a cat in love .\n")
    assert read_flickr_style(table) == [
        StyledCaption("a.jpg", "humorous", "a cat plots revenge ."),
        StyledCaption("a.jpg", "romantic", "a cat in love ."),
    ]
    table.write_text("image,caption\na.jpg,hello\n")
    with pytest.raises(DumpError, match="'style'"):
        read_flickr_style(table)


@pytest.mark.parametrize(
    ("tokenised", "written"),
    [
        ("in love , they play .", "in love, they play."),
        ("two cats do n't share .", "two cats don't share."),
        ("the cat 's bowl ; it ca n't wait", "the cat's bowl; it can't wait"),
        ("a sign says `` no cats '' here .", 'a sign says "no cats" here.'),
        ("a kite ( red ) flies !.", "a kite (red) flies!"),
        ("she thinks i 'm lost , am i ?", "she thinks I'm lost, am I?"),
        ("a well - worn toy", "a well-worn toy"),
        ("already tidy.", "already tidy."),
    ],
)
def test_tokenised_text_becomes_ordinary_writing(tokenised, written):
    assert tidy(tokenised) == written
    assert tidy(written) == written
