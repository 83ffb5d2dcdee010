"""The student: folded, unfolded, stored, it computes the same."""

import numpy as np
import pytest
import torch
from torch import nn

from caption_model.bundles.weights import save_weights
from caption_model.errors import TrainingError
from caption_model.training.distillation import student
from caption_model.training.distillation.unfold import load_start, recalibrate, unfold
from caption_model.vision.heads import LinearHead
from caption_model.vision.photos import open_photo
from caption_model.vision.vgg16 import scaled
from tests.support.distillation import TINY


def shaken(widths=student.BLOCKS) -> nn.Sequential:
    """A student whose batch norms do something."""
    torch.manual_seed(0)
    network = student.build_student(widths)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.7, 1.3)
            nn.init.normal_(module.bias, 0.0, 0.1)
            nn.init.normal_(module.running_mean, 0.0, 0.1)
            nn.init.uniform_(module.running_var, 0.7, 1.3)
    return network.eval()


def photos(count=12):
    torch.manual_seed(4)
    return [torch.randn(count // 2, 3, 64, 64) for _ in range(2)]


def test_what_ships_is_keras_vgg16_and_sees_what_the_student_sees(sample):
    import keras

    network = shaken()
    plain = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    weights = student.fold(student.export(network))
    assert weights.keys() == {variable.path for variable in plain.weights}
    for variable in plain.weights:
        variable.assign(weights[variable.path])
    pixels = scaled(open_photo(sample / "photos" / "dogs.jpg")[None].astype(np.float32)).astype(np.float32)
    with torch.no_grad():
        seen = network(torch.from_numpy(pixels).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
    folded = keras.ops.convert_to_numpy(plain(pixels, training=False))
    assert folded.shape == (1, 7, 7, 512)
    np.testing.assert_allclose(folded, seen, atol=2e-3 * np.abs(seen).max())


def test_unfolded_weights_compute_what_the_folded_ones_did():
    network = shaken(TINY)
    weights = student.fold(student.export(network))
    again = unfold(weights, photos()).eval()
    folded = student.fold(student.export(again))
    assert folded.keys() == weights.keys()
    for name, value in weights.items():
        np.testing.assert_allclose(folded[name], value, rtol=1e-4, atol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(again(photos()[0]), network(photos()[0]), rtol=1e-3, atol=1e-4)


def test_unfolded_norms_know_the_statistics_so_that_training_begins_where_it_was():
    network = shaken(TINY)
    again = unfold(student.fold(student.export(network)), photos())
    everything = torch.cat(photos())
    with torch.no_grad():
        expected = network(everything)
        found = again.train()(everything)
    torch.testing.assert_close(found, expected, rtol=1e-2, atol=1e-2 * float(expected.max()))
    for _, convolution, _ in student.convolutions(again):
        lengths = convolution.weight.flatten(1).norm(dim=1)
        torch.testing.assert_close(lengths, torch.full_like(lengths, 2**0.5), rtol=1e-4, atol=1e-4)


def test_a_filter_of_zeros_stays_one():
    weights = student.fold(student.export(shaken(TINY)))
    weights["block3_conv1/kernel"][..., 2] = 0
    again = student.fold(student.export(unfold(weights, photos())))
    assert np.isfinite(np.concatenate([value.ravel() for value in again.values()])).all()
    np.testing.assert_allclose(again["block3_conv1/kernel"][..., 2], 0)
    np.testing.assert_allclose(again["block3_conv1/bias"], weights["block3_conv1/bias"], rtol=1e-4, atol=1e-5)


def test_bounds_keep_a_photo_gone_astray_out_of_the_statistics_and_out_of_nothing_else():
    weights = student.fold(student.export(shaken(TINY)))
    wild = [*photos(), photos()[0] * 1000]
    bounds = {name: 3.0 for name, *_ in student.convolutions(shaken(TINY))}
    bounded = unfold(weights, wild, bounds)
    assert float(bounded.block5.norm1.running_var.max()) < 0.01 * float(
        unfold(weights, wild).block5.norm1.running_var.max()
    )
    for name, value in student.fold(student.export(bounded)).items():
        np.testing.assert_allclose(value, weights[name], rtol=1e-3, atol=1e-4)


def test_recalibrated_norms_hold_the_mean_over_all_batches():
    network = shaken(TINY)
    momentum = network.block1.norm1.momentum
    recalibrate(network, photos())
    with torch.no_grad():
        first = torch.cat([network.block1.conv1(batch) for batch in photos()])
    torch.testing.assert_close(network.block1.norm1.running_mean, first.mean(dim=(0, 2, 3)), rtol=1e-3, atol=1e-4)
    assert not network.training
    assert network.block1.norm1.momentum == momentum


def test_weights_survive_export_and_load():
    network, other = shaken(TINY), student.build_student(TINY)
    student.load(other, student.export(network))
    with torch.no_grad():
        assert torch.equal(network(photos()[0]), other.eval()(photos()[0]))


def test_start_weights_may_be_int8_with_a_scale(tmp_path):
    arrays = student.export(shaken(TINY))
    stored = dict(arrays)
    kernel = stored["block1_conv1/kernel"]
    stored["block1_conv1/scale"] = (np.abs(kernel).max(axis=(0, 1, 2)) / 127).astype(np.float32)
    stored["block1_conv1/kernel"] = np.rint(kernel / stored["block1_conv1/scale"]).astype(np.int8)
    np.savez(tmp_path / "start.npz", **stored)
    read = student.read_start(tmp_path / "start.npz")
    assert read.keys() == arrays.keys()
    np.testing.assert_allclose(read["block1_conv1/kernel"], kernel, atol=np.abs(kernel).max() / 127)
    np.testing.assert_array_equal(read["block5_conv1/kernel"], arrays["block5_conv1/kernel"])
    network, class_head = load_start(tmp_path, photos())
    assert class_head is None
    np.testing.assert_allclose(student.export(network)["block1_conv1/kernel"], read["block1_conv1/kernel"])


def test_a_start_may_be_a_bundles_files(tmp_path):
    weights = student.fold(student.export(shaken(TINY)))
    save_weights(tmp_path / "weights.safetensors", weights)
    bounds = ", ".join(f'"{name}": 50.0' for name, *_ in student.convolutions(shaken(TINY)))
    (tmp_path / "activations.json").write_text(f"{{{bounds}}}", encoding="utf-8")
    class_head = LinearHead(np.ones((8, 3), np.float32), np.zeros(3, np.float32), ("a", "b", "c"))
    (tmp_path / "classes.safetensors").write_bytes(class_head.to_bytes())
    network, found = load_start(tmp_path, photos())
    assert found is not None
    assert found.names == ("a", "b", "c")
    for name, value in student.fold(student.export(network)).items():
        np.testing.assert_allclose(value, weights[name], rtol=1e-3, atol=1e-4)


def test_start_weights_of_another_network_are_refused(tmp_path):
    arrays = student.export(shaken(TINY))
    with pytest.raises(TrainingError, match="not the weights of such a VGG16"):
        student.load(student.build_student(), arrays)
    with pytest.raises(TrainingError, match="not the weights of such a VGG16"):
        student.load(student.build_student(TINY), {})
    with pytest.raises(TrainingError, match="not the weights of a VGG16"):
        unfold({"block1_conv1/kernel": np.zeros((3, 3, 3, 4), np.float32)}, photos())
    with pytest.raises(TrainingError, match="no weights to start from"):
        load_start(tmp_path, photos())
    (tmp_path / "start.npz").write_bytes(b"PK")
    with pytest.raises(TrainingError, match="check --start"):
        student.read_start(tmp_path / "start.npz")
