"""What a run leaves becomes the encoder that ships."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from caption_model.bundles.bundle import Bundle
from caption_model.errors import TrainingError
from caption_model.training.distillation import exporting, student
from caption_model.training.distillation.album import open_album
from caption_model.training.distillation.course import RESULT
from caption_model.training.distillation.crops import normalised, whole
from caption_model.training.distillation.exporting import export, restored
from caption_model.training.distillation.heads import Heads
from caption_model.training.distillation.packing import Packing, pack
from caption_model.training.distillation.pieces import PIECE, save_pieces
from caption_model.vision.encoders import load_trained
from tests.support.distillation import class_list, make_data, tiny_start


@pytest.fixture
def album(tmp_path):
    data = make_data(tmp_path / "data")
    pack(data, tiny_start(tmp_path / "start.npz"), tmp_path / "pack", Packing())
    return open_album(tmp_path / "pack", tmp_path / "run", size=48)


def leave_result(folder):
    """A result as a run writes it, of a student that has learnt nothing."""
    torch.manual_seed(0)
    network, heads = student.build_student(), Heads(512, 8, 1000, 2, 5)
    nn.init.normal_(heads.classes.weight)
    for _, _, norm in student.convolutions(network):
        nn.init.uniform_(norm.weight, 0.7, 1.3)
    tensors = {f"student/{name}": value.numpy() for name, value in network.state_dict().items()}
    tensors |= {f"heads/{name}": value.numpy() for name, value in heads.state_dict().items()}
    halves = {name: value.astype(np.float16) if value.ndim > 1 else value for name, value in tensors.items()}
    recipe = {"batch": 32, "sizes": [[128, 0.5], [224, 1.0]]}
    last = {"step": 10, "photos": 320, "seconds": 90.0}
    state = {"recipe": recipe, "curve": [last], "topics": ["cats", "food"], "vocabulary": ["cat"] * 5}
    return halves, save_pieces(folder, RESULT, halves, state)


def test_a_result_becomes_a_bundle_that_sees_what_the_student_saw(album, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting, "BOUNDS_FROM", 6)
    monkeypatch.setattr(exporting, "GALLERY", 0)
    tensors, files = leave_result(tmp_path / "result")
    assert len(files) <= 5
    assert all((tmp_path / "result" / file).stat().st_size <= PIECE for file in files)

    figures = export(album, tmp_path / "result", tmp_path / "out", judged=3)
    assert "likeness" in figures
    Bundle.load(tmp_path / "out", "encoder")
    encoder = load_trained(tmp_path / "out")
    assert encoder.class_head is not None
    assert encoder.class_head.names == tuple(class_list())
    assert encoder.topic_head is None, "train topic-head adds it"
    card = (tmp_path / "out" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "| likeness |" in card
    assert "128 until 50%, 224 until 100%" in card
    assert json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))["log"][0]["step"] == 10

    photos = whole(torch.from_numpy(album.pixels[:2].copy()), 224)
    with torch.no_grad():
        expected = restored(tensors)(normalised(photos)).mean(dim=(2, 3)).numpy()
    levels = (photos * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    found = encoder.encode(np.ascontiguousarray(levels)).pooled
    assert np.linalg.norm(found - expected) < 0.2 * np.linalg.norm(expected)
    learnt = found @ tensors["heads/classes.weight"].T.astype(np.float32)
    assert np.linalg.norm(encoder.class_head.logits(found) - learnt) < 0.05 * np.linalg.norm(learnt)


def test_a_run_without_a_result_is_refused(album, tmp_path):
    with pytest.raises(TrainingError, match="holds no result: train first"):
        export(album, tmp_path / "nothing", tmp_path / "out", judged=3)
