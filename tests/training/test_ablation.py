"""The comparison of descriptive decoders: one training serves several rows, and rows that are there stay."""

import json
import shutil

import pytest

from caption_model.errors import TrainingError
from caption_model.training.descriptive.self_critical import SelfCritical
from caption_model.training.descriptive.train import DescriptiveTraining
from caption_model.training.recipes import ablation
from caption_model.training.recipes.ablation import WAYS, as_table, compare_descriptive
from caption_model.training.recipes.build import Data

SECOND = SelfCritical(epochs=1, photos=4, samples=2, steps=6)
TRAINING = DescriptiveTraining(epochs=1, min_count=1, self_critical=SECOND)


@pytest.fixture(scope="module")
def data(tmp_path_factory, sample):
    """The sample, laid out as all data are."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("flickr8k", "flickr_style", "social", "vision"):
        (folder / name).mkdir()
    shutil.copytree(sample / "photos", folder / "flickr8k" / "images")
    for name, place in (
        ("captions.csv", "captions.csv"),
        ("train.txt", "trainImages.txt"),
        ("validation.txt", "devImages.txt"),
    ):
        shutil.copy(sample / "flickr8k" / name, folder / "flickr8k" / place)
    return Data(folder)


@pytest.fixture(scope="module")
def compared(tmp_path_factory, data, encoder):
    """The table's rows, how often a decoder was fitted for them, and where they lie."""
    out = tmp_path_factory.mktemp("compared") / "out"
    fitted = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ablation, "_encoder", lambda name, data: encoder)
        fit = ablation.learn
        patch.setattr(ablation, "learn", lambda seen, *rest: (fitted.append(seen.grids.shape[1:]), fit(seen, *rest))[1])
        rows = list(compare_descriptive(data, out, TRAINING, out.parent / "cache"))
    return rows, fitted, out


def test_each_row_is_measured_on_the_photos_that_judge(compared):
    rows, fitted, out = compared
    assert [way for way, _ in rows] == list(WAYS)
    assert all(scores["n"] == 4 and 0 <= scores["bleu1"] <= 1 for _, scores in rows)
    assert fitted == [(1, 1, 4), *[(2, 2, 4)] * 5], "without attention there is one cell to look at"
    assert {path.name for path in (out / "run").iterdir()} == {"vgg16-pooled", "vgg16-grid", "inception-grid"}
    first, second, *_ = (json.loads((out / "run" / way.run / "log.jsonl").read_text()) for way in WAYS[1:])
    assert first == second, "trained once"


def test_rows_that_are_there_are_not_made_again(compared, data, monkeypatch):
    rows, _, out = compared

    def never(*_):
        raise AssertionError("made again")

    monkeypatch.setattr(ablation, "learn", never)
    assert list(compare_descriptive(data, out, TRAINING)) == rows


def test_the_table_has_a_row_for_each_way(compared):
    rows, *_ = compared
    lines = as_table(rows).splitlines()
    assert len(lines) == 2 + len(WAYS)
    assert len({line.count("|") for line in lines}) == 1
    for (way, scores), line in zip(rows, lines[2:], strict=True):
        assert way.title in line
        assert f"| {scores['cider']:.3f} |" in line


def test_a_teacher_that_is_not_there_is_named(tmp_path, data):
    way = next(way for way in WAYS if way.encoder == "inception")
    with pytest.raises(TrainingError, match="cannot be read"):
        list(compare_descriptive(data, tmp_path / "out", TRAINING, tmp_path / "cache", (way,)))
