"""A voice: new posts are learnt, new symbols too, and what the base could say stays sayable."""

import csv
import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

from caption_model import cli
from caption_model.bundles.bundle import MODELS, Bundle
from caption_model.errors import TrainingError
from caption_model.generation.social import SocialModel
from caption_model.networks.config import SocialConfig
from caption_model.networks.social_keras import build_social
from caption_model.text.controls import CHOICES, MAX_GRAPHEMES
from caption_model.text.vocabulary import PAD, UNKNOWN, GraphemeVocabulary
from caption_model.training.engine.progress import assign
from caption_model.training.social import voice
from caption_model.training.social.comparison import compare_suggestions
from caption_model.training.social.data import POSTS_KEPT, REHEARSAL, Example, SocialBatches, held_out_share
from caption_model.training.social.sources import SocialSources, gather, read_judges
from caption_model.training.social.start import voice_mixture
from caption_model.training.social.train import VOICE, SocialTraining, train_social

BASE = GraphemeVocabulary.fit(["abcdeñ", "🌊🌊👍❤️!!"])
MOODS = ["slow", "quiet", "happy", "lazy", "sunny", "little", "warm", "cold"]
TIMES = ["mornings", "days", "walks", "dreams", "moments"]
CAPTIONS = [f"{mood} {time} again 🦩" for mood in MOODS for time in TIMES]


@pytest.fixture(scope="module")
def small():
    """A tiny decoder of the base's symbols with large random weights."""
    from tests.conftest import shake

    network = build_social(SocialConfig(symbols=len(BASE), photo=4, embedding=6, condition=6, units=8))
    shake(network, seed=3)
    return network


def weights_of(network) -> dict[str, np.ndarray]:
    return {variable.path: variable.numpy() for variable in network.weights}


def asked(rows: int, symbols) -> tuple:
    known = np.ones((rows, 4), np.float32), np.ones(rows, np.float32), np.zeros((rows, len(CHOICES)), np.int32)
    return (np.asarray(symbols, np.int32), *known)


def test_new_symbols_come_after_the_bases_which_keep_their_places():
    vocabulary = voice.extended(BASE, ["zz top 🦩🦩", "a e 🦩", "fly: q"], min_count=2)
    assert vocabulary.symbols[: len(BASE)] == BASE.symbols
    assert set(vocabulary.symbols[len(BASE) :]) == {"z", "🦩", " "}


@pytest.mark.parametrize(
    ("symbol", "kin"),
    [
        ("👍🏽", ["👍"]),
        ("é", ["e"]),
        ("A", ["a"]),
        ("🦩", ["🌊", "👍", "❤️"]),
        ("z", list("abcdeñ")),
        ("?", ["!"]),
        ("7", list(BASE.symbols[UNKNOWN + 1 :])),
    ],
)
def test_a_new_symbol_begins_as_the_mean_of_its_kin(small, symbol, kin):
    vocabulary = GraphemeVocabulary((*BASE.symbols, symbol))
    weights = weights_of(small)
    grown = voice.grown(weights, BASE, vocabulary, [symbol])
    rows = [BASE.index[other] for other in kin]
    np.testing.assert_allclose(grown[voice.EMBEDDING][-1], weights[voice.EMBEDDING][rows].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(grown[voice.KERNEL][:, -1], weights[voice.KERNEL][:, rows].mean(axis=1), rtol=1e-5)
    shift = grown[voice.BIAS][-1] - weights[voice.BIAS][rows].mean()
    assert shift == pytest.approx(np.log(2), rel=1e-3), "it was used once, its kin never"


def test_a_grown_network_says_of_the_old_symbols_what_it_said(small):
    vocabulary = voice.extended(BASE, ["zzz"], 1)
    grown = build_social(SocialConfig(symbols=len(vocabulary), photo=4, embedding=6, condition=6, units=8))
    assign(grown.weights, voice.grown(weights_of(small), BASE, vocabulary, ["zzz"]))
    inputs = asked(2, [[1, 4, 5], [1, 6, 7]])
    np.testing.assert_allclose(grown(inputs)[..., : len(BASE)], small(inputs), rtol=1e-4, atol=1e-5)


def test_the_frozen_base_takes_symbols_it_does_not_know_for_unknown(small):
    frozen = voice.Frozen(small)
    np.testing.assert_allclose(
        frozen(asked(1, [[1, len(BASE) + 5, 4]])), small(asked(1, [[1, UNKNOWN, 4]])), rtol=1e-5, atol=1e-6
    )


def test_captions_are_rehearsed_with_and_without_photos_in_all_tones_and_again_the_same(small):
    photos = np.random.default_rng(1).random((9, 4), np.float32)
    rows = np.array([2, 5])
    written = voice.rehearse(small, BASE, photos, rows, 200, seed=4)
    assert written == voice.rehearse(small, BASE, photos, rows, 200, seed=4)
    assert 20 < len(written) <= 200
    assert {example.source for example in written} == {REHEARSAL}
    assert {example.tone for example in written} == set(CHOICES["tone"])
    assert {pairing.photo for example in written for pairing in example.photos} == {2, 5}
    assert any(not example.photos for example in written)
    assert all(0 < len(GraphemeVocabulary.split(example.caption)) <= MAX_GRAPHEMES for example in written)


@pytest.mark.parametrize(("most", "share"), [(9.0, 1.0), (3.8, 0.95), (2.9, 0.7), (0.1, 0.4)])
def test_a_voice_goes_as_far_from_its_base_as_that_allows(most, share):
    begun, learnt = {"a": np.zeros(2, np.float32)}, {"a": np.full(2, 4, np.float32)}
    told, weights = voice.moderated(begun, learnt, lambda weights: float(weights["a"][0]), most)
    assert told == share
    np.testing.assert_allclose(weights["a"], 4 * share)


def test_photos_to_rehearse_are_the_posts_or_else_like_those_the_base_knew(small):
    many = np.ones((80, 4), np.float32)
    usable = np.arange(80) != 7
    photos, rows = voice.photos_to_rehearse(many, usable, small, seed=1)
    assert photos is many and 7 not in rows and len(rows) == 79
    photos, rows = voice.photos_to_rehearse(many[:3], usable[:3], small, seed=1)
    np.testing.assert_array_equal(photos[:3], many[:3])
    assert len(rows) == len(photos) > 100
    assert photos.min() == 0 and photos.dtype == np.float32


def test_rehearsed_captions_are_kept_not_learnt():
    examples = [Example(f"a{letter}", "gram", "posts") for letter in "bcde"]
    examples += [Example("ee", "gram", REHEARSAL)] * 4
    mixture = voice_mixture(4, 4)
    batches = SocialBatches(examples, BASE, np.zeros((0, 4), np.float32), mixture, epochs=1, batch=16)
    told = {True: 0.0, False: 0.0}
    for batch in batches(0):
        there = batch.targets != PAD
        rehearsed = batch.targets[:, 0] == BASE.index["e"]
        assert not batch.weights[rehearsed].any()
        assert np.array_equal(batch.kept[rehearsed], there[rehearsed].astype(np.float32))
        assert np.array_equal(batch.weights[~rehearsed], there[~rehearsed].astype(np.float32))
        assert np.allclose(batch.kept[~rehearsed], POSTS_KEPT * there[~rehearsed])
        for row in rehearsed:
            told[bool(row)] += 1
    assert told[False] >= 1000, "few posts are shown often"
    assert told[True] == pytest.approx(told[False], rel=0.02)


@pytest.mark.parametrize(("posts", "share"), [(50, 0.2), (2000, 0.1), (500_000, 0.05)])
def test_few_posts_hold_out_more(posts, share):
    assert held_out_share(posts) == pytest.approx(share)


@pytest.fixture(scope="module")
def dump(tmp_path_factory, sample):
    """Posts with a new emoji; one has the cat's photo, one a photo that is none."""
    folder = tmp_path_factory.mktemp("dump")
    shutil.copy(sample / "photos" / "cat.jpg", folder / "cat.jpg")
    (folder / "torn.jpg").write_bytes(b"no photo")
    with (folder / "posts.csv").open("w", encoding="utf-8", newline="") as file:
        named = {0: "cat.jpg", 1: "torn.jpg", 2: "cat.jpg"}
        rows = [(named.get(number, ""), caption, "mine") for number, caption in enumerate(CAPTIONS)]
        csv.writer(file).writerows([("image", "caption", "source"), *rows, ("", "someone else wrote this", "theirs")])
    return folder / "posts.csv"


@pytest.fixture(scope="module")
def base(tmp_path_factory, sample, encoder):
    """A base trained for an epoch on the sample."""
    folder = tmp_path_factory.mktemp("base")
    sources = SocialSources(posts=(sample / "kaggle",))
    training = SocialTraining(epochs=1, units=16, learning_rate=0.01)
    train_social(sources, encoder, folder / "social", folder / "run", training, folder / "cache")
    return folder / "social"


@pytest.fixture(scope="module")
def mine(tmp_path_factory, dump, base, encoder, sample):
    """A voice of the base, and what training told."""
    folder = tmp_path_factory.mktemp("voices")
    training = SocialTraining(epochs=3, batch=64, learning_rate=0.01, min_count=2, keep=0.5, minutes=60)
    sources = SocialSources((dump,), accounts=("mine",), judges=sample / "kaggle")
    told = train_social(sources, encoder, folder / "mine", folder / "run", training, folder / "cache", base)
    return folder / "mine", told


def test_a_voice_speaks_more_like_its_posts(mine):
    folder, told = mine
    assert told["bits"] < 0.8 * told["bits_before"]
    assert told["epochs"] <= 3
    assert told["share"] in voice.SHARES
    assert told["kept"] < told["kept_before"] * (1 + voice.FORGOTTEN) + 0.002 or told["share"] == voice.SHARES[-1]
    assert told["captions"] + told["held_out"] == len(CAPTIONS)
    assert told["held_out"] >= 4
    assert json.loads((folder / "metrics.json").read_text())["bits_before"] == told["bits_before"]


def test_a_voice_is_measured_on_what_the_base_was_measured_on(mine, base):
    _, told = mine
    own = json.loads((base / "metrics.json").read_text())["bits"]
    assert told["others_before"] == pytest.approx(own, abs=0.002)
    assert told["others"] != told["others_before"]
    assert {"kept", "kept_before", "bits_before"} <= told.keys()


def test_an_account_that_is_not_in_the_dump_is_refused_with_those_that_are(dump):
    with pytest.raises(TrainingError, match=r"no account yours, but mine, theirs"):
        gather(SocialSources((dump,), accounts=("yours",)))


def test_a_dump_too_small_to_judge_by_is_refused(tmp_path):
    (tmp_path / "one.csv").write_text("caption\nslow mornings again\n")
    with pytest.raises(TrainingError, match="too small to judge by"):
        read_judges(tmp_path / "one.csv")


def test_a_photo_that_is_none_is_counted_and_costs_no_caption(mine):
    _, told = mine
    assert (told["photos"], told["unreadable"]) == (1, 1)


def test_a_voice_is_a_whole_bundle_that_knows_the_new_emoji_and_its_past(mine, base, encoder):
    folder, told = mine
    model = SocialModel.load(folder, encoder)
    known = Bundle.load(base, "social")
    assert "🦩" in model.vocabulary.index
    assert "🦩" not in GraphemeVocabulary.from_json(known.vocabulary()).index
    assert told["new_symbols"] >= 1
    past = Bundle.load(folder, "social").config["base"]
    assert past["sha256"] == known.sha256
    assert past["config"] == known.config
    assert past["metrics"]["history"]
    assert model.reranker.lexicon.known >= SocialModel.load(base, encoder).reranker.lexicon.known
    card = (folder / "MODEL_CARD.md").read_text()
    assert "$" not in card and str(told["bits"]) in card and known.sha256 in card


def test_without_a_describing_decoder_nothing_is_suggested_to_compare(mine, base, encoder):
    folder, told = mine
    assert told["suggestions"] == []
    assert compare_suggestions(base, folder, encoder, []) == []


def test_a_handful_of_posts_makes_no_voice(base, encoder, tmp_path):
    (tmp_path / "few.csv").write_text("caption\n" + "\n".join(CAPTIONS[:15]), encoding="utf-8")
    training = SocialTraining(epochs=1, keep=0.5)
    with pytest.raises(TrainingError, match="at least 20"):
        train_social(
            SocialSources((tmp_path / "few.csv",)), encoder, tmp_path / "out", tmp_path / "run", training, None, base
        )


@pytest.fixture
def typed(monkeypatch, tmp_path):
    """What ``train social`` asks of the training when these words are typed after it."""

    def run(*words):
        asked = []

        def stand_in(sources, encoder, out, run, training, cache, base, watch):
            asked.append((encoder, training, base))
            return {"bits": 1.0}

        monkeypatch.setattr("caption_model.training.social.train.train_social", stand_in)
        monkeypatch.setattr("caption_model.vision.encoders.load_encoder", lambda name: f"encoder {name}")
        monkeypatch.setattr("caption_model.captioner.encoder_of", lambda folder: f"encoder of {folder}")
        result = CliRunner().invoke(cli.app, ["train", "social", "--posts", "x", "--out", str(tmp_path), *words])
        assert result.exit_code == 0, result.output
        return asked[0]

    return run


def test_without_a_base_training_starts_from_scratch(typed):
    assert typed() == typed("--base", "none") == ("encoder vgg16", SocialTraining(), None)
    assert typed("--encoder", "xception", "--units", "64")[:2] == ("encoder xception", SocialTraining(units=64))


def test_a_base_makes_a_voice_unless_nothing_is_to_be_kept(typed):
    encoder, training, base = typed("--base", "default", "--minutes", "15")
    assert base == MODELS / "social"
    assert encoder == f"encoder of {base}"
    assert (training.keep, training.minutes, training.epochs) == (VOICE.keep, 15, VOICE.epochs)
    _, training, base = typed("--base", "runs/first", "--keep", "0", "--epochs", "4", "--dropout", "0.05")
    assert str(base) == "runs/first"
    assert training == SocialTraining(epochs=4, dropout=0.05)
