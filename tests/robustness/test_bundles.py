"""Three hundred mutants of tiny bundles, and the worst kinds one by one."""

import json
import os
import shutil
import zlib

import numpy as np
import pytest

pytest.importorskip("resource")

from safetensors.numpy import load_file

from caption_model.bundles.bundle import MANIFEST, WEIGHTS
from caption_model.bundles.saving import seal
from caption_model.bundles.weights import save_tensors
from caption_model.errors import BundleError
from tests.robustness.bundles import bounded, make_bundles, run, use

COUNT = 300


def test_mutants_are_used_or_refused_in_a_sentence():
    tally = run(COUNT)
    assert tally.crashed == []
    assert tally.used + tally.refused == COUNT
    assert tally.refused > COUNT / 2, "mutants are made to be refused"
    assert tally.used > 0


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return make_bundles(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def social(whole, tmp_path):
    return shutil.copytree(whole / "social", tmp_path / "social")


def refused(folder, words, sealed=True):
    if sealed:
        seal(folder, "social")
    with bounded(), pytest.raises(BundleError, match=words) as caught:
        use(folder, "social")
    assert "\n" not in str(caught.value)


def change(folder, name, edit):
    content = json.loads((folder / name).read_bytes())
    edit(content)
    (folder / name).write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda c: c["network"].update(units="32"), "units in the network .* is '32', no whole number"),
        (lambda c: c["network"].update(units=True), "no whole number"),
        (lambda c: c["network"].update(units=-1), "units is -1"),
        (lambda c: c["network"].update(units=10**9), "units is 1000000000"),
        (lambda c: c["network"].update(symbols=8000, units=8000), "are not sizes of a decoder"),
        (lambda c: c["network"].update(dropout=float("nan")), "no number"),
        (lambda c: c["network"].update(dropout=2.0), "dropout is 2"),
        (lambda c: c["network"].update(strange=1), "'strange', which this version does not know"),
        (lambda c: c["network"].pop("symbols"), "lacks symbols"),
        (lambda c: c["network"].update(topics=["dog", "dog"]), "named twice"),
        (lambda c: c["network"].update(topics=["\ud800", "x"]), "no text"),
        (lambda c: c["network"].update(topics="dog"), "no list"),
        (lambda c: c.update(network=[]), "no JSON object"),
        (lambda c: c.pop("network"), "no JSON object"),
        (lambda c: c.update(encoder="vgg16"), "no JSON object"),
        (lambda c: c["encoder"].update(name="x" * 10_000), "no text"),
        (lambda c: c["encoder"].update(name="a\x00b"), "no text"),
    ],
)
def test_a_configuration_is_checked_before_it_is_used(social, edit, words):
    change(social, "config.json", edit)
    refused(social, words)


@pytest.mark.parametrize("name", ["config.json", "vocabulary.json", MANIFEST])
def test_json_nested_without_end_is_refused(social, name):
    (social / name).write_text("[" * 200_000 + "]" * 200_000)
    if name != MANIFEST:
        seal(social, "social")
    refused(social, "no valid JSON", sealed=False)


def test_a_vocabulary_must_be_as_long_as_the_network_says(social):
    change(social, "vocabulary.json", lambda c: c["symbols"].pop())
    refused(social, "vocabulary of .* symbols for a network of")


@pytest.mark.parametrize("symbol", ["\ud83d", "\x1b", "", "x" * 1000])
def test_symbols_must_be_letters_that_can_be_written(social, symbol):
    change(social, "vocabulary.json", lambda c: c["symbols"].__setitem__(-1, symbol))
    refused(social, "no vocabulary of graphemes")


@pytest.mark.parametrize("name", ["phrases.bin", "constructions.bin", "fingerprints.bin"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing deflated",
        zlib.compress(b"12345"),
        zlib.compress(bytes(8)),
        zlib.compress(b"\xff" * 64),
        zlib.compress(bytes(1 << 28)),
    ],
)
def test_hashes_are_checked_and_never_inflate_without_bound(social, name, content):
    (social / name).write_bytes(content)
    refused(social, "cannot be read")


@pytest.mark.parametrize("name", ["lexicon.txt", "word_classes.txt"])
def test_words_that_are_no_unicode_are_refused(social, name):
    (social / name).write_bytes(b"\xff\xfe\x00")
    refused(social, "cannot be read")


def tensors(folder, edit):
    found = load_file(folder / WEIGHTS)
    edit(found)
    save_tensors(folder / WEIGHTS, found)


LSTM = "social_decoder/lstm/lstm_cell/recurrent_kernel"
BIAS = "social_decoder/logits/bias"


def test_a_low_rank_term_cannot_blow_a_kernel_up(social):
    def edit(found):
        found[f"{LSTM}:down"] = np.ones((20_000, 1), np.int8)
        found[f"{LSTM}:up"] = np.ones((20_000, 1), np.int8)
        found[f"{LSTM}:down:scale"] = found[f"{LSTM}:up:scale"] = np.ones(1, np.float32)

    tensors(social, edit)
    refused(social, "do not fit")


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 3e38])
@pytest.mark.parametrize("name", [BIAS, f"{LSTM}:scale"])
def test_weights_that_are_not_finite_are_refused(social, name, number):
    tensors(social, lambda found: found[name].__setitem__(0, number))
    refused(social, "that no training gives")


def test_a_variance_below_zero_is_refused(social):
    tensors(social, lambda found: found["social_decoder/photo_scale/moving_variance"].__setitem__(0, -1))
    refused(social, "that no training gives")


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda found: found.update({BIAS: found[BIAS][:-1]}), "does not fit its configuration"),
        (lambda found: found.update({BIAS: found[BIAS].astype(np.float64)}), "type F64"),
        (lambda found: found.pop(BIAS), "does not fit its configuration"),
        (lambda found: found.pop(f"{LSTM}:scale"), "do not fit"),
        (lambda found: found.update({"x:scale": found[BIAS]}), "do not fit"),
        (lambda found: found.update({f"{LSTM}:down": found[BIAS]}), "do not fit"),
    ],
)
def test_weights_that_disagree_are_refused(social, edit, words):
    tensors(social, edit)
    refused(social, words)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("name", [MANIFEST, "config.json", WEIGHTS, "phrases.bin", "MODEL_CARD.md"])
@pytest.mark.parametrize("what", ["pipe", "device", "giant"])
def test_what_never_ends_is_not_waited_for(social, name, what):
    path = social / name
    path.unlink()
    if what == "pipe":
        os.mkfifo(path)
    elif what == "device":
        path.symlink_to("/dev/zero")
    else:
        with path.open("wb") as file:
            file.truncate(3 << 30)
    refused(social, f"{name}.*(no regular file|more than)", sealed=False)


def test_one_bad_voice_costs_only_itself(whole, tmp_path, monkeypatch):
    from caption_model.services import voices

    monkeypatch.setattr(voices, "bundled_encoder", lambda: ("fake", "f" * 64))
    for name in ("good", "deep", "short", "pipe"):
        shutil.copytree(whole / "social", tmp_path / name)
    (tmp_path / "deep" / MANIFEST).write_text("[" * 100_000)
    change(tmp_path / "short", "vocabulary.json", lambda c: c["symbols"].pop())
    seal(tmp_path / "short", "social")
    (tmp_path / "pipe" / WEIGHTS).unlink()
    os.mkfifo(tmp_path / "pipe" / WEIGHTS)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / os.fsdecode(b"bad \xff")).mkdir()
    found = {voice.name: voice.fault for voice in voices.everything(tmp_path)}
    assert found.keys() == {"good", "deep", "short", "pipe", r"bad \udcff"}
    assert [name for name, fault in found.items() if not fault] == ["good"]
    assert all(fault.encode("utf-8") for name, fault in found.items() if name != "good")
