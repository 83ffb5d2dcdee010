"""The probe: features that hold what captions say are told from features that do not."""

import json
import re
from collections import Counter

import numpy as np
import pytest

from caption_model.cli import app
from caption_model.errors import DumpError, TrainingError
from caption_model.evaluation.probe import probe, probe_images, tf_idf

WORDS = ["dog", "cat", "bird", "horse", "beach", "snow", "grass", "road", "red", "blue", "boy", "girl"]


@pytest.fixture(scope="module")
def described():
    """200 photos that show a third of the words each, their captions, and features that hold the words in a mixture."""
    random = np.random.default_rng(0)
    shown = random.random((200, len(WORDS))) < 0.33
    captions = [" ".join(word for word, there in zip(WORDS, row, strict=True) if there) + " photo" for row in shown]
    features = shown @ random.normal(0, 1, (len(WORDS), 24)) + random.normal(0, 0.1, (200, 24))
    return captions, features.astype(np.float32)


def test_features_that_hold_the_captions_find_them(described):
    captions, features = described
    measured = probe(features, captions)
    assert measured.keys() == {"r1", "r5", "r10", "median_rank", "n"}
    assert measured["n"] == 200
    assert measured["r1"] > 0.8
    assert measured["median_rank"] == 1
    assert measured["r1"] <= measured["r5"] <= measured["r10"] <= 1


def test_features_of_other_photos_find_nothing(described):
    captions, features = described
    measured = probe(np.random.default_rng(1).permutation(features), captions)
    assert measured["r1"] < 0.1  # chance: one in forty
    assert 12 < measured["median_rank"] < 28


def test_constant_features_do_not_pass_for_good_ones(described):
    captions, _ = described
    assert probe(np.ones((200, 8), np.float32), captions)["r1"] < 0.1


def test_the_same_seed_gives_the_same_folds(described):
    captions, features = described
    noisy = features + np.random.default_rng(2).normal(0, 3, features.shape).astype(np.float32)
    assert probe(noisy, captions) == probe(noisy, captions)
    assert probe(noisy, captions, seed=8) != probe(noisy, captions)


def test_too_few_photos_are_refused(described):
    captions, features = described
    with pytest.raises(TrainingError, match="49 photos are too few"):
        probe(features[:49], captions[:49])


def test_rare_words_weigh_more_and_unknown_ones_nothing():
    rows, known = tf_idf(["a dog runs", "a dog sits", "a cat runs", "a cat sits", "a a hapax"])
    weights = dict(zip(known.get_feature_names_out(), known.idf_, strict=True))
    assert set(weights) == {"a", "cat", "dog", "runs", "sits"}
    assert weights["dog"] > weights["a"]
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    other, _ = tf_idf(["a zebra"], known)
    assert np.count_nonzero(other) == 1
    assert np.count_nonzero(tf_idf(["zebra"], known)[0]) == 0
    for texts in (["one", "two"], ["", " "]):
        with pytest.raises(TrainingError, match="no word"):
            tf_idf(texts)


def test_the_librarys_figures_are_those_of_the_formula(sample):
    """(1 + log n) · (log((1 + N) / (1 + df)) + 1), of words of two photos or more, on rows of unit length."""
    from datasets.flickr8k import read_captions

    texts = [" ".join(captions) for captions in read_captions(sample / "flickr8k" / "captions.csv").values()]
    rows, known = tf_idf(texts)
    counts = [Counter(re.findall(r"[a-z0-9']+", text.lower())) for text in texts]
    found = Counter(word for count in counts for word in count)
    words = sorted(word for word, times in found.items() if times >= 2)
    assert list(known.get_feature_names_out()) == words
    expected = np.zeros((len(texts), len(words)))
    for row, count in enumerate(counts):
        for column, word in enumerate(words):
            if count[word]:
                weight = np.log((1 + len(texts)) / (1 + found[word])) + 1
                expected[row, column] = (1 + np.log(count[word])) * weight
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(rows, expected, atol=1e-6)


@pytest.fixture
def fourteen(sample):
    return sample / "photos", sample / "flickr8k" / "captions.csv"


def test_the_command_refuses_a_handful_of_photos(fourteen):
    images, captions = fourteen
    with pytest.raises(TrainingError, match="14 photos are too few to probe"):
        probe_images(images, captions)


def test_a_listed_image_without_caption_is_named(fourteen, tmp_path):
    images, captions = fourteen
    (tmp_path / "list.txt").write_text("nowhere.jpg\n", encoding="utf-8")
    with pytest.raises(DumpError, match=r"no caption of nowhere\.jpg"):
        probe_images(images, captions, tmp_path / "list.txt")


def test_the_command_prints_json(fourteen, tmp_path, monkeypatch, encoder, capsys, described):
    """Sixty copies of the sample's photos: the command's way from files to figures."""
    from typer.testing import CliRunner

    images, _ = fourteen
    folder = tmp_path / "photos"
    folder.mkdir()
    originals = sorted(images.glob("*.jpg"))
    lines = ["image,caption"]
    for number in range(60):
        original = originals[number % len(originals)]
        (folder / f"{number}.jpg").write_bytes(original.read_bytes())
        lines += [f"{number}.jpg,a picture of {original.stem}", f"{number}.jpg,{original.stem} again"]
    (tmp_path / "captions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setattr("caption_model.evaluation.probe.load_encoder", lambda name: encoder)
    command = ["probe", "--images", str(folder), "--captions", str(tmp_path / "captions.csv"), "--json"]
    done = CliRunner().invoke(app, [*command, "--cache", str(tmp_path / "cache")])
    assert done.exit_code == 0, done.output
    measured = json.loads(done.stdout)
    assert measured["n"] == 60
    assert measured["r5"] > 0.5  # four mean colours tell fourteen pictures apart well
