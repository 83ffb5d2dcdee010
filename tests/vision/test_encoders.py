"""Encoders: the bundled one sees, others come by name."""

import urllib.error

import numpy as np
import pytest

from caption_model.bundles.bundle import MODELS
from caption_model.errors import EncoderError
from caption_model.networks.precision import cpu_has_bfloat16
from caption_model.vision import encoders
from caption_model.vision.encoders import Encoder, keras_encoder, keras_vgg16, load_encoder
from caption_model.vision.photos import open_photo


@pytest.fixture(scope="module")
def vgg16() -> Encoder:
    return load_encoder()


@pytest.fixture(scope="module")
def photos(sample):
    return np.stack([open_photo(sample / "photos" / f"{name}.jpg") for name in ("cat", "bridge", "sunset")])


@pytest.fixture(scope="module")
def features(vgg16, photos):
    return vgg16.encode(photos)


def test_the_registry_names_the_default_first():
    assert encoders.names() == ["vgg16", "vgg16-imagenet", "xception", "resnet50", "inception_v3"]
    assert encoders.names()[0] == encoders.DEFAULT


@pytest.mark.parametrize("name", ["vgg19", "", "VGG16", "None"])
def test_an_unknown_encoder_is_refused_with_the_names_there_are(name):
    with pytest.raises(EncoderError, match=r"choose one of vgg16, vgg16-imagenet, xception"):
        load_encoder(name)


def test_the_bundled_encoder_gives_a_grid_and_its_mean(vgg16, features):
    assert vgg16.name == "vgg16"
    assert vgg16.size == (224, 224)
    assert vgg16.grid_shape == (7, 7, 512)
    assert features.grid.shape == (3, 7, 7, 512)
    assert features.grid.dtype == features.pooled.dtype == np.float32
    np.testing.assert_allclose(features.pooled, features.grid.mean(axis=(1, 2)), rtol=1e-5, atol=1e-6)
    assert np.isfinite(features.grid).all()


def test_different_photos_look_different(features):
    lengths = np.linalg.norm(features.pooled, axis=1)
    cosines = features.pooled @ features.pooled.T / np.outer(lengths, lengths)
    assert cosines[np.triu_indices(3, 1)].max() < 0.98


def test_no_photos_have_no_features(vgg16):
    assert vgg16.encode(np.zeros((0, 224, 224, 3), np.uint8)).grid.shape == (0, 7, 7, 512)


def test_an_encoder_of_keras_sees_what_its_network_does_and_leaves_the_precision_of_everything_else_alone(photos):
    import keras

    def build():
        return keras.Sequential([keras.Input((224, 224, 3)), keras.layers.AveragePooling2D(112)])

    encoder = keras_encoder("mean", (224, 224), build, lambda pixels: pixels / 255.0)
    assert keras.config.dtype_policy().name == "float32"
    assert (encoder.name, encoder.size, encoder.grid_shape) == ("mean", (224, 224), (2, 2, 3))
    quarters = photos.reshape(3, 2, 112, 2, 112, 3).mean(axis=(2, 4)) / 255
    features = encoder.encode(photos)
    assert features.grid.dtype == np.float32
    np.testing.assert_allclose(features.grid, quarters, atol=0.01)


def test_the_hash_is_that_of_the_network_keras_would_make(vgg16):
    assert load_encoder("vgg16") is vgg16, "loaded once"
    weights = keras_vgg16(MODELS / "vgg16").get_weights()
    assert encoders._hash_weights(weights) == vgg16.sha256
    weights[0] = weights[0] + 1e-3
    assert encoders._hash_weights(weights) != vgg16.sha256


@pytest.mark.parametrize(
    "reason",
    [
        urllib.error.URLError("no route to host"),
        ConnectionResetError("cut off"),
    ],
)
def test_a_download_that_fails_says_what_to_do(monkeypatch, tmp_path, reason):
    def fail(*_, **__):
        raise reason

    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", fail)
    with pytest.raises(EncoderError, match=r"'vgg16-imagenet' cannot be loaded .*check the network, or use 'vgg16'"):
        load_encoder("vgg16-imagenet")


@pytest.mark.parametrize(
    ("flags", "fast"),
    [("flags\t\t: fpu avx512_bf16 sse", True), ("flags : amx_bf16", True), ("flags : fpu avx2", False), ("", False)],
)
def test_bfloat16_is_used_where_the_processor_has_it(tmp_path, flags, fast):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor : 0\nmodel name : amx_bf16 lookalike\n{flags}\n")
    assert cpu_has_bfloat16.__wrapped__(cpuinfo) is fast


def test_without_a_list_of_flags_bfloat16_is_not_used(tmp_path):
    assert cpu_has_bfloat16.__wrapped__(tmp_path / "not Linux") is False
