"""The topic head: fitted on grids, weighed by what is known, put into a bundle's copy."""

import csv
import shutil

import numpy as np
import pytest

pytest.importorskip("torch")

from caption_model.bundles.bundle import MODELS, Bundle
from caption_model.errors import TrainingError
from caption_model.training.corpus.table import read_corpus
from caption_model.training.corpus.taught import taught_topics
from caption_model.training.topic_head import train as module
from caption_model.training.topic_head.fitting import TopicHeadTraining, fit_topic_head
from caption_model.training.topic_head.labels import FLICKR, OTHER_LABEL, PERHAPS, of_corpus, of_flickr, of_labels
from caption_model.training.topic_head.measuring import measure
from caption_model.training.topic_head.train import TopicHeadSources, train_topic_head, with_topics
from caption_model.vision.heads import TOPIC_HEAD, TopicHead
from tests.training.corpus_files import write_corpus, write_photos


def place(topic):
    return taught_topics().index(topic)


def test_a_topic_in_one_cell_and_one_all_over_are_both_seen():
    random = np.random.default_rng(0)
    grids = random.normal(0, 0.3, (600, 3, 3, 4)).astype(np.float16)
    targets = (random.random((600, 2)) < 0.4).astype(np.float32)
    grids[targets[:, 0] > 0, :, :, 0] += 1
    spot = np.flatnonzero(targets[:, 1])
    grids[spot, random.integers(3, size=len(spot)), random.integers(3, size=len(spot)), 1] += 3
    training = TopicHeadTraining(epochs=40, batch=50, learning_rate=2e-2)
    head, history = fit_topic_head(grids, targets, np.ones_like(targets), ("all over", "spot"), training)
    assert history[-1]["loss"] < history[0]["loss"]
    found = TopicHead.from_bytes(head.to_bytes()).logits(grids.astype(np.float32)) > 0
    assert (found == (targets > 0)).mean(axis=0).min() > 0.95
    unknown = np.zeros_like(targets)
    nothing, _ = fit_topic_head(grids, targets, unknown, ("all over", "spot"), TopicHeadTraining(epochs=1))
    assert np.abs(nothing.mean.matrix).max() < 1e-6, "what has no weight teaches nothing"
    with pytest.raises(TrainingError, match="no photo"):
        fit_topic_head(grids[:0], targets[:0], targets[:0], ("all over", "spot"), training)


def test_what_is_known_of_a_photo(tmp_path):
    corpus = read_corpus(write_corpus(tmp_path / "corpus"))
    one = next(of_corpus(corpus, {}))
    assert one.target[place("dog")] == 1
    assert one.weight[place("dog")] == 1
    name = next(iter(corpus.descriptions))
    labelled = next(of_corpus(corpus, {name: "flowers"}))
    assert labelled.target[place("flower")] == 1
    first = corpus.captions[0]
    loose = type(corpus)(
        [first._replace(caption="coffee and my dog")], corpus.descriptions, corpus.parts, corpus.by_topic, corpus.simple
    )
    maybe = next(of_corpus(loose, {}))
    assert maybe.target[place("coffee")] == 0
    assert maybe.weight[place("coffee")] == np.float32(PERHAPS)
    assert maybe.weight[place("dog")] == 1


def test_a_label_tells_of_few_topics():
    (only,) = of_labels({"posts/1.png": "cats", "posts/2.png": "no such label"})
    assert (only.target[place("cat")], only.weight[place("cat")]) == (1, 1)
    assert (only.target[place("dog")], only.weight[place("dog")]) == (0, np.float32(OTHER_LABEL))
    assert only.weight[place("sunset")] == 0


def test_descriptions_vote():
    (one,) = of_flickr({"a": ["A dog.", "Two dogs.", "A black dog in snow.", "An animal.", "Snow."]}, ["a"])
    assert one.target[place("dog")] == 1
    assert one.target[place("snow")] == np.float32(2 / 3)
    assert set(one.weight) == {np.float32(FLICKR)}


def test_measures():
    truth = np.array([[True, False], [False, True], [True, False], [False, False]])
    sure = np.where(truth, 0.95, 0.01).astype(np.float32)
    right = measure(sure, truth, ("a", "b"))
    assert (right["first_right"], right["mean_ap"]) == (0.75, 1.0)
    assert right["reliability"] == [[0.01, 0.0, 5], [0.95, 1.0, 3]]
    assert measure(1 - sure, truth, ("a", "b"))["mean_ap"] < 0.7


def test_a_card_has_one_paragraph_on_topics():
    text = "# Encoder\n\nA network.\n\n**Limits.** Many.\n"
    first = with_topics(text, "**Topics.** One.")
    assert first == "# Encoder\n\nA network.\n\n**Topics.** One.\n\n**Limits.** Many.\n"
    assert with_topics(first, "**Topics.** Two.") == first.replace("One", "Two")
    assert with_topics("# Encoder\n", "**Topics.** One.") == "# Encoder\n\n**Topics.** One.\n"


def test_a_bundle_gets_a_head(tmp_path, monkeypatch, encoder):
    monkeypatch.setattr(module, "load_trained", lambda bundle: encoder)
    corpus = write_corpus(tmp_path / "corpus")
    photos = write_photos(corpus, tmp_path / "photos")
    with (corpus / "descriptions.csv").open(encoding="utf-8", newline="") as stream:
        first = next(csv.DictReader(stream))["photo"]
    (photos / first).write_bytes(b"no photo")
    base = tmp_path / "base"
    shutil.copytree(MODELS / "vgg16", base)
    sources = TopicHeadSources(corpus, (str(photos),))
    training = TopicHeadTraining(epochs=2, batch=8)
    facts = train_topic_head(sources, base, tmp_path / "out", tmp_path / "run", training, tmp_path / "cache")
    after = Bundle.load(tmp_path / "out", "encoder")
    assert TopicHead.from_bytes(after.read(TOPIC_HEAD)).names == taught_topics()
    assert after.metrics()["topics"]["test"]["photos"] == facts["photos"] > 0
    card = after.read("MODEL_CARD.md").decode("utf-8")
    assert card.count("**Topics.**") == 1
    assert "**Things.**" not in card
    assert "| mean probability |" in card
    assert (tmp_path / "out" / "weights.safetensors").read_bytes() == (base / "weights.safetensors").read_bytes()
