"""Feature cache: a photo is encoded once, whatever happens in between."""

import os

import numpy as np
import pytest
from PIL import Image

from caption_model.errors import PhotoError
from caption_model.vision.feature_cache import FeatureCache, default_cache


@pytest.fixture
def photos(tmp_path):
    paths = []
    for number in range(20):
        paths.append(tmp_path / f"{number}.png")
        Image.new("RGB", (8, 8), (10 * number, 5, 200)).save(paths[-1])
    return paths


def test_features_are_those_of_the_encoder_in_the_order_asked(tmp_path, photos, fake_encoder):
    grids = FeatureCache(fake_encoder, tmp_path / "cache").grids(photos[::-1])
    assert grids.shape == (20, 2, 2, 4)
    assert grids.dtype == np.float16
    np.testing.assert_allclose(grids[:, 0, 0, 0], np.arange(19, -1, -1) * 10 / 255, atol=1e-3)


def test_a_photo_is_encoded_once(tmp_path, photos, fake_encoder):
    cache = FeatureCache(fake_encoder, tmp_path / "cache")
    first = cache.grids(photos)
    assert fake_encoder.encoded == 20
    again = FeatureCache(fake_encoder, tmp_path / "cache").grids(photos)
    assert fake_encoder.encoded == 20
    assert np.array_equal(first, again)


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path, photos, fake_encoder):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no photo")
    cache = FeatureCache(fake_encoder, tmp_path / "cache")
    with pytest.raises(PhotoError, match=r"broken\.png"):
        cache.grids([*photos, broken])
    kept = fake_encoder.encoded
    assert kept >= 16, "the batches before the broken photo were not in vain"
    cache.grids(photos)
    assert fake_encoder.encoded == 20


def test_the_content_counts_not_the_name(tmp_path, photos, fake_encoder):
    cache = FeatureCache(fake_encoder, tmp_path / "cache")
    before = cache.grids(photos[:1])
    renamed = photos[0].rename(tmp_path / "renamed.png")
    assert np.array_equal(cache.grids([renamed]), before)
    assert fake_encoder.encoded == 1
    Image.new("RGB", (8, 8), "white").save(renamed)
    assert cache.grids([renamed]).min() == 1
    assert fake_encoder.encoded == 2


def test_other_weights_have_other_features(tmp_path, photos, fake_encoder):
    other = type(fake_encoder)(sha256="a" * 64)
    one, two = FeatureCache(fake_encoder, tmp_path / "cache"), FeatureCache(other, tmp_path / "cache")
    assert one.folder != two.folder
    one.grids(photos)
    two.grids(photos)
    assert (fake_encoder.encoded, other.encoded) == (20, 20)


def test_progress_is_told_and_counts_what_was_known(tmp_path, photos, fake_encoder):
    cache = FeatureCache(fake_encoder, tmp_path / "cache")
    cache.grids(photos[:2])
    told = []
    cache.grids(photos, lambda done, total: told.append((done, total)))
    assert told == [(18, 20), (20, 20)]


def test_no_photos_are_no_features(tmp_path, fake_encoder):
    assert FeatureCache(fake_encoder, tmp_path / "cache").grids([]).shape == (0, 2, 2, 4)


@pytest.mark.parametrize(
    ("name", "reason"), [("gone.png", "does not exist"), (".", "is a folder"), ("circle.png", "cannot be read")]
)
def test_a_photo_that_cannot_be_read_is_named(tmp_path, fake_encoder, name, reason):
    (tmp_path / "circle.png").symlink_to(tmp_path / "circle.png")
    with pytest.raises(PhotoError, match=reason):
        FeatureCache(fake_encoder, tmp_path / "cache").grids([tmp_path / name])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize("kind", ["pipe", "device", "sparse"])
def test_what_is_no_photo_file_is_neither_waited_for_nor_read_to_its_end(tmp_path, photos, fake_encoder, kind):
    path = tmp_path / "odd.jpg"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.touch()
        os.truncate(path, 1 << 40)
    cache = FeatureCache(fake_encoder, tmp_path / "cache")
    with pytest.raises(PhotoError, match=r"odd\.jpg"):
        cache.grids([path])
    means, usable = cache.pooled([photos[1], path, photos[2]])
    assert usable.tolist() == [True, False, True] and means[usable].any(axis=1).all()


@pytest.mark.parametrize("damage", ["cut", "empty", "other shape", "no numbers", "folder"])
@pytest.mark.parametrize("way", ["grids", "pooled"])
def test_features_that_a_power_cut_left_damaged_are_made_anew(tmp_path, photos, fake_encoder, way, damage):
    ask = getattr(FeatureCache(fake_encoder, tmp_path / "cache"), way)
    first = ask(photos)
    for file in (tmp_path / "cache").rglob("*.npy"):
        if damage == "cut":
            file.write_bytes(file.read_bytes()[:-3])
        elif damage == "empty":
            file.write_bytes(b"")
        elif damage == "other shape":
            np.save(file, np.zeros((3, 3), np.float16))
        elif damage == "no numbers":
            np.save(file, np.full_like(np.load(file), np.nan))
        else:
            file.unlink()
            file.mkdir()
    np.testing.assert_array_equal(ask(photos)[0], first[0])
    assert fake_encoder.encoded == 40


def test_a_cache_that_cannot_be_written_costs_only_the_time(tmp_path, photos, fake_encoder):
    (tmp_path / "cache").write_text("a file, where a folder should be")
    cache = FeatureCache(fake_encoder, tmp_path / "cache")
    grids = cache.grids(photos)
    means, usable = cache.pooled(photos)
    assert usable.all()
    np.testing.assert_allclose(means, grids.mean(axis=(1, 2), dtype=np.float32), atol=1e-3)


def test_means_are_those_of_the_grids_and_one_bad_photo_costs_only_itself(tmp_path, photos, fake_encoder):
    (tmp_path / "broken.png").write_bytes(b"no photo")
    named = [photos[3], tmp_path / "gone.png", *photos, tmp_path / "broken.png"]
    cache = FeatureCache(fake_encoder, tmp_path / "cache")
    means, usable = cache.pooled(named)
    assert usable.tolist() == [True, False, *[True] * 20, False]
    assert not means[~usable].any()
    expected = FeatureCache(type(fake_encoder)(), tmp_path / "other").grids(photos).mean(axis=(1, 2))
    np.testing.assert_allclose(means[2:-1], expected, atol=1e-3)
    np.testing.assert_array_equal(means[0], means[5])


def test_means_are_encoded_once_and_taken_from_grids_that_are_there(tmp_path, photos, fake_encoder):
    cache = FeatureCache(fake_encoder, tmp_path / "cache")
    cache.grids(photos[:10])
    told = []
    first, _ = cache.pooled(photos, lambda done, total: told.append((done, total)))
    assert fake_encoder.encoded == 20
    again, _ = FeatureCache(fake_encoder, tmp_path / "cache").pooled(photos[::-1])
    assert fake_encoder.encoded == 20
    np.testing.assert_array_equal(first, again[::-1])
    assert told[-1] == (20, 20)
    kept = sum(path.stat().st_size for path in (tmp_path / "cache").rglob("*.mean.npy"))
    assert kept == 10 * (128 + 4 * 4), "a header and four numbers each"


def test_no_photos_have_no_means(tmp_path, fake_encoder):
    means, usable = FeatureCache(fake_encoder, tmp_path / "cache").pooled([])
    assert means.shape == (0, 4) and usable.shape == (0,)


def test_the_cache_is_where_the_user_keeps_caches(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_cache().is_relative_to(tmp_path)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert default_cache().is_relative_to(tmp_path / "home" / ".cache")
