"""Low-rank terms: they alone are learnt and stored, and are in effect once the bundle is read."""

import numpy as np
import pytest

from caption_model.bundles.bundle import Bundle
from caption_model.bundles.weights import DOWN, SCALE, UP, load_tensors
from caption_model.evaluation.bits import bits_per_symbol
from caption_model.networks.config import SocialConfig
from caption_model.networks.social_keras import load_social
from caption_model.text.vocabulary import GraphemeVocabulary
from caption_model.training.social.low_rank import build_low_rank, stored
from caption_model.training.social.sources import SocialSources
from caption_model.training.social.train import SocialTraining, train_social

CELL = "social_decoder/lstm/lstm_cell"
KERNELS = (f"{CELL}/kernel", f"{CELL}/recurrent_kernel")


def write(path, texts):
    path.write_text("caption\n" + "\n".join(texts) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("low-rank")


@pytest.fixture(scope="module")
def base(folder, encoder):
    starts = ("my dog", "a dog", "the dog", "my day", "a day", "the day")
    texts = [f"{start} {end}" for start in starts for end in "abcdefghijklmnopqrst"]
    posts = write(folder / "base.csv", texts)
    training = SocialTraining(epochs=10, units=32, batch=16, learning_rate=1e-2, average=0.9)
    train_social(SocialSources((posts,)), encoder, folder / "base", folder / "base.run", training, folder / "cache")
    return folder / "base"


@pytest.fixture(scope="module")
def learnt(folder, base, encoder):
    texts = [f"so {mood} today {end}" for mood in ("sad", "mad", "glad", "bad") for end in "abcdefghijklmnopqrst"]
    posts = write(folder / "more.csv", texts)
    training = SocialTraining(epochs=30, batch=16, learning_rate=3e-2, average=0.9, rank=2, patience=99, dropout=0.0)
    facts = train_social(
        SocialSources((posts,)), encoder, folder / "new", folder / "new.run", training, folder / "cache", base
    )
    return folder / "new", facts, texts


def test_a_network_with_fresh_terms_is_the_base():
    config = SocialConfig(20, photo=4, embedding=8, condition=8, units=16)
    network = build_low_rank(config, 2)
    rows = np.array([[1, 5, 6]], np.int32)
    inputs = (rows, np.zeros((1, 4), np.float32), np.zeros(1, np.float32), np.zeros((1, 5), np.int32))
    before = np.asarray(network(inputs))
    network.of_hidden.up.assign(np.ones(network.of_hidden.up.shape, np.float32))
    assert not np.allclose(network(inputs), before), "a term that is not zero is used"
    network.of_hidden.up.assign(np.zeros(network.of_hidden.up.shape, np.float32))
    assert np.array_equal(network(inputs), before)
    assert {variable.path.split("/")[-1] for variable in network.trainable_variables} == {"down", "up"}
    factors = stored(network).keys() - config.shapes().keys()
    assert factors == {name + factor for name in KERNELS for factor in (DOWN, UP)}


def test_all_else_stays_on_disk_as_it_was(base, learnt):
    before = load_tensors(base / "weights.safetensors")
    after = load_tensors(learnt[0] / "weights.safetensors")
    for name, value in before.items():
        assert np.array_equal(after[name], value), name
    added = after.keys() - before.keys()
    assert added == {name + factor + end for name in KERNELS for factor in (DOWN, UP) for end in ("", SCALE)}
    assert all(after[name].dtype == np.int8 for name in added if not name.endswith(SCALE))
    for name in ("lexicon.txt", "phrases.bin", "fingerprints.bin", "vocabulary.json"):
        assert (base / name).read_bytes() == (learnt[0] / name).read_bytes(), name


def test_what_was_learnt_is_in_the_bundle_that_is_read(base, learnt):
    out, facts, texts = learnt
    known = GraphemeVocabulary.from_json(Bundle.load(base, "social").vocabulary())
    before, after = (
        bits_per_symbol(load_social(Bundle.load(of, "social")), known, texts)["bits_per_symbol"] for of in (base, out)
    )
    assert after < 0.8 * before
    assert facts["rank"] == 2
    assert "Terms of rank 2" in (out / "MODEL_CARD.md").read_text(encoding="utf-8")
    shapes = SocialConfig(**Bundle.load(out, "social").config["network"]).shapes()
    assert Bundle.load(out, "social").checked_weights(shapes).keys() == shapes.keys()
