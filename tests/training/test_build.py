"""Building everything that ships: the parts in order, each once, and figures of all of them."""

import csv
import json

import pytest

from caption_model.bundles.bundle import MANIFEST, write_json
from caption_model.errors import TrainingError
from caption_model.training.distillation.recipe import Recipe
from caption_model.training.recipes import build as module
from caption_model.training.recipes.build import Data, Plan, build

# The first critic chooses what the social decoder learns from itself, the second one judges what it writes then.
ORDER = ["vgg16", "descriptive", "social", "critic", "own", "social from own", "topics", "critic"]


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    for name in ("flickr8k/images", "flickr_style", "social", "vision/unlabelled"):
        (folder / name).mkdir(parents=True)
    (folder / "flickr8k" / "devImages.txt").write_text("b.jpg\n", encoding="utf-8")
    rows = ["image,style,caption", "a.jpg,humorous,ha", "b.jpg,romantic,so in love .", 'b.jpg,humorous,"one, two"']
    (folder / "flickr_style" / "captions.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return Data(folder)


@pytest.fixture
def parts(monkeypatch):
    """The parts replaced by ones that only leave what is read of them."""
    done = []

    def leaves(name, metrics):
        def part(*arguments):
            out = arguments[-1] if name in ("vgg16", "topics") else arguments[-2]
            done.append(name)
            out.mkdir(parents=True)
            write_json(out / "metrics.json", metrics)
            write_json(out / MANIFEST, {})

        return part

    monkeypatch.setattr(module, "_encoder", leaves("vgg16", {"probe": {"r1": 0.2}}))
    monkeypatch.setattr(module, "_descriptive", leaves("descriptive", {"validation": {"cider": 0.5}}))
    monkeypatch.setattr(module, "_social", leaves("social", {"bits": 2.1}))
    monkeypatch.setattr(module, "_social_from_pseudo_labels", leaves("social from own", {"bits": 2.1}))
    monkeypatch.setattr(module, "_topics", leaves("topics", {"bits": 2.1}))
    monkeypatch.setattr(module, "_pseudo_labels", lambda *arguments: (done.append("own"), arguments[-2].touch()))
    monkeypatch.setattr(module, "_critic", leaves("critic", {"area": 0.9, "pick10": 0.7, "minutes": 1}))
    monkeypatch.setattr("caption_model.vision.encoders.load_trained", lambda folder: folder)
    judged = {"n": 2, "bits_per_symbol": 3.0, "symbols": 9, "pairs": 2, "pick10": 0.4, "gap": 0.1}
    monkeypatch.setattr("caption_model.evaluation.report.evaluate_social", lambda *_: judged)
    return done


def test_the_parts_come_in_order_and_their_figures_together(data, parts, tmp_path):
    figures = build(data, Plan(Recipe(steps=1)), tmp_path / "out")
    assert parts == ORDER
    assert figures == {
        "probe": {"r1": 0.2},
        "descriptive": {"cider": 0.5},
        "social": {"bits_per_symbol": 2.1, "pairs": 2, "pick10": 0.4, "gap": 0.1},
        "critic": {"area": 0.9, "pick10": 0.7},
    }
    assert json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8")) == figures
    with (tmp_path / "out" / "run" / "styled-dev.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["image", "caption"], ["b.jpg", "so in love ."], ["b.jpg", "one, two"]]


def test_a_part_that_stands_is_kept(data, parts, tmp_path):
    build(data, Plan(Recipe(steps=1)), tmp_path / "out")
    (tmp_path / "out" / "social" / MANIFEST).unlink()
    (tmp_path / "out" / "social" / "metrics.json").unlink()
    (tmp_path / "out" / "social").rmdir()
    build(data, Plan(Recipe(steps=1)), tmp_path / "out")
    assert parts == [*ORDER, "topics"]


def test_data_that_are_not_laid_out_are_refused(data, tmp_path):
    with pytest.raises(TrainingError, match="no folder flickr8k"):
        Data(tmp_path)
    with pytest.raises(TrainingError, match=r"no kaggle_captions\.csv"):
        data.social("kaggle_captions")
