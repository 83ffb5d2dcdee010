"""Sources of the social decoder: what long posts say further on, plain descriptions, and captions put on photos."""

import csv

import numpy as np
import pytest

from caption_model.errors import TrainingError
from caption_model.text.controls import MAX_GRAPHEMES
from caption_model.training.social import sources as social_sources
from caption_model.training.social.data import Pairing
from caption_model.training.social.sources import SocialSources, gather
from datasets.cleaning.length import sentences

LONG = "{} by the sea with all of them. The water was so cold that nobody stayed in for long! Then we had {}"
DAYS = {
    "Sunday": "cake 🎂",
    "Hours": "tea and a nap",
    "A whole morning": "fish",
    "Wind": "enough",
    "One more walk": "soup",
}


@pytest.fixture
def posts(tmp_path):
    """Posts, all but one of them longer than a caption may be."""
    path = tmp_path / "posts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "caption"])
        writer.writerows((f"{number}.jpg", LONG.format(day, then)) for number, (day, then) in enumerate(DAYS.items()))
        writer.writerow(["short.jpg", "a dog on the beach 🐶"])
    return path


@pytest.fixture
def described(tmp_path):
    path = tmp_path / "captions.csv"
    path.write_text(
        "image,caption\ndog.jpg,A dog on the beach .\ndog.jpg,The dog runs .\n"
        "cake.jpg,A cake with candles .\ncake.jpg,Someone cuts a cake .\nother.jpg,Nothing to see .\n"
    )
    return path


def of(examples, source: str) -> list[str]:
    return [example.caption for example in examples if example.source == source]


def test_a_text_falls_into_its_sentences():
    assert sentences("Home. At last! 🏠 So good\nand quiet") == ["Home.", "At last! 🏠", "So good", "and quiet"]
    assert sentences("no end") == ["no end"]
    assert sentences("") == []


def test_what_long_posts_say_further_on_teaches_the_language(posts):
    examples, photos = gather(SocialSources((posts,)))
    further = of(examples, "further")
    assert "Then we had cake 🎂" in further
    assert "The water was so cold that nobody stayed in for long!" in further
    assert len(further) == len(set(further))
    assert set(further).isdisjoint(of(examples, "posts"))
    assert all(len(caption) <= MAX_GRAPHEMES for caption in further)
    assert not any(example.photos for example in examples if example.source == "further")
    assert photos == []


def test_nothing_of_a_post_that_is_held_out_is_learnt(posts, monkeypatch):
    monkeypatch.setattr(social_sources, "is_validation", lambda caption: True)
    examples, _ = gather(SocialSources((posts,)))
    assert of(examples, "posts")
    assert of(examples, "further") == []


def test_descriptions_are_true_pairs_of_photos_that_may_be_trained_on(posts, described, tmp_path):
    listed = tmp_path / "train.txt"
    listed.write_text("dog.jpg\ncake.jpg\n")
    examples, photos = gather(SocialSources((posts,), images=tmp_path, described=described, listed=listed))
    plain = {example.caption: example for example in examples if example.source == "described"}
    assert set(plain) == {"A dog on the beach.", "The dog runs.", "A cake with candles.", "Someone cuts a cake."}
    for caption, example in plain.items():
        assert example.tone == "plain"
        (pairing,) = example.photos
        assert photos[pairing.photo].name == ("dog.jpg" if "dog" in caption else "cake.jpg")
        assert pairing.score == 1.0


def test_a_caption_is_put_on_the_photo_that_shows_what_it_says(posts, described, tmp_path, monkeypatch):
    def embed(texts):
        vectors = np.array([["dog" in text.lower(), "cake" in text.lower(), 0.01] for text in texts], np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    monkeypatch.setattr(social_sources, "load_embed", lambda: embed)
    by_words, by_meaning = (
        gather(SocialSources((posts,), images=tmp_path, described=described, by_meaning=meaning))
        for meaning in (False, True)
    )
    for examples, photos in (by_words, by_meaning):
        (walk,) = (example for example in examples if example.caption == "a dog on the beach 🐶")
        assert photos[walk.photos[0].photo].name == "dog.jpg"
        assert isinstance(walk.photos[0], Pairing)


def test_what_a_teacher_wrote_stands_on_its_photo_or_on_none(tmp_path):
    csv_file = tmp_path / "written.csv"
    csv_file.write_text("image,caption\ndog.jpg,my dog 🐶\n,good night\nother.jpg,not listed\n", encoding="utf-8")
    (tmp_path / "list.txt").write_text("dog.jpg\n")
    sources = SocialSources((), images=tmp_path, listed=tmp_path / "list.txt", llm_generated=csv_file)
    examples, paths = gather(sources)
    assert [(e.caption, e.source, e.tone) for e in examples] == [
        ("my dog 🐶", "written", "gram"),
        ("good night", "written", "gram"),
    ]
    assert [paths[pairing.photo].name for pairing in examples[0].photos] == ["dog.jpg"]
    assert examples[1].photos == ()
    assert csv_file in sources.files()


def test_without_their_photos_made_captions_are_refused(tmp_path):
    with pytest.raises(TrainingError, match="--images"):
        gather(SocialSources((), llm_generated=tmp_path / "written.csv"))
