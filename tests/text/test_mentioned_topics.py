"""Mentioned topics: what captions and descriptions name."""

import pytest

from caption_model.text.mentioned_topics import PERSON, mentioned_in_description, mentioned_in_post

KNOWN = ("dog", "water", "male", "female", "people", "hair", "food")


@pytest.mark.parametrize(
    ("caption", "named"),
    [
        ("My dog 🌊", {"dog", "water"}),
        ("Pool day with the BOYS", {"water", "male", "people"}),
        ("She’s home ❤️", {"female"}),
        ("So good", set()),
        ("dogma and boyish hair", {"hair"}),
        ("my beagle and a latte 🍂", {"dog"}),
        ("", set()),
    ],
)
def test_of_what_captions_mention_only_what_is_known_counts(caption, named):
    assert mentioned_in_post(caption, KNOWN) == named


@pytest.mark.parametrize(
    ("description", "named"),
    [
        ("A black dog is running through the water.", {"dog", "water"}),
        ("Two women in the snow.", {"female", "people"}),
        ("A beagle on a coffee table.", {"dog"}),
        ("", set()),
    ],
)
def test_and_so_it_is_with_descriptions(description, named):
    assert mentioned_in_description(description, KNOWN) == named


@pytest.mark.parametrize(
    ("caption", "named"),
    [
        ("Slow mornings and a cold brew ☕", {"coffee", "drink"}),
        ("Coffee table books", {"books"}),
        ("LIVING-ROOM goals", {"room"}),
        ("my beagle", {"dog"}),
        ("hot dogs for everyone", {"burger"}),
        ("an orange date in the park", set()),
        ("train hard, eat well", {"food"}),
        ("waiting for the train", {"train"}),
        ("🏍️", {"bike", "motorbike"}),
        ("wander", set()),
    ],
)
def test_the_whole_table_knows_what_people_post(caption, named):
    assert mentioned_in_post(caption) == named


@pytest.mark.parametrize(
    ("description", "present", "absent"),
    [
        ("A latte with foam stands on a table.", {"coffee", "drink"}, {"food", "room"}),
        ("A cat sits on a coffee table.", {"cat", "room", "indoor"}, {"coffee", "drink"}),
        ("Red tulips fill a bed near a tall building.", {"flower", "architecture"}, {"room", "indoor"}),
        ("A man and a woman kiss on a beach at sunset.", {"couple", "beach", "sunset", "woman", "man"}, {"child"}),
        ("A gymnast swings over a pommel horse.", {"sport"}, {"horse"}),
        ("A child plays with a teddy bear.", {"child"}, {"wildlife"}),
    ],
)
def test_descriptions_name_it_too(description, present, absent):
    found = mentioned_in_description(description)
    assert present <= found
    assert not absent & found


def test_only_what_is_known_counts():
    assert mentioned_in_post("my dog on the sofa", ("room",)) == {"room"}
    assert mentioned_in_description("A dog.", ()) == set()


def test_persons_are_apart():
    assert {"female", "male", "people", "baby", "woman", "couple"} <= PERSON
    assert not {"dog", "wedding", "gym"} & PERSON
