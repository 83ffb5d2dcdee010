"""Weak pairs: a caption is put on photos that show what it names."""

import os
import subprocess
import sys

import emoji
import pytest

from caption_model.text import graphemes
from caption_model.training.pairing.by_words import Matcher, concepts_in_photo, concepts_in_post, words
from caption_model.training.pairing.concepts import concepts
from tests.support.paths import ROOT

DESCRIBED = {
    "dog.jpg": ["A brown dog runs .", "The dog is running over grass .", "A puppy plays outside ."],
    "surf.jpg": ["A surfer rides a wave .", "A man on a surfboard in the ocean .", "Someone is surfing at sea ."],
    "sea.jpg": ["Waves of the ocean .", "The sea is rough .", "A grey ocean ."],
    "wedding.jpg": ["A bride in white .", "The bride and groom kiss .", "People at a wedding ."],
    "dogs.jpg": ["Two dogs play in the sand .", "Dogs on the beach .", "Two dogs at the shore ."],
    "plain.jpg": ["Something .", "A thing .", "It is there ."],
}


@pytest.fixture(scope="module")
def matcher():
    return Matcher(DESCRIBED)


def names(matches) -> list[str]:
    return [name for name, _ in matches]


def test_a_plural_is_the_word_as_well():
    assert words("Dogs love waves, yes") == {"dogs", "dog", "love", "waves", "wave", "yes"}


@pytest.mark.parametrize(
    ("caption", "concept"),
    [
        ("my PUPPY!", "dog"),
        ("salty hair 🌊", "sea"),
        ("🌊", "sea"),
        ("🏄‍♀️", "surf"),
        ("🎂", "birthday"),
    ],
)
def test_captions_name_things_by_word_and_by_emoji(caption, concept):
    assert concept in concepts_in_post(caption)


def test_a_part_of_a_word_names_nothing():
    assert not concepts_in_post("dogma and catalogue of carnage")


def test_a_thing_is_in_a_photo_when_two_people_say_so():
    assert "dog" in concepts_in_photo(["a dog", "a dog runs", "an animal"])
    assert "dog" not in concepts_in_photo(["a dog", "a lion", "an animal"])
    assert "dog" in concepts_in_photo(["a dog"]), "the only description is enough"
    assert concepts_in_photo([]) == set()


def test_a_caption_about_a_dog_gets_photos_of_dogs(matcher):
    assert set(names(matcher.match("my dog is the best 🐶"))) == {"dog.jpg", "dogs.jpg"}


def test_a_wave_gets_the_sea(matcher):
    assert set(names(matcher.match("🌊"))) == {"sea.jpg", "surf.jpg"}


@pytest.mark.parametrize("caption", ["", "hello", "monday again", "😂😂", "who is there?"])
def test_a_caption_that_names_nothing_gets_nothing(matcher, caption):
    assert matcher.match(caption) == []


def test_a_thing_that_no_photo_shows_gets_nothing(matcher):
    assert "cat" in concepts_in_post("my cat")
    assert matcher.match("my cat") == []


def test_a_photo_with_all_that_is_named_comes_first_and_scores_one(matcher):
    matches = matcher.match("my dog at the beach")
    assert matches[0][0] == "dogs.jpg"
    assert matches[0][1] == pytest.approx(1)
    assert dict(matches)["dog.jpg"] < 1


def test_the_rarer_thing_counts_more(matcher):
    scores = dict(matcher.match("married by the sea 🐶"))  # two photos of the sea, two of dogs, one wedding
    assert scores["wedding.jpg"] > scores["sea.jpg"] == pytest.approx(scores["dog.jpg"])


def test_scores_are_shares_in_falling_order(matcher):
    for caption in ("dog", "surfing the waves 🏄", "dogs, brides and oceans", "beach wedding 🌊🐶"):
        scores = [score for _, score in matcher.match(caption)]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 + 1e-9 for score in scores)


def test_at_most_as_many_as_asked(matcher):
    assert len(matcher.match("dog sea beach wedding surf")) == 5
    assert len(matcher.match("dog sea beach wedding surf", most=2)) == 2


@pytest.mark.parametrize(
    "name",
    [
        lambda number: f"{number * 2_654_435_761 % 10**9}_{number * 40_503 % 65_536:x}.jpg",
        lambda number: f"{number}.jpg",
    ],
    ids=["as Flickr names photos", "numbered"],
)
def test_captions_are_spread_over_photos_that_fit_equally_well(name):
    matcher = Matcher({name(number): ["a dog", "the dog"] for number in range(40)})
    firsts = {names(matcher.match(f"{word} dog {number}"))[0] for number in range(50) for word in ("my", "good old")}
    assert len(firsts) > 15


def test_the_same_caption_gets_the_same_photos_in_every_process():
    script = (
        "from caption_model.training.pairing.by_words import Matcher\n"
        "texts = ['a dog on a beach', 'the dog in the sand', 'ocean waves', 'sea']\n"
        "matcher = Matcher({f'{number}.jpg': texts for number in range(30)})\n"
        "print(matcher.match('dogs at the beach 🌊'))\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(told) == 1
    assert ".jpg" in told.pop()


def test_the_emojis_of_the_concepts_are_whole_and_fully_qualified():
    for name, concept in concepts().items():
        for cluster in concept.emojis:
            assert emoji.is_emoji(cluster), f"{name}: {cluster!r}"
            assert graphemes.normalise(cluster) == cluster, f"{name}: {cluster!r}"


def test_every_concept_can_be_met_on_both_sides():
    for name, concept in concepts().items():
        for word in (*concept.posts.words, *map(" ".join, concept.posts.longer)):
            assert name in concepts_in_post(f"x {word.upper()}!"), f"{name}: {word}"
        for word in (*concept.described.words, *map(" ".join, concept.described.longer)):
            assert name in concepts_in_photo([f"a {word} .", f"the {word}"]), f"{name}: {word}"
        for cluster in concept.emojis:
            assert name in concepts_in_post(f"x{cluster}"), f"{name}: {cluster}"
