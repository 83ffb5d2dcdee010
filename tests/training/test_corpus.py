"""The corpus as training reads it, and the social decoder's two phases on it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from caption_model.bundles.bundle import Bundle
from caption_model.errors import TrainingError
from caption_model.text.controls import CHOICES
from caption_model.text.topics import topics
from caption_model.text.vocabulary import GraphemeVocabulary
from caption_model.training.corpus.names import LISTED, TOPICS_OF
from caption_model.training.corpus.photos import corpus_photos
from caption_model.training.corpus.table import part_of, read_corpus
from caption_model.training.corpus.taught import taught_topics
from caption_model.training.social.corpus import lessons, of_posts, read_listed
from caption_model.training.social.corpus_start import FORMER_TONES, carried_over
from caption_model.training.social.corpus_train import CORPUS, train_on_corpus
from caption_model.training.social.data import Example, Mixture, SocialBatches
from caption_model.training.social.sources import PhotoRows, SocialSources
from tests.training.corpus_files import pack, write_corpus, write_photos

TINY = replace(CORPUS, epochs=2, units=16, batch=16, min_count=1)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("corpus") / "corpus")


@pytest.fixture(scope="module")
def photos(tmp_path_factory, corpus):
    return write_photos(corpus, tmp_path_factory.mktemp("photos"))


def test_names_are_of_the_table():
    assert {topic for several in [*TOPICS_OF.values(), *LISTED.values()] for topic in several} <= set(taught_topics())
    assert set(taught_topics()) < set(topics())


def test_the_corpus_that_ships_can_be_read():

    read = read_corpus(Path(__file__).parents[2] / "datasets" / "corpus")
    assert len(read.captions) == 50_763
    assert len(read.described("dev")) == 585
    unnamed = len([one for one in read.by_topic if not one.topics])
    assert unnamed < 150, "all but three topics of topics.csv have names in the table"
    assert all(part_of(name) == part for name, part in read.parts.items())


def test_photos_lie_in_folders_or_tars(corpus, photos, tmp_path, caplog):
    wanted = set(read_corpus(corpus).parts)
    in_folder = corpus_photos([str(photos)], wanted, tmp_path / "unused")
    assert set(in_folder) == wanted
    assert not (tmp_path / "unused").exists()
    tar = pack(photos / "posts", tmp_path / "photos.tar")
    unpacked = corpus_photos([f"posts={tar}", f"unlabelled={photos / 'unlabelled'}"], wanted, tmp_path / "unpacked")
    assert set(unpacked) == wanted
    assert {name: file.read_bytes() for name, file in unpacked.items()} == {
        name: file.read_bytes() for name, file in in_folder.items()
    }
    broken = tmp_path / "broken.tar"
    broken.write_bytes(b"no tar at all")
    for place, told in ((f"posts={broken}", "no tar"), (str(tar), "say whose"), (str(tmp_path / "none"), "not there")):
        with pytest.raises(TrainingError, match=told):
            corpus_photos([place], wanted, tmp_path / "unpacked")


@pytest.mark.parametrize(
    ("row", "told"), [("posts/1.png,1,train,jolly,hey", "jolly"), ("posts/1.png,1,exam,gram,hey", "exam")]
)
def test_a_strange_corpus_is_refused(tmp_path, row, told):
    folder = write_corpus(tmp_path / "corpus")
    with (folder / "captions.csv").open("a") as stream:
        stream.write(row + "\n")
    with pytest.raises(TrainingError, match=told):
        read_corpus(folder)
    (folder / "simple.csv").unlink()
    with pytest.raises(TrainingError, match=r"simple\.csv"):
        read_corpus(folder)


def test_a_caption_is_told_what_its_photo_shows_too(corpus, photos, tmp_path):
    read = read_corpus(corpus)
    rows = PhotoRows()
    found = corpus_photos([str(photos)], set(read.parts), tmp_path)
    taught = lessons(read, found, rows)
    patterns = [e for e in taught.examples if e.source == "patterns"]
    assert {e.caption.split()[2] for e in patterns} == {"dog", "snow", "beach"}
    assert all(
        e.topics[0] in read.descriptions[name][0].lower()
        for e in patterns
        for p in e.photos
        for name in found
        if found[name] == rows.paths[p.photo]
    ), "it stands under photos of its topic"
    assert all(e.photos for e in patterns)
    pairs = [e for e in taught.examples if e.source == "pairs"]
    assert pairs
    assert all(len(e.topics) == 1 and e.topics[0] in e.caption for e in pairs)
    assert all(found[name] in rows.paths for name, part in read.parts.items() if part != "test")
    assert not any(found[name] in rows.paths for name, part in read.parts.items() if part == "test")
    assert {e.tone for e in taught.judges} == {"gram", "playful", "warm", "minimal"}
    assert taught.simple_judges
    alone = lessons(read, {}, PhotoRows())
    assert not alone.judges
    assert [e.caption for e in alone.examples] == [e.caption for e in taught.examples], "text alone, without photos"


def test_posts_that_name_something_are_a_source_of_their_own():
    posts = [
        Example(text, "post", source) for text in ("my dog", "monday mood", "b" * 60) for source in ("posts", "tweets")
    ]
    found = {(e.caption, e.source, e.topics) for e in of_posts(posts)}
    assert found <= {("my dog", "named", ("dog",)), ("monday mood", "posts", ())}


def test_lists_keep_what_names_its_topic(tmp_path):
    file = tmp_path / "listed.csv"
    rows = [
        "caption,topic,kind,source",
        "my dog,dogs,caption,x",
        "dog no 1,dogs,title,x",
        "a dog,dogs,title,x",
        "hi,dogs,caption,x",
    ]
    file.write_text("\n".join(rows))
    assert [(e.caption, e.tone, e.source) for e in read_listed(file)] == [
        ("my dog", "gram", "lists"),
        ("a dog", None, "titles"),
    ]
    file.write_text("text\nmy dog\n")
    with pytest.raises(TrainingError, match="topic-captions"):
        read_listed(file)


def test_one_topic_of_an_example_is_told():
    examples = [Example("my dog in snow", "gram", "posts", (), ("dog", "snow")), Example("hello", "gram", "posts")]
    vocabulary = GraphemeVocabulary.fit([e.caption for e in examples])
    told = {
        share: SocialBatches(
            examples,
            vocabulary,
            np.zeros((1, 4), np.float32),
            {"posts": Mixture(1, 1)},
            epochs=1,
            topics=("snow", "dog"),
            topic_dropout=share,
        )
        .make(np.array([0, 1] * 50), np.random.default_rng(0))
        .inputs[3][:, -1]
        for share in (0.0, 0.5, 1.0)
    }
    assert set(told[0.0][::2]) == {1, 2}
    assert set(told[0.5][::2]) == {0, 1, 2}
    assert not told[1.0].any()
    assert not told[0.0][1::2].any(), "it has no topic"


def test_rows_go_by_name():
    table = np.arange(12, dtype=np.float32).reshape(6, 2)
    new = carried_over(table, FORMER_TONES, CHOICES["tone"], like="gram")
    tones = CHOICES["tone"]
    assert np.array_equal(new[0], table[0])
    assert np.array_equal(new[1 + tones.index("tweet")], table[4])
    assert np.array_equal(new[1 + tones.index("warm")], table[1])
    assert not carried_over(table[:3], ("a", "b"), ("b", "c"))[2].any()


def test_the_phases_of_a_decoder(corpus, photos, tmp_path, encoder):
    sources, cache = SocialSources((), corpus=corpus), tmp_path / "cache"
    facts = train_on_corpus(
        sources, [str(photos)], "pairs", encoder, tmp_path / "pairs", tmp_path / "run-1", TINY, cache
    )
    first = Bundle.load(tmp_path / "pairs", "social")
    assert first.config["network"]["topics"] == list(taught_topics())
    assert facts["sources"].keys() == {"pairs", "topics"} | facts["sources"].keys() & {"loose"}
    topic = first.weights["social_decoder/topic/embeddings"]
    assert topic[1 + taught_topics().index("dog")].any(), "topics are learnt with the rest"
    again = train_on_corpus(
        sources, [], "simple", encoder, tmp_path / "simple", tmp_path / "run-2", TINY, cache, tmp_path / "pairs"
    )
    assert again["photos"] == 0
    assert again["bits"] is None
    second = Bundle.load(tmp_path / "simple", "social")
    assert second.vocabulary() == first.vocabulary()
    assert second.config["base"] == {"sha256": first.sha256}
    last = train_on_corpus(
        sources,
        [str(photos)],
        "patterns",
        encoder,
        tmp_path / "last",
        tmp_path / "run-4",
        TINY,
        cache,
        tmp_path / "simple",
    )
    assert last["sources"]["patterns"] > 100
    assert last["photos"] > 10
    with pytest.raises(TrainingError, match="--corpus-photos"):
        train_on_corpus(sources, [], "pairs", encoder, tmp_path / "no", tmp_path / "run-3", TINY, cache)


def test_the_command_checks_what_it_is_given(corpus, tmp_path):
    from typer.testing import CliRunner

    from caption_model.cli.train import train

    out = ["--out", str(tmp_path / "out")]
    for given, told in (
        ([], "--corpus"),
        (["--corpus", str(corpus), "--phase", "both"], "pairs or simple or patterns"),
        (["--corpus", str(corpus), "--rank", "4"], "--rank"),
    ):
        result = CliRunner().invoke(train, ["social", *out, *given])
        assert result.exit_code == 2
        assert told in result.output
    assert not (tmp_path / "out").exists()
