"""Bundles: what was saved comes back, and what was altered does not."""

import json

import numpy as np
import pytest

from caption_model.bundles.bundle import Bundle, network_weights, read_json, write_json
from caption_model.bundles.saving import save_bundle, seal
from caption_model.bundles.weights import as_stored
from caption_model.errors import BundleError

WEIGHTS = {"layer/kernel": np.arange(6, dtype=np.float32).reshape(2, 3), "layer/bias": np.ones(3, np.float32)}
CONFIG = {"network": {"units": 3}, "emoji": "🌊"}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "models" / "toy"
    save_bundle(
        folder, "toy", CONFIG, WEIGHTS, "# Card", vocabulary={"kind": "word"}, metrics={"n": 1}, extra={"x.bin": b"abc"}
    )
    return folder


def test_what_was_saved_is_loaded(folder):
    bundle = Bundle.load(folder, "toy")
    assert bundle.kind == "toy"
    assert bundle.config == CONFIG
    assert bundle.weights.keys() == WEIGHTS.keys()
    assert np.array_equal(bundle.weights["layer/kernel"], WEIGHTS["layer/kernel"])
    assert (folder / "MODEL_CARD.md").read_text() == "# Card"
    assert (folder / "x.bin").read_bytes() == b"abc"
    assert read_json(folder / "vocabulary.json") == {"kind": "word"}
    assert read_json(folder / "metrics.json") == {"n": 1}


def test_saving_leaves_nothing_else_behind(folder):
    assert [path.name for path in folder.parent.iterdir()] == ["toy"]


@pytest.mark.parametrize(
    "name", ["weights.safetensors", "config.json", "vocabulary.json", "metrics.json", "MODEL_CARD.md", "x.bin"]
)
def test_one_altered_byte_in_any_file_is_noticed(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BundleError, match=name):
        Bundle.load(folder, "toy")


@pytest.mark.parametrize("name", ["weights.safetensors", "config.json", "vocabulary.json", "manifest.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        Bundle.load(folder, "toy")


def test_a_folder_that_is_no_bundle_is_refused(tmp_path):
    with pytest.raises(BundleError, match="nowhere"):
        Bundle.load(tmp_path / "nowhere", "toy")


def test_a_bundle_of_another_kind_is_refused(folder):
    with pytest.raises(BundleError, match=r"'toy'.*'social'"):
        Bundle.load(folder, "social")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"format": 99, "kind": "toy", "sha256": {}}',
        b'{"format": 1, "kind": "toy", "sha256": []}',
        b'{"format": 1, "kind": "toy", "sha256": {}}',
    ],
)
def test_a_broken_manifest_is_refused(folder, content):
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(BundleError, match="toy"):
        Bundle.load(folder, "toy")


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/hostname", "sub/file", "..", ""])
def test_a_manifest_may_not_name_files_outside(folder, name):
    (folder.parent / "secret.txt").write_text("secret")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"][name] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError) as caught:
        Bundle.load(folder, "toy")
    assert "secret" not in str(caught.value) or "outside" in str(caught.value)


def test_a_configuration_that_is_no_json_is_refused_even_if_sealed(folder):
    (folder / "config.json").write_text("{")
    seal(folder, "toy")
    with pytest.raises(BundleError, match=r"config\.json"):
        Bundle.load(folder, "toy")


def test_the_hash_of_a_bundle_is_that_of_its_weights(folder, tmp_path):
    other = tmp_path / "other"
    save_bundle(other, "toy", {"network": {}}, WEIGHTS, "another card")
    assert Bundle.load(other, "toy").sha256 == Bundle.load(folder, "toy").sha256
    save_bundle(other, "toy", CONFIG, {**WEIGHTS, "layer/bias": np.zeros(3, np.float32)}, "# Card")
    assert Bundle.load(other, "toy").sha256 != Bundle.load(folder, "toy").sha256


def test_saving_replaces_the_old_bundle_whole(folder):
    save_bundle(folder, "toy", {"new": True}, WEIGHTS, "# New")
    assert Bundle.load(folder, "toy").config == {"new": True}
    assert sorted(path.name for path in folder.iterdir()) == [
        "MODEL_CARD.md",
        "config.json",
        "manifest.json",
        "weights.safetensors",
    ]
    assert [path.name for path in folder.parent.iterdir()] == ["toy"]


def test_when_saving_fails_the_old_bundle_stays(folder):
    with pytest.raises(TypeError):
        save_bundle(folder, "toy", {"cannot be JSON": object()}, WEIGHTS, "# New")
    assert Bundle.load(folder, "toy").config == CONFIG
    assert [path.name for path in folder.parent.iterdir()] == ["toy"]


def test_emojis_stay_readable_in_json(tmp_path):
    write_json(tmp_path / "x.json", {"emoji": "🌊"})
    assert "🌊" in (tmp_path / "x.json").read_text(encoding="utf-8")


class Variable:
    """What ``assign`` needs of a Keras variable."""

    def __init__(self, path, shape):
        self.path, self.shape, self.value = path, shape, None

    def assign(self, value):
        self.value = value


class Network:
    def __init__(self, **shapes):
        self.weights = [Variable(path.replace("_", "/"), shape) for path, shape in shapes.items()]


def test_weights_reach_the_variables_of_their_names(folder):
    network = Network(layer_bias=(3,), layer_kernel=(2, 3))
    Bundle.load(folder, "toy").assign(network)
    assert np.array_equal(network.weights[1].value, WEIGHTS["layer/kernel"])


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (Network(layer_bias=(3,), layer_kernel=(3, 2)), r"layer/kernel.*\(2, 3\).*\(3, 2\)"),
        (Network(layer_bias=(3,)), "layer/kernel"),
        (Network(layer_bias=(3,), layer_kernel=(2, 3), extra_bias=(1,)), "extra/bias"),
    ],
)
def test_a_network_that_does_not_fit_is_refused_with_the_tensor_named(folder, network, words):
    with pytest.raises(BundleError, match=words):
        Bundle.load(folder, "toy").assign(network)


def test_a_network_saved_and_loaded_computes_the_same(tmp_path):
    from caption_model.networks.config import SocialConfig
    from caption_model.networks.social_keras import build_social

    config = SocialConfig(symbols=12, photo=4, embedding=4, condition=4, units=8)
    first, second = build_social(config), build_social(config)
    inputs = (
        np.array([[1, 5, 7]], np.int32),
        np.ones((1, 4), np.float32),
        np.ones(1, np.float32),
        np.ones((1, 5), np.int32),
    )
    weights = network_weights(first)
    save_bundle(tmp_path / "b", "social", {}, weights, "card")
    assert not np.allclose(first(inputs), second(inputs), atol=1e-3)
    Bundle.load(tmp_path / "b", "social").assign(second)
    np.testing.assert_allclose(first(inputs), second(inputs), atol=1e-6)
    assert all(np.array_equal(value, weights[name]) for name, value in as_stored(weights).items()), "all are small"
