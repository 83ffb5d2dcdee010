"""A run: what teachers and student are shown, what counts, when it ends, and that it goes on where it was."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from caption_model.errors import TrainingError
from caption_model.training.distillation import course as course_module
from caption_model.training.distillation.album import open_album
from caption_model.training.distillation.budget import Budget
from caption_model.training.distillation.catalogue import Entry
from caption_model.training.distillation.classroom import Classroom
from caption_model.training.distillation.course import choose_device, distil
from caption_model.training.distillation.crops import Draw, crop, draw, normalised, whole
from caption_model.training.distillation.heads import Heads, fit_components, fit_head
from caption_model.training.distillation.held_out import TRAIN
from caption_model.training.distillation.labels import UNKNOWN
from caption_model.training.distillation.losses import Truth, _mixed, softened, topic_losses, word_losses
from caption_model.training.distillation.measures import likeness, whitened
from caption_model.training.distillation.packing import Packing, pack
from caption_model.training.distillation.pieces import load_pieces, save_pieces
from caption_model.training.distillation.recipe import Recipe, parse_sizes, recipe_for
from caption_model.training.distillation.teacher_networks import load_teachers
from tests.support.distillation import held_out, make_data, tiny_start

CPU = torch.device("cpu")
SMALL = Recipe(
    steps=6,
    sizes=((64, 0.5), (96, 1.0)),
    batch=4,
    warmup=2,
    components=(6, 4),
    vocabulary=20,
    teacher_sizes=(64, 96),
    checkpoints=3,
    judges=8,
    gallery=12,
    fitted=16,
)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Tiny networks gain nothing by threads, which wait for one another on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    data = make_data(folder / "data")
    pack(data, tiny_start(folder / "start.npz"), folder / "pack", Packing())
    return folder / "pack"


@pytest.fixture
def room(packed, tmp_path):
    album = open_album(packed, tmp_path, size=48)
    return Classroom(album, load_teachers(album.teachers, SMALL.teacher_sizes), SMALL, CPU)


def one_draw(**changes):
    plain = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]).repeat(2, 1, 1)
    drawn = Draw(torch.tensor([0, 1]), plain, torch.ones(2, 6), torch.tensor([1, 0]), torch.ones(2))
    return drawn._replace(**changes)


def test_teachers_see_the_very_pixels_that_the_student_sees(room, monkeypatch):
    shown = []
    teachers, student = room.teachers, room.student

    class Spy(nn.Module):
        def forward(self, crops):
            shown.append(crops.clone())
            return teachers(crops)

    room.teachers = Spy()
    handle = student.register_forward_pre_hook(lambda _, inputs: shown.append(inputs[0].clone()))
    room.step(0, 0.0)
    handle.remove()
    crops, inputs = shown
    assert crops.shape == (SMALL.batch, 3, 64, 64)
    torch.testing.assert_close(inputs, normalised(crops))
    assert float(crops.min()) >= 0.0
    assert float(crops.max()) <= 1.0


def test_a_crop_is_the_window_that_was_drawn():
    frames = torch.arange(2 * 64 * 64 * 3).reshape(2, 64, 64, 3).remainder(251).to(torch.uint8)
    photos = frames.permute(0, 3, 1, 2).float() / 255
    torch.testing.assert_close(crop(frames, one_draw(), 64), photos)
    corner = one_draw().windows * 0.5
    corner[:, 0, 2] = corner[:, 1, 2] = -0.5
    torch.testing.assert_close(crop(frames, one_draw(windows=corner), 32), photos[:, :, :32, :32])
    mirrored = one_draw().windows.clone()
    mirrored[:, 0, 0] = -1
    torch.testing.assert_close(crop(frames, one_draw(windows=mirrored), 64), photos.flip(3))


def test_crops_are_mixed_in_their_shares():
    frames = torch.zeros(2, 32, 32, 3, dtype=torch.uint8)
    frames[1] = 255
    mixed = crop(frames, one_draw(share=torch.tensor([0.75, 1.0])), 32)
    torch.testing.assert_close(mixed[0], torch.full_like(mixed[0], 0.25))
    torch.testing.assert_close(mixed[1], torch.ones_like(mixed[1]))


def test_what_is_drawn_is_a_function_of_seed_and_step():
    weights, rows = torch.tensor([1.0] * 50 + [0.0] * 50), torch.arange(100) + 7
    first, again, next_ = (draw(SMALL, step, weights, rows) for step in (3, 3, 4))
    for one, other in zip(first, again, strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(first.windows, next_.windows)
    assert set(torch.cat([draw(SMALL, step, weights, rows).rows for step in range(40)]).tolist()) <= set(range(7, 57))
    for step in range(40):
        windows = draw(SMALL, step, weights, rows).windows
        reach = windows[:, [0, 1], [0, 1]].abs() + windows[:, :, 2].abs()
        assert float(reach.max()) <= 1.0 + 1e-5, "no window looks over its frame's edge"


def test_whole_photos_stay_whole():
    frames = torch.randint(0, 256, (2, 32, 32, 3), dtype=torch.uint8)
    torch.testing.assert_close(whole(frames, 32), frames.permute(0, 3, 1, 2).float() / 255, atol=1e-5, rtol=0)


def test_unlabelled_photos_teach_nothing_about_topics():
    logits = torch.zeros(2, 3, requires_grad=True)
    truth = Truth(torch.tensor([UNKNOWN, 2]), torch.zeros(2, 1, dtype=torch.bool), torch.zeros(2, dtype=torch.bool))
    _mixed(topic_losses(logits, truth, one_draw())).backward()
    assert float(logits.grad[0].abs().sum()) == 0.0
    assert float(logits.grad[1, 2]) < 0.0
    none = truth._replace(topic=torch.tensor([UNKNOWN, UNKNOWN]))
    assert float(_mixed(topic_losses(logits.detach(), none, one_draw()))) == 0.0


def test_photos_without_words_teach_nothing_about_words():
    logits = torch.zeros(2, 3, requires_grad=True)
    words = torch.tensor([[False] * 3, [True, False, False]])
    truth = Truth(torch.tensor([0, 0]), words, torch.tensor([False, True]))
    _mixed(word_losses(logits, truth, one_draw())).backward()
    assert float(logits.grad[0].abs().sum()) == 0.0
    assert float(logits.grad[1, 0]) < 0.0 < float(logits.grad[1, 1])
    assert abs(float(logits.grad[1, 0])) > float(logits.grad[1, 1]), "what is not told may be there all the same"


def test_a_mixed_photo_counts_for_both_by_their_shares():
    logits = torch.zeros(2, 2, requires_grad=True)
    truth = Truth(torch.tensor([0, 1]), torch.zeros(2, 1, dtype=torch.bool), torch.zeros(2, dtype=torch.bool))
    _mixed(topic_losses(logits, truth, one_draw(share=torch.tensor([0.75, 1.0])))).backward()
    torch.testing.assert_close(logits.grad[0], torch.tensor([-0.125, 0.125]))
    torch.testing.assert_close(logits.grad[1], torch.tensor([0.25, -0.25]))


def test_softened_classes_agree_only_with_themselves():
    teacher = torch.randn(4, 9) * 3
    assert float(softened(teacher + 5, teacher, 2.0)) == pytest.approx(0.0, abs=1e-5)
    wanted, given = (teacher / 2).softmax(1), torch.full((4, 9), 1 / 9)
    expected = 4 * float((wanted * (wanted / given).log()).sum(1).mean())
    assert float(softened(torch.zeros(4, 9), teacher, 2.0)) == pytest.approx(expected, rel=1e-4)


def test_heads_begin_as_the_best_affine_map_and_find_small_things():
    torch.manual_seed(0)
    rows, matrix = torch.randn(400, 6), torch.randn(3, 6)
    found, bias = fit_head(rows, rows @ matrix.T + 2.0, penalty=1e-6)
    torch.testing.assert_close(found, matrix, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(bias, torch.full((3,), 2.0), atol=1e-2, rtol=1e-2)
    heads = Heads(6, 3, 5, 2, 4)
    with torch.no_grad():
        heads.words.weight[0, 0] = 5.0
    grid = torch.zeros(1, 6, 7, 7)
    nowhere = heads(grid).words.detach()
    grid[0, 0, 3, 4] = 2.0
    somewhere = heads(grid).words.detach()
    assert float(somewhere[0, 0] - nowhere[0, 0]) > 8.0, "one cell of 49 tells"
    torch.testing.assert_close(somewhere[0, 1:], nowhere[0, 1:])


def test_components_have_a_variance_of_one_together():
    torch.manual_seed(0)
    cells = torch.randn(500, 8) * torch.tensor([9.0, 5, 3, 1, 1, 1, 0.1, 0.1]) + 4
    parts = fit_components(cells, 3)
    projected = parts(cells.reshape(500, 8, 1, 1))[:, :, 0, 0]
    assert projected.shape == (500, 3)
    torch.testing.assert_close(projected.mean(0), torch.zeros(3), atol=1e-4, rtol=0)
    assert float(projected.var(0).mean()) == pytest.approx(1.0, rel=0.01)


def test_a_pack_may_know_of_no_topic_and_of_no_word(packed, tmp_path):
    curve = distil(packed, tmp_path, replace(SMALL, steps=1, vocabulary=0), CPU)
    assert curve[-1]["words"] == 0.0
    heads = Heads(6, 3, 5, 0, 0)
    truth = Truth(torch.tensor([UNKNOWN] * 2), torch.zeros(2, 0, dtype=torch.bool), torch.ones(2, dtype=torch.bool))
    told = heads(torch.randn(2, 6, 3, 3))
    assert float(_mixed(topic_losses(told.topics, truth, one_draw())).detach()) == 0.0
    assert float(_mixed(word_losses(told.words, truth, one_draw())).detach()) == 0.0


def tensors_of(run):
    found = load_pieces(run, "checkpoint")
    assert found is not None
    return found


def test_a_killed_run_ends_where_an_uninterrupted_one_does(packed, tmp_path, monkeypatch):
    whole_curve = distil(packed, tmp_path / "whole", SMALL, CPU)
    real, calls = course_module._checkpoint, []

    def killed(*arguments):
        real(*arguments)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(course_module, "_checkpoint", killed)
    with pytest.raises(KeyboardInterrupt):
        distil(packed, tmp_path / "killed", SMALL, CPU)
    monkeypatch.setattr(course_module, "_checkpoint", real)
    assert [record["step"] for record in tensors_of(tmp_path / "killed")[1]["curve"]] == [0, 2]
    resumed = distil(packed, tmp_path / "killed", SMALL, CPU)
    assert [record["step"] for record in resumed] == [record["step"] for record in whole_curve] == [0, 2, 4, 6]
    assert [record["size"] for record in resumed] == [64, 64, 96, 96]
    one, other = tensors_of(tmp_path / "whole")[0], tensors_of(tmp_path / "killed")[0]
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_allclose(other[name], value, rtol=1e-4, atol=1e-5, err_msg=name)
    for record, again in zip(whole_curve, resumed, strict=True):
        assert record.get("loss", 0) == pytest.approx(again.get("loss", 0), rel=1e-3)


def test_a_run_leaves_curve_result_and_an_average_that_moved(packed, tmp_path):
    curve = distil(packed, tmp_path, SMALL, CPU)
    lines = (tmp_path / "curve.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == curve
    assert (tmp_path / "result" / "curve.jsonl").read_text(encoding="utf-8").splitlines() == lines
    assert {"agree1", "agree5", "likeness", "flickr_agree1", "seconds", "rate"} <= curve[-1].keys()
    assert {"loss", "classes", "inception", "googlenet", "topics", "words"} <= curve[-1].keys()
    assert curve[-1]["rate"] < 0.02 * SMALL.learning_rate, "annealed"
    found = load_pieces(tmp_path / "result", "result")
    assert found is not None
    tensors, state = found
    assert state["topics"] == ["cats", "food"]
    assert tensors["student/block1.conv1.weight"].dtype == np.float16
    assert tensors["student/block1.norm1.running_var"].dtype == np.float32
    checkpoint, _ = tensors_of(tmp_path)
    assert not np.allclose(
        checkpoint["average/student.block1.conv1.weight"], checkpoint["student/block1.conv1.weight"], atol=1e-7
    )


def test_only_photos_to_learn_from_are_ever_drawn(packed, tmp_path, monkeypatch):
    drawn = []
    real = Classroom.frames

    def watched(self, rows):
        drawn.extend(rows.tolist())
        return real(self, rows)

    monkeypatch.setattr(Classroom, "frames", watched)
    distil(packed, tmp_path, replace(SMALL, steps=30, sizes=((32, 1.0),)), CPU)
    album = open_album(packed, tmp_path)
    test, judging = held_out()
    shown = {album.entries[row].name for row in drawn}
    assert len(shown) > 40
    assert {album.entries[row].role for row in drawn} == {TRAIN}
    assert not shown & {f"posts/{file}" for file in test | judging}
    assert not shown & {"flickr8k/1.jpg", "flickr8k/3.jpg"}


def test_a_checkpoint_of_another_recipe_is_refused_and_more_time_is_none(packed, tmp_path):
    distil(packed, tmp_path, replace(SMALL, steps=2), CPU)
    with pytest.raises(TrainingError, match="of another recipe"):
        distil(packed, tmp_path, replace(SMALL, steps=2, batch=3), CPU)
    longer = distil(packed, tmp_path, replace(SMALL, steps=4), CPU)
    assert longer[-1]["step"] == 4


def test_a_diverging_run_says_so_and_keeps_the_older_checkpoint(packed, tmp_path, monkeypatch):
    distil(packed, tmp_path, replace(SMALL, steps=2), CPU)
    monkeypatch.setattr(Classroom, "step", lambda *_: torch.full((5,), float("nan")))
    with pytest.raises(TrainingError, match="no longer finite"):
        distil(packed, tmp_path, replace(SMALL, steps=4), CPU)
    assert tensors_of(tmp_path)[1]["step"] == 2


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_run_of_minutes_ends_annealed_with_its_checkpoint_in_time(packed, tmp_path, monkeypatch):
    clock, rates = Clock(), []
    real_step, real_save = Classroom.step, course_module._save

    def slow(self, number, share):
        clock.now += 7.0
        rates.append(self.recipe.rate(1000, share))
        return real_step(self, number, share)

    def save(*arguments):
        clock.now += 11.0
        real_save(*arguments)

    monkeypatch.setattr(Classroom, "step", slow)
    monkeypatch.setattr(course_module, "_save", save)
    recipe = replace(SMALL, steps=None, minutes=3.0, checkpoints=2, sizes=((32, 1.0),))
    curve = distil(packed, tmp_path, recipe, CPU, clock)
    assert curve[-1]["share"] >= 1.0
    assert 130.0 < clock.now <= 180.0
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] < 0.05 * recipe.learning_rate
    assert distil(packed, tmp_path, recipe, CPU, clock) == curve, "it is over"


def test_a_session_ends_early_and_the_next_goes_on_with_the_same_schedule(packed, tmp_path, monkeypatch):
    clock = Clock()
    real = Classroom.step

    def slow(self, number, share):
        clock.now += 6.0
        return real(self, number, share)

    monkeypatch.setattr(Classroom, "step", slow)
    recipe = replace(SMALL, steps=None, minutes=2.0, session_minutes=1.0, sizes=((32, 1.0),))
    first = distil(packed, tmp_path, recipe, CPU, clock)
    assert clock.now <= 60.0
    assert 0.3 < first[-1]["share"] < 0.6
    second = distil(packed, tmp_path, recipe, CPU, clock)
    assert second[: len(first)] == first
    assert second[-1]["seconds"] <= 120.0
    assert second[-1]["share"] > 0.8


def test_the_budget_keeps_time_for_the_last_checkpoint():
    clock = Clock()
    budget = Budget(replace(SMALL, steps=None, minutes=10.0), spent=60.0, clock=clock)
    assert budget.share(0) == pytest.approx(0.1)
    budget.checkpoint_took(40.0)
    clock.now = 600 - 60 - 1.3 * 40 - 3
    assert budget.share(0) == pytest.approx(1.0)
    assert Budget(SMALL).share(3) == 0.5


def test_recipes_are_checked_and_fit_the_device():
    assert parse_sizes("128:0.5,224:1") == ((128, 0.5), (224, 1.0))
    recipe = replace(SMALL, sizes=parse_sizes("128:0.5,224:1"))
    assert [recipe.size(share) for share in (0.0, 0.49, 0.5, 1.0)] == [128, 128, 224, 224]
    for text in ("128", "128:x", "100:1", "128:0.5", "0:1"):
        with pytest.raises(TrainingError, match=r"sizes|multiples"):
            replace(SMALL, sizes=parse_sizes(text))
    with pytest.raises(TrainingError, match="minutes or steps"):
        Recipe()
    assert recipe_for("cuda", {"minutes": 1.0}).batch > recipe_for("cpu", {"minutes": 1.0}).batch
    assert choose_device("cpu") == CPU
    with pytest.raises(TrainingError, match="there is no device 'abacus'"):
        choose_device("abacus")


def test_pieces_are_small_enough_whole_and_replaced_as_one(tmp_path):
    tensors = {f"t{number}": np.full((100,), number, np.float32) for number in range(10)}
    files = save_pieces(tmp_path, "state", tensors, {"step": 1}, piece=1500)
    assert len(files) == 6
    assert all(path.stat().st_size <= 1500 for path in tmp_path.glob("*.safetensors"))
    again = save_pieces(tmp_path, "state", {"t": tensors["t3"]}, {"step": 2}, piece=1500)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(again)
    found = load_pieces(tmp_path, "state")
    assert found is not None
    assert found[1] == {"step": 2}
    np.testing.assert_array_equal(found[0]["t"], tensors["t3"])
    assert load_pieces(tmp_path, "other") is None
    with pytest.raises(TrainingError, match="too small"):
        save_pieces(tmp_path, "state", {"large": np.zeros(1000)}, {}, piece=1500)
    piece = next(tmp_path.glob("*.safetensors"))
    piece.write_bytes(piece.read_bytes()[:-1] + b"x")
    with pytest.raises(TrainingError, match=f"{piece.name} is damaged"):
        load_pieces(tmp_path, "state")
    piece.unlink()
    with pytest.raises(TrainingError, match="cannot be read"):
        load_pieces(tmp_path, "state")


def test_the_most_alike_photo_is_not_the_photo_itself_and_its_words_count():
    random = np.random.default_rng(0)
    topics = np.arange(60) % 5
    pooled = (random.normal(0, 1, (5, 16))[topics] + random.normal(0, 0.1, (60, 16))).astype(np.float32)
    said = [
        "a red cat sleeps",
        "two boats at sea",
        "snow on a hill",
        "a cup of black coffee",
        "many pink flowers bloom",
    ]
    entries = [Entry("posts", str(row), descriptions=(said[topic],)) for row, topic in enumerate(topics)]
    assert likeness(pooled, entries, 20) == pytest.approx(10.0, abs=0.01), "the same words, by another photo"
    other = [Entry("posts", str(row), descriptions=(f"x{row} y{row} z{row}",)) for row in range(60)]
    assert likeness(pooled, other, 20) == 0.0
    assert np.linalg.norm(whitened(pooled), axis=1) == pytest.approx(1.0, abs=1e-4)
