"""Topics: only their vectors are learnt, and what is told is written about."""

import json
from dataclasses import replace

import numpy as np
import pytest

from caption_model.bundles.bundle import Bundle
from caption_model.errors import TrainingError
from caption_model.generation.options import GenerationOptions
from caption_model.generation.social import SocialModel, sample_captions
from caption_model.text.mentioned_topics import mentioned_in_post
from caption_model.text.vocabulary import PAD, GraphemeVocabulary
from caption_model.training.social import topics as module
from caption_model.training.social.data import Example
from caption_model.training.social.sources import SocialSources
from caption_model.training.social.topics import TopicBatches, TopicTraining, members, train_topics
from caption_model.training.social.train import SocialTraining, train_social

DOGS = [f"my dog {word}" for word in ("runs", "sleeps", "eats", "plays", "barks", "waits", "naps", "digs")]
SNOW = [f"snow {word}" for word in ("day", "again", "time", "fun", "walk", "game", "trip", "love")]
TRAINING = TopicTraining(epochs=6, batch=8, a_topic=80, learning_rate=0.1)


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    path = tmp_path_factory.mktemp("dump") / "posts.csv"
    texts = [f"{text} {end}" for text in DOGS + SNOW for end in ("today", "now", "here", "❤️", "at home", "again")]
    path.write_text("caption\n" + "\n".join(texts) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def base(tmp_path_factory, dump, encoder):
    folder = tmp_path_factory.mktemp("base")
    training = SocialTraining(epochs=40, units=32, batch=16, learning_rate=1e-2, patience=99, average=0.9)
    train_social(SocialSources((dump,)), encoder, folder / "social", folder / "run", training, folder / "cache")
    return folder / "social"


@pytest.fixture(scope="module")
def taught(base, dump):
    out = base.parent / "taught"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FEWEST", 8)
        facts = train_topics(SocialSources((dump,)), base, out, base.parent / "run-t", TRAINING)
    return out, facts


def test_nothing_but_the_vectors_is_learnt(base, taught):
    before, after = Bundle.load(base, "social"), Bundle.load(taught[0], "social")
    (table,) = after.weights.keys() - before.weights.keys()
    assert after.weights[table].shape == (3, before.weights["social_decoder/no_photo/embeddings"].shape[1])
    assert not after.weights[table][0].any(), "no topic is no vector"
    assert after.weights[table][1:].any(axis=1).all()
    for name, value in before.weights.items():
        assert np.array_equal(after.weights[name], value), name
    assert after.config["network"]["topics"] == ["dog", "snow"]
    for name in ("lexicon.txt", "phrases.bin", "fingerprints.bin"):
        assert after.read(name) == before.read(name)


def test_a_caption_is_cheaper_where_its_topic_is_told(taught):
    out, facts = taught
    assert facts["bits"] < facts["bits_untold"]
    stored = json.loads((out / "metrics.json").read_text())
    assert stored["topics"]["bits"] == facts["bits"]
    assert stored["bits"], "what was measured of the base is still told"
    card = (out / "MODEL_CARD.md").read_text()
    assert "dog, snow" in card
    assert f"{facts['bits']} bits" in card


def test_what_is_told_is_written_about(taught, encoder):
    model = SocialModel.load(taught[0], encoder)
    nobody = np.zeros((1, 4), np.float32)

    def share(topic: str, about: str | None, several: tuple[str, ...] = ()) -> float:
        topics = [dict.fromkeys(several, 1.0)]
        (drawn,) = sample_captions(model, nobody, [b"x"], GenerationOptions(subject=about), topics=topics)
        assert len(drawn) > 20
        return float(np.mean([topic in mentioned_in_post(one.text) for one in drawn]))

    for topic, other in (("dog", "snow"), ("snow", "dog")):
        assert share(topic, about=topic) > share(topic, about=None) > share(topic, about=other)
        assert share(topic, about=topic) > share(topic, None, (topic,)) > share(topic, None, (other,))


def test_a_wish_for_what_it_never_learnt_is_no_error(taught, base, encoder):
    for folder in (taught[0], base):
        model = SocialModel.load(folder, encoder)
        options = GenerationOptions(tone=None, subject="plane", samples=12)
        (drawn,) = sample_captions(model, np.zeros((1, 4), np.float32), [b"x"], options)
        assert drawn


def test_a_voice_keeps_the_topics_of_its_base(taught, dump, encoder, monkeypatch):
    monkeypatch.setattr("caption_model.captioner.load_encoder", lambda name, threads: {"fake": encoder}[name])
    out = taught[0].parent / "voice"
    training = SocialTraining(epochs=1, units=24, batch=16, keep=0.5, average=0.0)
    train_social(
        SocialSources((dump,)), encoder, out, out.with_name("run-v"), training, out.parent / "cache", taught[0]
    )
    before, after = Bundle.load(taught[0], "social"), Bundle.load(out, "social")
    assert after.config["network"]["topics"] == ["dog", "snow"]
    table = "social_decoder/topic/embeddings"
    assert np.array_equal(after.weights[table], before.weights[table])


def test_captions_that_name_nothing_teach_no_topic(base, tmp_path):
    dump = tmp_path / "posts.csv"
    dump.write_text("caption\n" + "\n".join(f"so good {n} times" for n in range(80)) + "\n")
    with pytest.raises(TrainingError, match="too few topics"):
        train_topics(SocialSources((dump,)), base, tmp_path / "out", tmp_path / "run", TRAINING)


@pytest.fixture(scope="module")
def batches():
    from caption_model.networks.config import SocialConfig

    texts = [*DOGS, *SNOW[:3], "my dog in the snow", "so good"]
    vocabulary = GraphemeVocabulary.fit(texts, 1)
    examples = [Example(text, "gram", "posts") for text in texts]
    config = SocialConfig(len(vocabulary), photo=4, topics=("dog", "snow"))
    training = replace(TRAINING, a_topic=10)
    return examples, vocabulary, TopicBatches(examples, ("dog", "snow"), config, vocabulary, training)


def test_an_epoch_shows_as_many_captions_of_each_topic_and_no_photo(batches):
    _, vocabulary, epochs = batches
    told = []
    for batch in epochs(0):
        symbols, photo, seen, controls = batch.inputs
        assert symbols.shape == batch.targets.shape
        assert not photo.any()
        assert not seen.any()
        texts = [vocabulary.decode([symbol for symbol in row if symbol != PAD]) for row in batch.targets.tolist()]
        for text, number in zip(texts, controls[:, -1].tolist(), strict=True):
            assert ("dog", "snow")[number - 1] in mentioned_in_post(text)
        told += controls[:, -1].tolist()
    assert sorted(told) == [1] * 10 + [2] * 10
    again = [batch.targets.tolist() for batch in epochs(0)]
    assert again == [batch.targets.tolist() for batch in epochs(0)] != [b.targets.tolist() for b in epochs(1)]


def test_judging_shows_every_caption_once_under_each_of_its_topics(batches):
    examples, _, epochs = batches
    dogs, snow = members(examples, ("dog", "snow"))
    assert (len(dogs), len(snow)) == (9, 4)
    assert sum(len(batch.targets) for batch in epochs.all()) == 13
