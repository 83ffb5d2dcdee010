"""Self-training: which of a decoder's captions are learnt, and on which photos."""

import csv
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from caption_model.errors import TrainingError
from caption_model.generation.caption import Caption
from caption_model.generation.options import GenerationOptions
from caption_model.generation.reranking import Reranker
from caption_model.text.lexicon import Fingerprints, Lexicon
from caption_model.text.word_ngrams import Phrases
from caption_model.training.social import pseudo_labels as module
from caption_model.training.social.data import Example
from caption_model.training.social.pseudo_labels import (
    Fitness,
    PseudoLabelling,
    assign,
    by_people,
    common_moods,
    draw,
    worth_a_look,
    write_pseudo_labels,
)
from caption_model.training.social.sources import SocialSources

SAID = ["best day by the sea 🌊", "by the sea with my dog 🐶", "my dog is my best friend", "happy birthday to my dog"]
DESCRIBED = {
    "sea.jpg": ["waves by the sea", "the sea"],
    "dog.jpg": ["a dog runs", "a dog on grass"],
    "cake.jpg": ["a birthday cake", "a cake with candles"],
}


class Table:
    """Fitness that is given: a row a photo."""

    def __init__(self, rows):
        self.rows = np.array(rows, np.float32)

    def of(self, photos):
        return self.rows[photos]


@pytest.fixture
def reranker(cleaner, any_phrase, any_construction):
    return Reranker(Lexicon.fit(SAID * 2), any_phrase, any_construction, Fingerprints.fit(SAID), cleaner)


def meaning(texts):
    """Unit vectors that tell sea, dog and cake apart."""
    vectors = np.array([[0.1 + ("sea" in t), 0.1 + ("dog" in t), 0.1 + ("cake" in t)] for t in texts], np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("text", "worth"),
    [
        ("my best friend", True),
        ("best day by the sea with my dog", True),
        ("best day by the sea 🌊", False),  # a training caption
        ("my sea is my best dog", False),  # runs that nobody posted
        ("my best zzzea", False),
        ("best", False),
        ("my best friend ❤️", True),  # a mood
        ("my best friend 🐶", True),  # a thing
        ("my best friend 🇨🇭", False),
    ],
)
def test_what_is_worth_a_look(reranker, text, worth):
    posts = [
        *SAID,
        "best day by the sea with my dog",
        *(f"my best friend {symbol}" for symbol in ("", "❤️", "🐶", "🇨🇭")),
    ]
    assert worth_a_look(text, reranker, Phrases.fit([*posts, *posts]), frozenset(["❤️", "💯"])) is worth


def test_moods_go_with_many_words_and_are_no_things(monkeypatch):
    monkeypatch.setattr(module, "COMMON", 2)
    posts = [f"my {word} {symbol}" for word in ("sea", "dog") for symbol in ("❤️", "🐶", "🇨🇭", "👍🏽", "👍🏿")]
    assert common_moods([*posts, "my joy 💯"]) == {"❤️", "👍"}


def test_posts_that_are_short_and_well_drawn_join(reranker, monkeypatch):
    monkeypatch.setattr(module, "is_validation", lambda text: False)
    texts = ["best day by the sea 🌊", "my dog 🇨🇭", "my zzz", "best friend of my dog " * 3]
    examples = [Example(text, "gram", "posts") for text in texts] + [Example("my sea", "tweet", "tweets")]
    assert by_people(examples, reranker, frozenset()) == ["best day by the sea 🌊"]


def test_each_caption_is_looked_at_once(monkeypatch):
    told = []

    def sample_captions(writer, photos, salts, options):
        told.append((len(photos), tuple(salts), options))
        return [[Caption("my best friend", -1.0), Caption("my zzz", -1.0)] for _ in photos]

    monkeypatch.setattr(module, "sample_captions", sample_captions)
    found = draw(None, np.zeros((20, 4), np.float32), PseudoLabelling(rows=3))
    assert found == ["my best friend", "my zzz"]
    assert [count for count, *_ in told] == [16, 4]
    salts = [salt for _, several, *_ in told for salt in several]
    assert len(set(salts)) == 20, "each photo has random numbers of its own"
    assert {options for _, _, options in told} == {GenerationOptions(temperature=0.6, guidance_scale=1.25, samples=3)}


def test_the_best_pairs_are_taken_and_nothing_too_often():
    texts = ["one", "two", "three"]
    fits = Table([[9, 8, 3], [5, 4, 0.1], [6, 3, 2]])
    pairs = assign(texts, [2, 2, 1], DESCRIBED, fits, PseudoLabelling(a_photo=2))
    assert pairs == [
        ("sea.jpg", "one"),  # all take their first choice, who likes it most first
        ("cake.jpg", "one"),
        ("sea.jpg", "two"),  # then their second
        ("dog.jpg", "two"),
        ("cake.jpg", "three"),
    ]


def test_a_thing_is_drawn_where_somebody_saw_it():
    fits = Table(np.full((3, 2), 2.0))
    assert assign(["my love 🐶", "my love 🐶🌊"], [9, 9], DESCRIBED, fits, PseudoLabelling()) == [
        ("dog.jpg", "my love 🐶")
    ]


def test_two_judges_are_heard_and_no_average_counts(monkeypatch):
    """The critic here knows the dog alone, the embeddings know the sea; one caption fits everything a little."""
    texts = ["the sea", "my dog", "sea dog cake"]
    monkeypatch.setattr(module, "weigh_texts", lambda critic, texts: (np.zeros(3, np.float32), np.eye(3)[[0, 1, 0]]))
    monkeypatch.setattr(module, "weigh_photos", lambda critic, photos: np.eye(3)[[0, 1, 2]])
    fits = Fitness(texts, DESCRIBED, np.zeros((3, 4), np.float32), meaning, critic=None)
    rows = fits.of(slice(0, 3))
    assert rows.shape == (3, 3)
    assert rows[0].argmax() == 0
    assert rows[1].argmax() == 1
    np.testing.assert_allclose(fits.of(slice(1, 2)), rows[1:2], rtol=1e-5)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)


def test_what_people_would_write_counts_too(monkeypatch):
    monkeypatch.setattr(module, "weigh_texts", lambda critic, texts: (np.array([-4.0, 4.0]), np.ones((2, 2))))
    monkeypatch.setattr(module, "weigh_photos", lambda critic, photos: np.ones((3, 2)))
    rows = Fitness(["the sea", "the sea ☀️"], DESCRIBED, np.zeros((3, 4), np.float32), meaning, critic=None).of(
        slice(0, 3)
    )
    assert (rows[:, 1] > rows[:, 0]).all()


def test_pairs_are_written_and_gathered(sample, encoder, reranker, tmp_path, monkeypatch):
    """With stand-ins for the networks: from sources to a CSV that `train social --own` reads."""
    from caption_model.training.social.sources import gather

    photos, flickr8k = sample / "photos", sample / "flickr8k"
    listed = flickr8k / "train.txt"
    sources = SocialSources((sample / "kaggle",), images=photos, described=flickr8k / "captions.csv", listed=listed)
    texts = [f"my best {'day ' * (number + 1)}" for number in range(120)]
    monkeypatch.setattr(module, "load_embed", lambda: meaning)
    monkeypatch.setattr(module, "load_critic", lambda folder, name, sha256: None)
    monkeypatch.setattr(module.SocialModel, "load", lambda folder, encoder: SimpleNamespace(reranker=reranker))
    monkeypatch.setattr(module, "draw", lambda *args: texts)
    monkeypatch.setattr(module, "worth_a_look", lambda *args: True)
    monkeypatch.setattr(module, "by_people", lambda *args: [])
    monkeypatch.setattr(module, "LEAST", -np.inf)
    monkeypatch.setattr(module, "weigh_texts", lambda critic, texts: (np.arange(120.0), np.ones((120, 2))))
    monkeypatch.setattr(module, "weigh_photos", lambda critic, photos: np.ones((len(photos), 2)))
    out = tmp_path / "deep" / "own.csv"
    count = write_pseudo_labels(
        sources, encoder, tmp_path, tmp_path, out, PseudoLabelling(a_photo=3, most=2), tmp_path / "cache"
    )
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count == 3 * len(listed.read_text().split())
    assert {row["image"] for row in rows} == set(listed.read_text().split())
    assert texts[-1] in {row["caption"] for row in rows}
    examples, paths = gather(SocialSources((), images=photos, pseudo_labelled=out))
    gathered = sorted((paths[example.photos[0].photo].name, example.caption) for example in examples)
    assert gathered == sorted((row["image"], row["caption"]) for row in rows)
    assert {(e.source, e.tone, e.photos[0].score) for e in examples} == {("own", "gram", 1.0)}

    (tmp_path / "none").mkdir()
    with pytest.raises(TrainingError, match="holds none of the photos"):
        write_pseudo_labels(
            replace(sources, images=tmp_path / "none"), encoder, tmp_path, tmp_path, out, PseudoLabelling()
        )
    monkeypatch.setattr(module, "draw", lambda *args: texts[:5])
    with pytest.raises(TrainingError, match="only 5 captions worth learning"):
        write_pseudo_labels(sources, encoder, tmp_path, tmp_path, out, PseudoLabelling(), tmp_path / "cache")


def test_descriptions_are_needed(sample, encoder, tmp_path):
    with pytest.raises(TrainingError, match="--images and --captions"):
        write_pseudo_labels(
            SocialSources((sample / "kaggle",)), encoder, tmp_path, tmp_path, tmp_path / "o.csv", PseudoLabelling()
        )
