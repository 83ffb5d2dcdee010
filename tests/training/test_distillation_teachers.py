"""The teachers in PyTorch see what the published networks see, built anew in Keras."""

import re

import keras
import numpy as np
import pytest
import torch
from keras import layers

from caption_model.errors import TrainingError
from caption_model.training.distillation.teacher_encoder import teacher_encoder
from caption_model.training.distillation.teacher_networks import (
    GOOGLENET,
    INCEPTION,
    MODULES,
    GoogLeNet,
    InceptionV3,
    Teachers,
    across_channels,
    class_names,
    load_teachers,
)
from tests.support.distillation import inception_layers, layer, tiny_googlenet, tiny_inception


def test_inception_is_that_of_keras():
    network = keras.applications.InceptionV3(weights=None, include_top=False, input_shape=(139, 139, 3))

    def created(kind):
        found = [one for one in network.layers if type(one) is kind]
        return sorted(found, key=lambda one: int((re.findall(r"_(\d+)$", one.name) or ["0"])[0]))

    random, arrays = np.random.default_rng(0), {}
    convolutions, norms = created(layers.Conv2D), created(layers.BatchNormalization)
    for (name, size), convolution, norm in zip(inception_layers(), convolutions, norms, strict=False):
        rows, columns, inputs, outputs = convolution.kernel.shape
        assert (rows, columns) == size, name
        arrays[f"{name}/kernel"] = layer(random, rows, columns, inputs, outputs)
        arrays[f"{name}/bias"] = random.normal(0, 0.1, outputs).astype(np.float32)
        convolution.set_weights([arrays[f"{name}/kernel"]])
        zeros = np.zeros(outputs, np.float32)
        norm.set_weights([arrays[f"{name}/bias"], zeros, zeros + 1 - norm.epsilon])
    published = keras.Model(network.input, network.get_layer("mixed8").output)
    photos = random.uniform(-1, 1, (2, 139, 139, 3)).astype(np.float32)
    expected = keras.ops.convert_to_numpy(published(photos, training=False))
    with torch.no_grad():
        found = InceptionV3(arrays)(torch.from_numpy(photos).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
    assert found.shape == (2, 3, 3, 1280)
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def keras_googlenet(arrays, size):
    """GoogLeNet as its paper draws it."""

    def convolve(x, name, stride=1):
        kernel = arrays[f"{name}/kernel"]
        x = layers.ZeroPadding2D(kernel.shape[0] // 2)(x)
        made = layers.Conv2D(kernel.shape[3], kernel.shape[0], stride, activation="relu")
        y = made(x)
        made.set_weights([kernel, arrays[f"{name}/bias"]])
        return y

    def normalise(x):
        square = keras.ops.pad(keras.ops.square(x), [[0, 0], [0, 0], [0, 0], [2, 2]])
        window = sum(square[..., start : start + x.shape[-1]] for start in range(5))
        return x / keras.ops.power(1.0 + (1e-4 / 5) * window, 0.75)

    def shrink(x):
        return layers.MaxPooling2D(3, 2, padding="same")(x)

    photo = keras.Input((size, size, 3))
    x = normalise(shrink(convolve(photo, "conv1/7x7_s2", 2)))
    x = shrink(normalise(convolve(convolve(x, "conv2/3x3_reduce"), "conv2/3x3")))
    for module in MODULES:
        parts = [f"inception_{module}/{name}" for name in ("1x1", "3x3", "5x5", "pool_proj")]
        x = layers.Concatenate()(
            [
                convolve(x, parts[0]),
                convolve(convolve(x, f"{parts[1]}_reduce"), parts[1]),
                convolve(convolve(x, f"{parts[2]}_reduce"), parts[2]),
                convolve(layers.MaxPooling2D(3, 1, padding="same")(x), parts[3]),
            ]
        )
        if module in ("3b", "4e"):
            x = shrink(x)
    classifier = layers.Dense(arrays["loss3/classifier/bias"].size)
    network = keras.Model(photo, [x, classifier(layers.GlobalAveragePooling2D()(x))])
    classifier.set_weights([arrays["loss3/classifier/kernel"], arrays["loss3/classifier/bias"]])
    return network


@pytest.mark.parametrize("size", [224, 160])
def test_googlenet_is_that_of_its_paper(size):
    arrays = tiny_googlenet(width=3, classes=7)
    photos = np.random.default_rng(0).uniform(-120, 130, (2, size, size, 3)).astype(np.float32)  # blue, green, red
    expected = [keras.ops.convert_to_numpy(one) for one in keras_googlenet(arrays, size)(photos, training=False)]
    with torch.no_grad():
        grid, logits = GoogLeNet(arrays)(torch.from_numpy(photos[..., ::-1].copy()).permute(0, 3, 1, 2))
    np.testing.assert_allclose(grid.permute(0, 2, 3, 1), expected[0], atol=1e-4 * np.abs(expected[0]).max())
    np.testing.assert_allclose(logits, expected[1], atol=1e-4 * np.abs(expected[1]).max())


def test_both_look_at_photos_in_their_own_way():
    arrays = tiny_googlenet(), tiny_inception()
    crops = torch.rand(2, 3, 128, 128)
    seen = Teachers(*arrays)(crops)
    assert seen.inception.shape[2:] == (8, 8)
    assert seen.googlenet.shape[2:] == (7, 7)
    assert seen.logits.shape == (2, 1000)
    large = torch.nn.functional.interpolate(crops, (224, 224), mode="bilinear", align_corners=False)
    centred = large * 255 - torch.tensor([123.0, 117.0, 104.0])[:, None, None]
    with torch.no_grad():
        torch.testing.assert_close(seen.googlenet, GoogLeNet(arrays[0])(centred)[0])


def test_normalisation_across_channels_is_that_of_its_paper():
    x = np.random.default_rng(0).normal(0, 20, (1, 9, 2, 2)).astype(np.float32)
    found = across_channels(torch.from_numpy(x)).numpy()
    for channel in range(9):
        near = x[:, max(0, channel - 2) : channel + 3]
        expected = x[:, channel] / (1 + 1e-4 / 5 * (near**2).sum(axis=1)) ** 0.75
        np.testing.assert_allclose(found[:, channel], expected, rtol=1e-4)


def test_teachers_say_which_file_is_missing_or_wrong(tmp_path):
    with pytest.raises(TrainingError, match=r"googlenet_fp16\.npz cannot be read"):
        load_teachers(tmp_path)
    for name in (INCEPTION, GOOGLENET):
        np.savez(tmp_path / name, nothing=np.zeros(3))
    with pytest.raises(TrainingError, match="of other networks"):
        load_teachers(tmp_path)
    with pytest.raises(TrainingError, match="of another network"):
        teacher_encoder(tmp_path)


def test_a_teacher_can_be_an_encoder(tmp_path):
    np.savez(tmp_path / INCEPTION, **tiny_inception())
    encoder = teacher_encoder(tmp_path)
    photos = np.random.default_rng(0).integers(0, 256, (3, 224, 224, 3)).astype(np.uint8)
    features = encoder.encode(photos)
    assert features.grid.shape == (3, *encoder.grid_shape)
    assert encoder.grid_shape[:2] == (7, 7)
    np.testing.assert_allclose(encoder.encode(photos[1:2]).grid, features.grid[1:2], rtol=1e-3, atol=1e-5)
    assert encoder.encode(photos[:0]).grid.shape == (0, *encoder.grid_shape)


def test_class_names_are_the_first_of_each_synset(tmp_path):
    (tmp_path / "synset_words.txt").write_text("n1 tench, Tinca tinca\nn2 great white shark, man-eater\n", "utf-8")
    assert class_names(tmp_path) == ["tench", "great white shark"]
    (tmp_path / "synset_words.txt").unlink()
    with pytest.raises(TrainingError, match="check the teachers' folder"):
        class_names(tmp_path)
