"""What a pack holds, and what never enters one."""

import json

import numpy as np
import pytest

from caption_model.errors import DumpError, TrainingError
from caption_model.training.distillation import album as album_module
from caption_model.training.distillation.album import open_album
from caption_model.training.distillation.catalogue import Entry, dump, parse
from caption_model.training.distillation.held_out import DEV, TEST, TRAIN, hundredth, role_of
from caption_model.training.distillation.labels import UNKNOWN, label
from caption_model.training.distillation.packing import Packing, pack
from caption_model.vision.photos import open_photo
from tests.support.distillation import held_out, make_data, picture, table, tar_of, tiny_start


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_data(tmp_path_factory.mktemp("distillation") / "data")


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    return tiny_start(tmp_path_factory.mktemp("start") / "start.npz")


@pytest.fixture(scope="module")
def packed(data, start, tmp_path_factory):
    out = tmp_path_factory.mktemp("packed")
    pack(data, start, out, Packing(piece=40_000))
    return out


def test_the_hash_of_a_name_holds_photos_out():
    assert [hundredth("posts", f"{number:06d}.webp") for number in (0, 1)] == [
        hundredth("posts", "000000.webp"),
        hundredth("posts", "000001.webp"),
    ]
    roles = [role_of("posts", f"{number}.webp", written=True, judges=()) for number in range(4000)]
    assert roles.count(TEST) == pytest.approx(400, abs=60)
    assert roles.count(DEV) == pytest.approx(200, abs=45)
    assert {role_of("posts", f"{number}.webp", written=False, judges=()) for number in range(400)} == {TRAIN}
    assert role_of("flickr8k", "a.jpg", written=True, judges={"a.jpg"}) == DEV


def test_the_hash_is_of_set_and_file():
    import hashlib

    digest = hashlib.sha256(b"unlabelled/000123.webp").digest()
    assert hundredth("unlabelled", "000123.webp") == int.from_bytes(digest[:4], "big") % 100


def test_a_pack_gives_back_photos_words_topics_and_weights(data, packed, tmp_path):
    album = open_album(packed, tmp_path, size=48)
    by_name = {entry.name: row for row, entry in enumerate(album.entries)}
    assert len(by_name) == len(album.entries) == len(album.pixels)
    for row, content in (("unlabelled/000003.webp", picture(503)), ("flickr8k/5.jpg", picture(5))):
        np.testing.assert_array_equal(album.pixels[by_name[row]], open_photo(content, (48, 48)))
    cat = next(entry for entry in album.entries if entry.topic == "cats" and entry.role == TRAIN and entry.captions)
    assert cat.captions == ("My cat again",)
    assert cat.descriptions[0].startswith("A cat and a cup")
    assert album.entries[by_name["flickr8k/0.jpg"]].descriptions == ("a dog runs on grass 0",)
    assert album.entries[by_name["flickr8k/2.jpg"]].descriptions == (), "in no list: only its pixels are learnt from"
    for name in ("googlenet_fp16.npz", "inception_v3_to_mixed8_fp16.npz", "synset_words.txt"):
        assert (album.teachers / name).read_bytes() == (data / "vision" / "teachers" / name).read_bytes()
    assert [path.name for path in album.start.iterdir()] == ["start.npz"]


def test_what_is_held_out_is_not_learnt_from(packed, tmp_path):
    test, judging = held_out()
    assert test, "the photos of this test hold some"
    assert judging
    album = open_album(packed, tmp_path, size=32)
    learnt = {album.entries[row].name for row in album.rows(TRAIN)}
    assert not learnt & {f"posts/{file}" for file in test | judging}
    assert not {entry.name for entry in album.entries} & {f"posts/{file}" for file in test}
    judges = {album.entries[row].name for row in album.rows(DEV)}
    assert judges == {f"posts/{file}" for file in judging} | {"flickr8k/1.jpg", "flickr8k/3.jpg"}
    assert len(learnt) == 60 + 12 + 10 - len(test) - len(judges)
    everything = b"".join(path.read_bytes() for path in packed.glob("pack-*"))
    assert not any(f"photos/posts/{file}".encode() in everything for file in test)


def test_pieces_are_no_larger_than_asked_and_named_with_their_hash(packed):
    index = json.loads((packed / "pack.json").read_text(encoding="utf-8"))
    sizes = [(packed / piece["name"]).stat().st_size for piece in index["pieces"]]
    assert len(sizes) > 3
    assert set(sizes[:-1]) == {40_000}
    assert 0 < sizes[-1] <= 40_000


@pytest.mark.parametrize("harm", ["missing", "shorter", "altered"])
def test_a_harmed_piece_is_named(data, start, tmp_path, harm):
    pack(data, start, tmp_path / "pack", Packing(piece=200_000))
    piece = tmp_path / "pack" / "pack-001"
    content = piece.read_bytes()
    piece.unlink()
    if harm != "missing":
        piece.write_bytes(content[:-1] if harm == "shorter" else b"x" + content[1:])
    with pytest.raises(TrainingError, match="pack-001 is missing or damaged: copy this piece"):
        open_album(tmp_path / "pack", tmp_path / "run")
    piece.write_bytes(content)
    assert len(open_album(tmp_path / "pack", tmp_path / "run").entries)


def test_photos_are_decoded_once_and_never_taken_for_another_packs(data, start, packed, tmp_path, monkeypatch):
    run = tmp_path / "run"
    first = open_album(packed, run, size=32)
    monkeypatch.setattr(album_module, "open_photo", None)
    assert open_album(packed, run, size=32).entries == first.entries
    assert open_album(tmp_path / "gone", run, size=32).entries == first.entries, "the pack is needed no more"
    pack(data, start, tmp_path / "other", Packing(every=2))
    with pytest.raises(TrainingError, match="holds another pack's photos"):
        open_album(tmp_path / "other", run, size=32)


def test_a_broken_photo_costs_only_itself(start, tmp_path, caplog):
    data = make_data(tmp_path / "data", posts=8, flickr8k=6)
    photos = {"000000.webp": b"no photo", "000001.webp": picture(1)[:60], "000002.webp": picture(2)}
    tar_of(data / "vision" / "unlabelled" / "photos-0.tar", photos)
    pack(data, start, tmp_path / "pack", Packing(shrink=24))
    album = open_album(tmp_path / "pack", tmp_path / "run", size=32)
    kept = [entry.file for entry in album.entries if entry.group == "unlabelled"]
    assert kept == ["000002.webp"]
    assert "unlabelled/000000.webp is left out" in caplog.text


def test_large_photos_may_be_packed_smaller(data, start, packed, tmp_path):
    index = pack(data, start, tmp_path / "pack", Packing(shrink=16))
    whole = json.loads((packed / "pack.json").read_text(encoding="utf-8"))
    assert sum(piece["bytes"] for piece in index["pieces"]) < sum(piece["bytes"] for piece in whole["pieces"])
    large, small = open_album(packed, tmp_path / "a", size=32), open_album(tmp_path / "pack", tmp_path / "b", size=32)
    assert small.entries == large.entries
    difference = small.pixels.mean(axis=(1, 2)) - large.pixels.mean(axis=(1, 2))
    assert np.abs(difference).max() < 12


def test_data_that_are_not_laid_out_are_refused(start, tmp_path):
    data = make_data(tmp_path / "data", posts=8, flickr8k=6)
    table(data / "posts_photos" / "index.csv", ["name"], ["x"])
    with pytest.raises(DumpError, match=r"index\.csv needs the columns file, topic"):
        pack(data, start, tmp_path / "out", Packing())
    (data / "posts_photos" / "index.csv").unlink()
    with pytest.raises(DumpError, match=r"index\.csv cannot be read"):
        pack(data, start, tmp_path / "out", Packing())
    with pytest.raises(TrainingError, match=r"pack\.json is missing"):
        open_album(tmp_path / "out", tmp_path / "run")


def test_a_catalogue_that_is_none_is_refused():
    entries = [Entry("posts", "a.webp", TRAIN, "cats", ("A cat.",), ("Meow 🐱",))]
    assert parse(dump(entries)) == entries
    for content in (b"[1]\n", b"{}\n", b"\xff\n"):
        with pytest.raises(TrainingError, match="catalogue cannot be read"):
            parse(content)


def test_unlabelled_photos_are_of_no_topic_and_undescribed_ones_of_no_words():
    told = [Entry("posts", str(n), TRAIN, "cats", ("Two cats sleep on a sofa.",)) for n in range(6)]
    others = [Entry("posts", f"o{n}", TRAIN, "", (f"A plate of pasta {n}.",)) for n in range(40)]
    judge = Entry("posts", "j", DEV, "boats", ("A boat.",))
    silent = Entry("unlabelled", "s")
    found = label([*told, *others, judge, silent, Entry("posts", "c", captions=("My cat!",))], 50)
    assert found.topics == ("cats",), "what only judges have is not learnt"
    assert found.topic.tolist() == [0] * 6 + [UNKNOWN] * 43
    assert {"cat", "sofa", "sleep"} <= set(found.vocabulary)
    assert not {"plate", "on", "boat", "cats"} & set(found.vocabulary), "too common, no content, unseen, a plural"
    assert found.described.tolist() == [True] * 47 + [False, True]
    assert found.words[-1, found.vocabulary.index("cat")], "a caption that names a thing counts"
    assert not found.words[-2].any()
