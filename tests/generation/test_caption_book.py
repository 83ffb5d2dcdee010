"""The caption book: what is in it, and what is chosen for a photo."""

import shutil

import numpy as np
import pytest

from caption_model.errors import DumpError
from caption_model.generation.book_index import INDEX, OWN_TOPICS, UNSEEN, BookIndex, main, make_index
from caption_model.generation.caption_book import CaptionBook
from caption_model.generation.options import GenerationOptions
from caption_model.generation.seen import Seen
from caption_model.generation.social import DISABLED_RULES
from caption_model.networks.critic_onnx import Verdict
from caption_model.text import graphemes
from caption_model.text.controls import MAX_GRAPHEMES, Controls
from caption_model.text.mentioned_topics import mentioned_in_post
from caption_model.text.topics import topics
from datasets.cleaning import Cleaner, CleaningConfig
from datasets.corpus import FOLDER, read_captions

CAPTIONS = """photo,writer,part,tone,caption
a.jpg,1,train,simple,my dog by the sea
a.jpg,1,train,playful,This dog owns me now 🐶
b.jpg,1,train,simple,"Fresh snow, cold nose"
b.jpg,1,train,gram,Winter walk with my dog in the snow
c.jpg,1,test,simple,a dog of the test part
d.jpg,1,dev,simple,a dog of the dev part
e.jpg,1,train,simple,my dog #goals
f.jpg,1,train,mini,good dog
g.jpg,1,train,simple,Nothing to see here
h.jpg,1,train,simple,MY DOG by the sea
"""
DESCRIPTIONS = """photo,writer,part,description
a.jpg,1,train,A brown dog stands on the beach by the sea.
b.jpg,1,train,Snow lies on a mountain.
c.jpg,1,test,A dog.
h.jpg,1,train,A dog in a car.
"""
BY_TOPIC = "topic,tone,caption\n{}\n"


@pytest.fixture
def corpus(tmp_path):
    for name, content in (
        ("captions.csv", CAPTIONS),
        ("descriptions.csv", DESCRIPTIONS),
        ("topics.csv", BY_TOPIC.format("snow day,gram,everything is quiet today\nfog,gram,where did the world go")),
        ("simple.csv", BY_TOPIC.format("dog,gram,This little face")),
        ("patterns.csv", "topic,tone,pattern\nchurch,warm,(my|our|your) church( ⛪|)\n"),
    ):
        (tmp_path / name).write_text(content, encoding="utf-8")
    main(tmp_path)
    return tmp_path


def seen(salt=b"a", description="", **there):
    everything = dict.fromkeys(topics(), 0.01) | there
    return Seen(np.zeros((1, 1, 4)), np.zeros(4, np.float32), description, None, everything, (), salt)


def texts(book, photo, n=9, **wishes):
    return [one.text for one in book.choose(photo, n, GenerationOptions(**{"tone": None, **wishes}))]


def test_only_what_was_written_for_training_photos_and_topics_is_in_the_book(corpus):
    book = CaptionBook.load(corpus)
    assert book.texts[:-2] == (
        "my dog by the sea",
        "This dog owns me now 🐶",
        "Fresh snow, cold nose",
        "Winter walk with my dog in the snow",
        "good dog",
        "Nothing to see here",
        "everything is quiet today",
        "This little face",
    )
    assert len(set(book.texts)) == 10
    assert all("church" in text for text in book.texts[-2:]), "two of the six that a pattern stands for"


def test_a_caption_has_the_topics_that_it_names_and_was_written_for(corpus):
    index = CaptionBook.load(corpus).index

    def named(lists, row):
        return {index.names[topic] for topic in lists.of_caption(row)}

    assert {"dog", "sea"} <= named(index.mentioned, 0)
    assert not named(index.shown, 0) & named(index.mentioned, 0)
    assert "beach" not in named(index.shown, 0), "of two photos with the same caption one is not at the beach"
    assert "beach" in named(index.shown, 1)
    assert named(index.mentioned, 6) == {"snow"}
    assert named(index.mentioned, 7) == {"dog"}


def test_what_the_photo_surely_does_not_show_is_not_mentioned(corpus):
    book = CaptionBook.load(corpus)
    dogs = texts(book, seen(dog=0.9))
    assert set(dogs) == {"This dog owns me now 🐶", "good dog", "This little face"}
    both = texts(book, seen(dog=0.9, snow=0.9))
    assert "Winter walk with my dog in the snow" in both and "my dog by the sea" not in both
    assert texts(book, seen(cat=0.9)) == []


def test_a_topic_that_the_head_does_not_know_has_to_be_described(corpus):
    book = CaptionBook.load(corpus)
    unknown = {"topics": {"cat": 0.1}}
    photo = seen()
    for description, expected in (("A dog lies here.", True), ("A table.", False)):
        told = Seen(photo.grid, photo.pooled, description, None, unknown["topics"], (), b"a")
        assert ("good dog" in texts(book, told)) == expected


def test_wishes_are_honoured(corpus):
    book, photo = CaptionBook.load(corpus), seen(dog=0.9, snow=0.9, sea=0.9, beach=0.9, water=0.9)
    assert texts(book, photo, tone="minimal") == ["good dog"]
    assert texts(book, photo, tone="playful") == ["This dog owns me now 🐶"]
    assert texts(book, photo, tone="warm") == []
    assert texts(book, photo, emoji="some") == ["This dog owns me now 🐶"]
    assert set(texts(book, photo, length="short")) < set(texts(book, photo))
    assert set(texts(book, photo, subject="snow")) == {
        "Fresh snow, cold nose",
        "Winter walk with my dog in the snow",
        "everything is quiet today",
    }
    assert "good dog" not in texts(book, photo, avoid=["Good dog"])
    assert len(texts(book, photo, n=2)) == 2


def test_the_critic_decides_among_captions_of_the_same_topics(corpus):
    class Likes:
        def __init__(self, liked):
            self.liked = liked

        def __call__(self, texts, photo):
            fit = np.array([60.0 * (text == self.liked) for text in texts], np.float32)
            return Verdict(np.zeros_like(fit), fit)

    book, photo = CaptionBook.load(corpus), seen(dog=0.9)
    for liked in ("good dog", "This little face", "This dog owns me now 🐶"):
        (first,) = book.choose(photo, 1, GenerationOptions(tone=None), Likes(liked))
        assert (first.text, first.fit_logit) == (liked, 60.0)
        assert first.topics == {"dog"}


def test_what_the_cleaner_would_change_is_left_out(corpus):
    book, asked = CaptionBook.load(corpus), []
    options = GenerationOptions(tone=None)
    found = book.choose(seen(dog=0.9), 9, options, clean=lambda text: bool(asked.append(text)) or text != "good dog")
    assert "good dog" in asked and "good dog" not in [one.text for one in found]


def test_an_index_of_other_captions_or_a_damaged_one_is_refused(corpus):
    whole = (corpus / INDEX).read_bytes()
    (corpus / INDEX).write_bytes(whole[:-9])
    with pytest.raises(DumpError, match=r"book\.safetensors is damaged.*book_index"):
        CaptionBook.load(corpus)
    (corpus / INDEX).write_bytes(whole)
    (corpus / "simple.csv").write_text(BY_TOPIC.format("dog,gram,Another face"), encoding="utf-8")
    with pytest.raises(DumpError, match="made for other captions"):
        CaptionBook.load(corpus)
    (corpus / "simple.csv").write_text("word\nx\n", encoding="utf-8")
    with pytest.raises(DumpError, match=r"simple\.csv.*columns caption, tone, topic"):
        make_index(corpus)
    (corpus / "simple.csv").unlink()
    with pytest.raises(DumpError, match=r"simple\.csv cannot be read"):
        CaptionBook.load(corpus)
    (corpus / INDEX).unlink()
    with pytest.raises(DumpError, match=r"book\.safetensors cannot be read"):
        CaptionBook.load(corpus)


def test_line_endings_of_a_checkout_do_not_matter(corpus):
    before = CaptionBook.load(corpus).texts
    path = corpus / "captions.csv"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert CaptionBook.load(corpus).texts == before


def test_an_index_comes_back_as_it_was_written(corpus):
    written = make_index(corpus)
    read = BookIndex.from_bytes(written.to_bytes())
    assert (read.names, read.corpus) == (written.names, written.corpus)
    for one, other in ((read.mentioned, written.mentioned), (read.shown, written.shown)):
        assert [one.of_caption(row) for row in range(8)] == [other.of_caption(row) for row in range(8)]
    np.testing.assert_array_equal(read.attributes, written.attributes)


@pytest.fixture(scope="module")
def shipped():
    return CaptionBook.load()


def test_the_shipped_book_is_fit_to_be_shown(shipped):
    assert len(shipped.texts) > 40_000
    assert len({text.casefold() for text in shipped.texts}) == len(shipped.texts)
    assert not [text for text in shipped.texts if "#" in text or "@" in text]
    assert max(map(graphemes.length, shipped.texts)) <= MAX_GRAPHEMES


def test_no_caption_of_a_held_out_photo_is_in_the_shipped_book(shipped):
    held_out, others = set(), set()
    for caption in read_captions():
        (held_out if caption.part in ("test", "dev") else others).add(caption.text.casefold())
    assert held_out - others
    assert not (held_out - others) & {text.casefold() for text in shipped.texts}


def test_the_shipped_index_knows_todays_topics(shipped):
    index = shipped.index
    assert index.names == tuple(topics())
    for row in range(0, len(shipped.texts), 97):
        found = {index.names[topic] for topic in index.mentioned.of_caption(row)}
        named = mentioned_in_post(shipped.texts[row])
        assert named <= found if shipped.general[row] else named == found, shipped.texts[row]


def test_every_topic_of_the_topic_files_stands_for_one_of_the_table():
    written = {caption.topic for caption in read_captions() if caption.topic}
    for topic in written - UNSEEN:
        assert set(OWN_TOPICS.get(topic, (topic,))) <= topics().keys(), topic


def test_what_the_shipped_book_offers_depends_on_photo_and_seed_and_is_clean(shipped):
    cleaner = Cleaner(CleaningConfig(max_graphemes=MAX_GRAPHEMES, disabled=DISABLED_RULES))

    def choose(salt, seed):
        options = GenerationOptions(seed=seed)
        photo = seen(salt, dog=0.95, beach=0.8)
        return [one.text for one in shipped.choose(photo, 5, options, clean=lambda t: cleaner.clean(t).text == t)]

    first = choose(b"a", 7)
    assert len(first) == 5 and first == choose(b"a", 7)
    assert first != choose(b"a", 8) and first != choose(b"b", 7)
    for text in first:
        assert cleaner.clean(text).text == text
        assert Controls.measure(text).length is not None


def test_the_book_can_be_made_from_the_corpus_alone(tmp_path, corpus):
    other = tmp_path / "other"
    other.mkdir()
    for path in corpus.glob("*.csv"):
        shutil.copy(path, other)
    main(other)
    assert (other / INDEX).read_bytes() == (corpus / INDEX).read_bytes()
    assert (FOLDER / INDEX).is_file()
