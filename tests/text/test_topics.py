"""The topics table: whole, careful, and of one piece with what it names elsewhere."""

import emoji
import pytest

from caption_model.bundles.bundle import MODELS, Bundle
from caption_model.bundles.topics import known_topics
from caption_model.text import graphemes
from caption_model.text import topics as module
from caption_model.text.lexicon import words
from caption_model.text.mentioned_topics import mentioned_in_description, mentioned_in_post
from caption_model.text.topics import PhraseIndex, Topic, Words, all_topics, class_rows, in_group, topics
from caption_model.vision.heads import CLASS_HEAD, TOPIC_HEAD, LinearHead, TopicHead, load_head

AMBIGUOUS = {"orange", "date", "park", "fall", "train", "book", "fly", "light", "rock", "ring", "match", "rose", "like"}


def every_word(topic: Topic) -> set[str]:
    return {*topic.words.posts, *topic.words.described}


def test_what_the_bundles_know_is_in_the_table_and_the_same_for_all():
    head = load_head(Bundle.load(MODELS / "vgg16", "encoder"), TOPIC_HEAD, TopicHead)
    assert head is not None
    assert head.names == known_topics()
    assert set(head.names) <= topics().keys()


@pytest.mark.parametrize(
    "name",
    [
        *(
            "coffee",
            "breakfast",
            "pizza",
            "dessert",
            "salad",
            "fruit",
            "cocktail",
            "cat",
            "dog",
            "horse",
            "bird",
            "flower",
        ),
        *(
            "flower",
            "plant",
            "sunset",
            "beach",
            "mountain",
            "forest",
            "lake",
            "waterfall",
            "snow",
            "ski",
            "street",
            "skyline",
        ),
        *("architecture", "church", "room", "car", "motorbike", "bicycle", "train", "plane", "boat", "woman", "man"),
        *("child", "infant", "friends", "couple", "selfie", "wedding", "concert", "gym", "sport", "books", "desk"),
        *("outfit", "shoes", "autumn", "indoor", "outdoor", "day", "night"),
    ],
)
def test_what_people_post_is_a_topic_that_descriptions_can_name(name):
    assert topics()[name].words.described


def test_each_word_of_the_table_is_found_where_it_stands():
    for name, topic in topics().items():
        for text in topic.words.posts:
            assert name in mentioned_in_post(f"so {text.upper()}!"), f"{name}: {text}"
        for text in topic.words.described:
            assert name in mentioned_in_description(f"Here {text}."), f"{name}: {text}"
        for symbol in topic.words.emojis:
            assert name in mentioned_in_post(f"x{symbol}"), f"{name}: {symbol}"
        for text in topic.words.exceptions:
            used = {word for phrase in topic.words.posts | topic.words.described for word in phrase.split()}
            assert used & set(text.split()), f"{name}: {text} hides nothing"


def test_words_are_as_captions_are_split():
    for name, topic in all_topics().items():
        hints = {hint for hint in topic.hints if not emoji.is_emoji(hint)}
        for text in every_word(topic) | topic.words.exceptions | hints:
            assert " ".join(words(text)) == text, f"{name}: {text!r}"


def test_emojis_are_fully_qualified_and_of_no_skin_tone():
    for name, topic in all_topics().items():
        for symbol in {*topic.words.emojis, *filter(emoji.is_emoji, topic.hints)}:
            assert graphemes.without_tone(graphemes.normalise(symbol)) == symbol, f"{name}: {symbol!r}"


def test_no_caption_is_judged_by_an_ambiguous_word():
    found = {name: topic.words.posts & AMBIGUOUS for name, topic in topics().items()}
    assert {name: several for name, several in found.items() if several} == {}


def test_classes_are_those_of_the_bundled_class_head():
    head = load_head(Bundle.load(MODELS / "vgg16", "encoder"), CLASS_HEAD, LinearHead)
    assert head is not None
    rows = {name: class_rows(topic, head.names) for name, topic in topics().items()}
    assert len(rows["dog"]) == 118
    cats = ["tabby", "tiger cat", "Persian cat", "Siamese cat", "Egyptian cat"]
    assert [head.names[row] for row in rows["cat"]] == cats
    assert not set(rows["dog"]) & (set(rows["cat"]) | set(rows["wildlife"]))
    assert all(len(set(several)) == len(several) for several in rows.values())


def test_a_class_that_no_classifier_has_is_refused():
    topic = Topic("cat", "animal", Words(), imagenet=("tabby..Egyptian cat",))
    with pytest.raises(ValueError, match="Egyptian cat"):
        class_rows(topic, ["tabby", "tiger cat"])


def test_groups_hold_topics_only():
    assert {"dog", "cat", "wildlife"} <= in_group("animal")
    assert topics().keys() < all_topics().keys()
    assert "smile" in all_topics()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("group = 'animals'", "needs a group"),
        ("posts = ['x']", "needs a group"),
        ("pairing_only = true\ngroup = 'thing'", "needs a group"),
        ("group = 'thing'\nwords = ['x']", "unknown column 'words'"),
        ("group = 'thing'\nbackdrop = 'no'", "backdrop = 'no'"),
        ("group = 'thing'\nemojis = ['x']", "'x' of \\[cup\\] is no emoji"),
    ],
)
def test_a_wrong_row_is_named(row, reason, tmp_path, monkeypatch):
    (tmp_path / "topics.toml").write_text(f"[cup]\n{row}\n", encoding="utf-8")
    monkeypatch.setattr(module, "TABLE", tmp_path / "topics.toml")
    with pytest.raises(ValueError, match=reason):
        all_topics.__wrapped__()


def test_phrases_are_found_whole_and_exceptions_hide_only_their_own_words():
    index = PhraseIndex({"coffee": ["coffee"], "cream": ["ice cream"]}, {"coffee": ["coffee table"]})
    assert index.find(["a", "coffee", "on", "a", "coffee", "table"]) == {"coffee"}
    assert index.find(["a", "coffee", "table"]) == set()
    assert index.find(["ice", "and", "cream"]) == set()
    assert index.find(["ice", "cream"]) == {"cream"}
    assert index.find([]) == set()
