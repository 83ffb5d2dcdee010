"""VGG16 in integers: it sees what Keras's network sees, in bounds that training photos gave."""

import json
import shutil

import keras
import numpy as np
import pytest

from caption_model.bundles.bundle import MODELS, Bundle
from caption_model.bundles.saving import seal
from caption_model.errors import BundleError
from caption_model.vision import vgg16
from caption_model.vision.encoders import keras_vgg16, load_trained
from caption_model.vision.photos import open_photo

NAMES = ("cat", "bridge", "sunset", "dogs", "raccoon", "mountains")


@pytest.fixture(scope="module")
def network():
    return keras_vgg16(MODELS / "vgg16")


@pytest.fixture(scope="module")
def bundle():
    return Bundle.load(MODELS / "vgg16", "encoder")


@pytest.fixture(scope="module")
def photos(sample):
    return np.stack([open_photo(sample / "photos" / f"{name}.jpg") for name in NAMES])


@pytest.fixture(scope="module")
def exact(network, photos):
    """Keras's grids, float32."""
    return keras.ops.convert_to_numpy(network(vgg16.scaled(photos.astype(np.float32)), training=False))


@pytest.fixture(scope="module")
def ready(bundle):
    return vgg16.PreparedVGG16(bundle.weights, vgg16.read_bounds(bundle))


def unlike(ours, exact):
    """Root mean square error of each photo's grid, relative to the grid."""
    return np.sqrt(((ours - exact) ** 2).mean(axis=(1, 2, 3)) / (exact**2).mean(axis=(1, 2, 3)))


def test_it_sees_what_keras_sees(ready, photos, exact):
    grids = ready(photos)
    assert grids.shape == (len(NAMES), 7, 7, 512)
    assert grids.dtype == np.float32
    assert grids.flags.c_contiguous
    error = unlike(grids, exact)
    assert 0 < error.max() < 0.06, dict(zip(NAMES, error, strict=True))
    assert unlike(grids[[1, 2, 3, 4, 5, 0]], exact).min() > 0.5, "the measure tells photos apart"


def test_a_photo_looks_the_same_to_the_bit_alone_and_in_company(ready, photos):
    together = ready(photos)
    for row in range(len(photos)):
        np.testing.assert_array_equal(ready(photos[row : row + 1])[0], together[row])
    assert ready(photos[:0]).shape == (0, 7, 7, 512)


def test_what_bounds_leave_too_few_levels_is_seen_less_well(bundle, photos, exact):
    bounds = vgg16.read_bounds(bundle)
    coarse = vgg16.PreparedVGG16(bundle.weights, {name: 8 * bound for name, bound in bounds.items()})
    assert np.median(unlike(coarse(photos), exact)) > 0.08


def test_what_exceeds_a_bound_is_cut(ready, bundle, photos):
    bound = vgg16.read_bounds(bundle)["block5_conv3"]
    assert ready(photos).max() <= bound + 1e-4


def test_bright_red_drowns_nothing(ready, network):
    """Where a photo is bright red, the network in floats gives answers that exceed all others many times over."""
    red = np.random.default_rng(1).integers(60, 120, (1, 224, 224, 3)).astype(np.uint8)
    red[:, 60:160, 60:160] = (235, 15, 25)
    floats = keras.ops.convert_to_numpy(network(vgg16.scaled(red.astype(np.float32)), training=False))
    ours = ready(red)
    assert floats.max() > 10
    assert ours.max() < 3
    usual = np.sqrt((ready(np.full((1, 224, 224, 3), 128, np.uint8)) ** 2).mean())
    assert np.sqrt((ours**2).mean()) < 4 * usual


def test_bounds_are_what_most_photos_do_not_exceed(network, photos):
    bounds = vgg16.measure_bounds(network, photos)
    assert tuple(bounds) == vgg16.LAYERS
    name = "block3_conv2"
    inside = keras.Model(network.input, network.get_layer(name).output)
    peaks = np.asarray(inside(vgg16.scaled(photos.astype(np.float32)), training=False)).max(axis=(1, 2, 3))
    assert np.sort(peaks)[-2] <= bounds[name] <= peaks.max() + 1e-3


def test_the_tensors_are_those_of_keras(network):
    assert vgg16.shapes() == {variable.path: tuple(variable.shape) for variable in network.weights}


@pytest.mark.parametrize("content", [b"{}", b"[]", b"no JSON", b'{"block1_conv1": "high"}', None])
def test_a_bundle_without_bounds_is_refused(tmp_path, content):
    folder = tmp_path / "vgg16"
    shutil.copytree(MODELS / "vgg16", folder)
    if content is None:
        (folder / vgg16.BOUNDS).unlink()
    else:
        (folder / vgg16.BOUNDS).write_bytes(content)
    seal(folder, "encoder")
    with pytest.raises(BundleError, match=r"activations\.json.*get the bundle again"):
        load_trained(folder)


def test_other_bounds_are_other_arithmetic(tmp_path):
    """So that a cache of features does not mix them."""
    folder = tmp_path / "vgg16"
    shutil.copytree(MODELS / "vgg16", folder)
    ours = load_trained(MODELS / "vgg16")
    bounds = json.loads((folder / vgg16.BOUNDS).read_text())
    (folder / vgg16.BOUNDS).write_text(json.dumps({**bounds, "block1_conv1": 7.5}))
    seal(folder, "encoder")
    other = load_trained(folder)
    assert other.sha256 == ours.sha256
    assert other.arithmetic != ours.arithmetic
