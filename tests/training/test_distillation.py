"""Distillation: every stage does its part, can be killed and resumed, and what it leaves is plain VGG16."""

import io
import tarfile

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from caption_model.errors import TrainingError
from caption_model.training.distillation import stem as stem_stage
from caption_model.training.distillation import student, targets, views
from caption_model.training.distillation.frames import load_frames
from caption_model.training.distillation.loop import Lessons, Recipe, fit, prepare
from caption_model.training.distillation.teachers import AcrossChannels, Teachers, Views, class_names
from caption_model.vision.photos import open_photo

TINY = ((4,), (4,), (6,), (8,), (8,))


def everything(_name):
    return True


def jpeg(colour) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def folder(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "red.jpg").write_bytes(jpeg("red"))
    (photos / "blue.jpg").write_bytes(jpeg("blue"))
    (photos / "notes.txt").write_text("no photo", encoding="utf-8")
    (photos / "deeper").mkdir()
    return photos


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "more.tar"
    with tarfile.open(path, "w") as tar:
        for name, content in (("x/green.jpg", jpeg("green")), ("cut.jpg", jpeg("white")[:100])):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("link.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return path


def test_photos_of_folders_and_tars_become_pixels_and_the_rest_is_left_out(folder, archive, tmp_path, caplog):
    frames = load_frames([folder, archive], tmp_path / "run", everything)
    assert frames.names == ["blue.jpg", "red.jpg", "green.jpg"]
    assert frames.pixels.shape == (3, 224, 224, 3)
    assert frames.pixels.dtype == np.uint8
    assert [int(pixels.mean(axis=(0, 1)).argmax()) for pixels in frames.pixels] == [2, 0, 1]
    assert "notes.txt is left out" in caplog.text
    assert "cut.jpg is left out" in caplog.text


def test_decoded_photos_are_used_again_and_never_for_other_sources(folder, archive, tmp_path):
    run = tmp_path / "run"
    first = load_frames([folder], run, everything)
    (folder / "red.jpg").unlink()
    assert load_frames([folder], run, everything).names == first.names
    with pytest.raises(TrainingError, match="holds other photos"):
        load_frames([folder, archive], run, everything)
    with pytest.raises(TrainingError, match="holds other photos"):
        load_frames([folder], run, lambda name: name != "blue.jpg")


def test_a_photo_that_judges_is_not_learnt_from(folder, tmp_path):
    assert load_frames([folder], tmp_path / "run", lambda name: name == "red.jpg").names == ["red.jpg"]


@pytest.mark.parametrize("content", [b"", b"not a tar" * 100])
def test_sources_without_photos_are_refused(tmp_path, content):
    (tmp_path / "photos.tar").write_bytes(content)
    with pytest.raises(TrainingError, match=r"photos\.tar"):
        load_frames([tmp_path / "photos.tar"], tmp_path / "run", everything)


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


def test_what_ships_is_keras_vgg16_and_sees_what_the_student_sees(sample):
    import keras

    network = shaken()
    plain = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    weights = student.fold(student.export(network))
    assert weights.keys() == {variable.path for variable in plain.weights}
    for variable in plain.weights:
        variable.assign(weights[variable.path])
    photo = torch.tensor(open_photo(sample / "photos" / "dogs.jpg")[None])
    pixels = student.normalise(photo.permute(0, 3, 1, 2))
    with torch.no_grad():
        seen = network(pixels).permute(0, 2, 3, 1).numpy()
    folded = keras.ops.convert_to_numpy(plain(pixels.permute(0, 2, 3, 1).numpy(), training=False))
    assert folded.shape == (1, 7, 7, 512)
    np.testing.assert_allclose(folded, seen, atol=2e-3 * np.abs(seen).max())


def test_weights_survive_export_and_load():
    network, other = shaken(TINY), student.build_student(TINY)
    student.load(other, student.export(network))
    photo = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network(photo), other.eval()(photo))


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


def test_start_weights_of_another_network_are_refused(tmp_path):
    arrays = student.export(shaken(TINY))
    with pytest.raises(TrainingError, match="not the weights of such a VGG16"):
        student.load(student.build_student(), arrays)
    with pytest.raises(TrainingError, match="not the weights of such a VGG16"):
        student.load(student.build_student(TINY), {})
    (tmp_path / "start.npz").write_bytes(b"PK")
    with pytest.raises(TrainingError, match="check --start"):
        student.read_start(tmp_path / "start.npz")


def test_a_cached_stem_gives_what_the_stem_gives(tmp_path):
    network = shaken(TINY)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 224, 224, 3)).astype(np.uint8)
    stem = nn.Sequential(*list(network)[:3])
    maps, peak = stem_stage.load_stem(stem, pixels, tmp_path)
    assert maps.shape == (5, 28, 28, 6)
    assert maps.dtype == np.uint8
    with torch.no_grad():
        expected = stem(student.normalise(torch.from_numpy(pixels).permute(0, 3, 1, 2)))
    difference = (prepare(maps, peak).float() - expected).abs().mean() / expected.abs().mean()
    assert difference < 0.02
    assert stem[0].conv1.weight.dtype == torch.float32  # the network itself stays as it is


def test_a_killed_stem_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(stem_stage, "BATCH", 2)
    monkeypatch.setattr(stem_stage, "REPORT_EVERY", 1)
    stem = nn.Sequential(*list(shaken(TINY))[:3])
    pixels = np.random.default_rng(0).integers(0, 256, (6, 224, 224, 3)).astype(np.uint8)
    quiet, run = tmp_path / "quiet", tmp_path / "killed"
    quiet.mkdir()
    run.mkdir()
    whole, _ = stem_stage.load_stem(stem, pixels, quiet)
    real, calls = stem_stage._run, []

    def killed(*arguments):
        calls.append(1)
        if len(calls) == 3 + 1 + 2:  # three batches for the peaks, one for the shape, then the second batch
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(stem_stage, "_run", killed)
    with pytest.raises(KeyboardInterrupt):
        stem_stage.load_stem(stem, pixels, run)
    assert (run / "stem.count").read_text(encoding="ascii") == "2"
    monkeypatch.setattr(stem_stage, "_run", real)
    resumed, _ = stem_stage.load_stem(stem, pixels, run)
    np.testing.assert_array_equal(resumed, whole)


@pytest.fixture
def seen():
    """Views of 60 photos of six topics; both teachers see the topic, in noise."""
    random = np.random.default_rng(0)
    topic = np.arange(60) % 6
    look = random.normal(0, 1, (6, 12)) * 2

    def grid(mix):
        cells = look[topic] @ mix
        return (cells[:, None, None] + random.normal(0, 0.5, (60, 7, 7, mix.shape[1]))).astype(np.float16)

    inception, googlenet = grid(random.normal(0, 1, (12, 20))), grid(random.normal(0, 1, (12, 16)))
    return topic, Views(inception, googlenet, random.normal(0, 1, (60, 1000)).astype(np.float16))


WORDS = ["dog grass", "beach sea", "snow hill", "bike road", "ball team", "boat water"]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(targets, "INCEPTION", 8)
    monkeypatch.setattr(targets, "GOOGLENET", 6)
    monkeypatch.setattr(targets, "CAPTION", 4)


def test_targets_hold_what_captions_talk_about(seen, small, tmp_path):
    topic, looks = seen
    captions = {row: [f"a {WORDS[topic[row]]}", f"the {WORDS[topic[row]]}"] for row in range(0, 60, 2)}
    projected, truths = targets.load_targets(looks, captions, tmp_path)
    assert projected.shape == (60, 7, 7, 18)
    assert projected.dtype == np.float16
    assert truths.keys() == captions.keys()
    guessed = projected[..., -4:].astype(np.float32).mean(axis=(1, 2))
    centres = np.stack([np.mean([truths[row] for row in captions if topic[row] == t], axis=0) for t in (0, 2, 4)])
    others = [row for row in range(60) if row % 2 == 0]
    nearest = [int(np.argmin(((centres - guessed[row]) ** 2).sum(axis=1))) * 2 for row in others]
    assert np.mean(np.array(nearest) == topic[others]) > 0.9


def test_blocks_of_targets_weigh_the_same(seen, small, tmp_path):
    topic, looks = seen
    captions = {row: [WORDS[topic[row]]] for row in range(60)}
    projected = targets.load_targets(looks, captions, tmp_path)[0].astype(np.float32).reshape(-1, 18)
    totals = [projected[:, part].var(axis=0).sum() for part in (slice(0, 8), slice(8, 14), slice(14, 18))]
    np.testing.assert_allclose(totals, totals[0], rtol=0.02)


def test_targets_are_computed_once(seen, small, tmp_path, monkeypatch):
    topic, looks = seen
    captions = {row: [WORDS[topic[row]]] for row in range(60)}
    first, truths = targets.load_targets(looks, captions, tmp_path)
    monkeypatch.setattr(targets, "fit_projection", None)
    again, same = targets.load_targets(looks, captions, tmp_path)
    np.testing.assert_array_equal(again, first)
    np.testing.assert_array_equal(same[7], truths[7])


def test_too_few_captions_are_refused(seen):
    _, looks = seen
    with pytest.raises(TrainingError, match="2 captioned photos are too few"):
        targets.fit_projection(looks, {0: ["a dog"], 1: ["a cat"]})


def lessons(count=24, peak=None):
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (count, 224, 224, 3)).astype(np.uint8)
    pixels[::2] //= 4  # half of them dark: something to learn
    wanted = np.zeros((count, 7, 7, 3), np.float16)
    wanted[::2, ..., 0], wanted[1::2, ..., 0] = -1, 1
    return Lessons(pixels, peak, wanted, {0: np.float32([0.5, -0.5]), 3: np.float32([-0.5, 0.5])}, np.arange(count))


def learner():
    torch.manual_seed(3)
    return student.build_student(TINY), nn.Conv2d(8, 3, 1)


def train(run, recipe, data=None, every=10, measure=dict):
    body, head = learner()
    history = fit(body, head, data or lessons(), recipe, run, measure, every)
    return history, body


@pytest.mark.parametrize("window", [7, 4])
def test_the_student_learns_from_whole_frames_and_from_windows(tmp_path, window):
    recipe = Recipe(40, batch=8, window=window, frozen=0, learning_rate=5e-3, warmup=5)
    history, _ = train(tmp_path / "run", recipe, measure=lambda: {"r1": 0.5})
    assert [record["step"] for record in history] == [10, 20, 30, 40]
    assert history[-1]["loss"] < 0.6 * history[0]["loss"]
    assert history[-1]["photos"] == 320
    assert history[-1]["r1"] == 0.5


def test_a_killed_student_resumes_and_ends_where_it_would_have(tmp_path):
    recipe = Recipe(20, batch=4, frozen=0, warmup=2)
    _, whole = train(tmp_path / "whole", recipe)

    calls = []

    def killed():
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return {}

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "killed", recipe, measure=killed)
    history, resumed = train(tmp_path / "killed", recipe)
    assert [record["step"] for record in history] == [10, 20]
    for expected, found in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        torch.testing.assert_close(found, expected)


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path):
    train(tmp_path, Recipe(10, batch=2, frozen=0))
    with pytest.raises(TrainingError, match="of another recipe"):
        train(tmp_path, Recipe(10, batch=3, frozen=0))


def test_a_diverging_student_says_so(tmp_path):
    data = lessons()
    data.targets[:] = np.nan
    with pytest.raises(TrainingError, match="no longer finite"):
        train(tmp_path, Recipe(2, batch=2, frozen=0), data, every=1)


def test_teachers_say_which_file_is_missing_or_wrong(tmp_path):
    with pytest.raises(TrainingError, match=r"inception_v3_to_mixed8_fp16\.npz cannot be read"):
        Teachers(tmp_path)
    for name in ("inception_v3_to_mixed8_fp16.npz", "googlenet_fp16.npz"):
        np.savez(tmp_path / name, nothing=np.zeros(3))
    with pytest.raises(TrainingError, match="of other networks"):
        Teachers(tmp_path)


def test_class_names_are_the_first_of_each_synset(tmp_path):
    (tmp_path / "synset_words.txt").write_text("n1 tench, Tinca tinca\nn2 great white shark, man-eater\n", "utf-8")
    assert class_names(tmp_path) == ["tench", "great white shark"]


def test_normalisation_across_channels_is_that_of_its_paper():
    x = np.random.default_rng(0).normal(0, 20, (1, 2, 2, 9)).astype(np.float32)
    found = np.asarray(AcrossChannels()(x))
    for channel in range(9):
        near = x[..., max(0, channel - 2) : channel + 3]
        expected = x[..., channel] / (1 + 1e-4 / 5 * (near**2).sum(axis=-1)) ** 0.75
        np.testing.assert_allclose(found[..., channel], expected, rtol=1e-4)


def test_views_are_computed_once_and_resumed(tmp_path, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 224, 224, 3)).astype(np.uint8)
    monkeypatch.setattr(views, "BATCH", 2)
    monkeypatch.setattr(views, "REPORT_EVERY", 1)
    asked = []

    class Stand:
        def __init__(self, folder):
            pass

        def see(self, batch):
            asked.append(len(batch))
            if len(asked) == 2:
                raise KeyboardInterrupt
            level = batch.mean(axis=(1, 2, 3))
            return Views(
                *(
                    np.ones((len(batch), *shape)) * level.reshape(-1, *[1] * len(shape))
                    for shape in views.SHAPES.values()
                )
            )

    monkeypatch.setattr(views, "Teachers", Stand)
    with pytest.raises(KeyboardInterrupt):
        views.load_views(pixels, tmp_path, tmp_path)
    looks = views.load_views(pixels, tmp_path, tmp_path)
    assert asked == [2, 2, 2, 1]
    assert looks.inception.dtype == np.float16
    np.testing.assert_allclose(looks.logits[:, 0], pixels.mean(axis=(1, 2, 3)), rtol=1e-3)
    views.load_views(pixels, tmp_path, tmp_path)
    assert asked == [2, 2, 2, 1]
