"""Weights of reranking fitted to marked captions: the order that marks make is found, and each weight is tried."""

import csv
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from caption_model.errors import DumpError, TrainingError
from caption_model.generation.caption import Caption
from caption_model.generation.reranking import Reranker, RerankingWeights
from caption_model.networks.config import SocialConfig
from caption_model.networks.social_onnx import PreparedSocial
from caption_model.text.lexicon import Fingerprints, Lexicon
from caption_model.text.vocabulary import GraphemeVocabulary
from caption_model.training.reranking.features import LINEAR, features, log_probabilities
from caption_model.training.reranking.fitting import Rated, ablate, cross_validated, first_scores, fit, worth
from caption_model.training.reranking.marks import COLUMNS, Marked, read_marks, suggestions
from caption_model.training.reranking.train import train_reranking
from tests.support.seeing import seen

TEXTS = ("the snow in the snow", "my dog in the snow", "so happy today", "a dog", "dog days 🐶")


def write_marks(path, rows, columns=COLUMNS):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


@pytest.fixture(scope="module")
def reranker(cleaner, any_phrase, any_construction):
    weights = RerankingWeights(surprisal=0.3, realness=0.7)
    return Reranker(Lexicon.fit([]), any_phrase, any_construction, Fingerprints.of([]), cleaner, weights)


def made(photos: int = 12, told: tuple[str, ...] = ("fit", "grounding"), seed: int = 3) -> Rated:
    """Five captions a photo, whose marks follow two features and no other."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(5 * photos, len(LINEAR)))
    worth_of = numbers[:, [LINEAR.index(name) for name in told]] @ np.array([3.0, 1.0])[: len(told)]
    cuts = np.quantile(worth_of, [0.5, 0.8])
    marks = [
        Marked(f"posts/{row // 5}.webp", "captions", 1 + row % 5, int(np.searchsorted(cuts, worth_of[row])), f"c {row}")
        for row in range(len(numbers))
    ]
    return Rated(marks, numbers)


def test_marks_are_read_whatever_the_order_of_the_columns(tmp_path):
    path = write_marks(
        tmp_path / "marks.csv",
        [("2", "a day, a dog 🐶", "extra", "posts/1.webp", "captions", "1"), ("0", "x", "", "posts/1.webp", "b", "2")],
        ("mark", "text", "note", "photo", "source", "position"),
    )
    assert read_marks(path) == [
        Marked("posts/1.webp", "captions", 1, 2, "a day, a dog 🐶"),
        Marked("posts/1.webp", "b", 2, 0, "x"),
    ]


@pytest.mark.parametrize(
    ("rows", "columns", "said"),
    [
        ([("p", "s", "1", "3", "t")], COLUMNS, r"mark 1 is '3'"),
        ([("p", "s", "1", "2", "t"), ("p", "s", "first", "2", "t")], COLUMNS, r"mark 2 .* position 'first'"),
        ([("p", "s", "1", "", "t")], COLUMNS, r"mark 1 is ''"),
        ([("p", "s", "1", "2")], COLUMNS[:4], "no column text"),
        ([], COLUMNS, "no marks"),
        ([("p", "s", "1", "2", 't"')], ("photo", '"source', *COLUMNS[2:]), "no column source"),
    ],
)
def test_marks_that_are_none_are_refused_by_name(tmp_path, rows, columns, said):
    path = write_marks(tmp_path / "marks.csv", rows, columns)
    with pytest.raises(DumpError, match=said) as told:
        read_marks(path)
    assert str(path) in str(told.value)


def test_suggestions_stand_together_in_the_order_they_were_shown():
    marks = [
        Marked("p", "b", 2, 0, ""),
        Marked("q", "a", 1, 0, ""),
        Marked("p", "a", 1, 0, ""),
        Marked("p", "b", 1, 0, ""),
    ]
    assert list(suggestions(marks)) == [[2], [3, 0], [1]]


def test_the_score_is_weights_times_features(reranker):
    captions = [
        Caption(
            text, -4.0 * number, -20.0, real_logit=number - 2.0, fit_logit=0.5 * number, grounded=0.4, hallucinated=0.3
        )
        for number, text in enumerate(TEXTS)
    ]
    numbers = features(reranker, captions)
    assert numbers.shape == (len(TEXTS), len(LINEAR))
    linear = np.array([getattr(reranker.weights, name) for name in LINEAR])
    np.testing.assert_allclose(numbers @ linear, [reranker.score(one) for one in captions], rtol=1e-9)
    assert numbers[:, LINEAR.index("empty")].tolist() == [-1, 0, 0, -1, 0]


def test_the_first_is_chosen_as_the_reranker_chooses_it(reranker):
    weights = replace(reranker.weights, first_surprisal=0.2, first_faults=2.0, diversity=0.0)
    captions = [
        Caption(text, -3.0 * number, None, real_logit=1.0 - number / 9, hallucinated=0.1 * (3 - number) ** 2)
        for number, text in enumerate(
            ("my dog in the snow", "so happy today", "a good day for it", "dog days of summer")
        )
    ]
    chosen = replace(reranker, weights=weights, lexicon=Lexicon.fit([one.text for one in captions] * 9)).choose(
        captions, 4, SimpleNamespace(fulfilled_by=lambda text: True)
    )
    scores = first_scores(features(reranker, captions), weights)
    assert chosen[0] is captions[int(np.argmax(scores))]


def test_what_marks_follow_gets_weight_and_nothing_else_does():
    weights = dict(zip(LINEAR, fit(made(80)), strict=True))
    assert weights["fit"] > 2 * weights["grounding"] > 0
    assert all(
        abs(value) < 0.3 * weights["grounding"] for name, value in weights.items() if name not in ("fit", "grounding")
    )


def test_a_photo_is_scored_by_weights_that_never_saw_it():
    rated = made(4)
    scores, folds = cross_validated(rated)
    assert folds.shape == (4, len(LINEAR))
    for photo in sorted(set(rated.photos)):
        own = np.flatnonzero(rated.photos == photo)
        others = np.flatnonzero(rated.photos != photo)
        taught = Rated([rated.marks[row] for row in others], rated.features[others])
        np.testing.assert_allclose(scores[own], rated.features[own] @ fit(taught), rtol=1e-6)


def test_a_weight_that_matters_is_missed_and_a_dead_one_is_not():
    rated = made(40)
    present = replace(
        RerankingWeights(**dict.fromkeys(RerankingWeights.__dataclass_fields__, 0.0)), fit=3.0, grounding=1.0
    )
    told = ablate(rated, present)
    assert told["present"]["pairs"] == told["present"]["first"] / told["best"] == 1.0
    assert told["fitted"]["pairs"] > 0.9
    assert told["chance"] < told["present"]["first"]
    alive, dead = told["weights"]["fit"], told["weights"]["surprisal"]
    assert alive["without"]["pairs"] < 0.8 and alive["changes"] > 0.2
    assert alive["refitted"]["pairs"] < told["fitted"]["pairs"] - 0.1
    assert dead["changes"] == 0 and dead["without"] == told["present"]
    assert set(told["weights"]) == {*LINEAR, "first_surprisal", "first_faults"}


def test_worth_counts_a_tie_as_half():
    rated = made(6)
    assert worth(rated, np.zeros(len(rated.marks)))["pairs"] == 0.5


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ([Marked(f"p{n}", "captions", 1, n, "t") for n in range(3)], "no first to choose"),
        ([Marked(f"p{n // 2}", "captions", n, 1, "t") for n in range(6)], "different marks"),
        ([Marked("p", "captions", n, n, "t") for n in range(3)], "more photos"),
    ],
)
def test_marks_without_an_order_teach_nothing(marks, said):
    with pytest.raises(TrainingError, match=said):
        ablate(Rated(marks, np.random.default_rng(0).normal(size=(len(marks), len(LINEAR)))), RerankingWeights())


@pytest.fixture(scope="module")
def model(reranker):
    """A tiny social decoder with large random weights."""
    vocabulary = GraphemeVocabulary.fit([*TEXTS, "abcdefghijklmnopqrstuvwxyz"])
    config = SocialConfig(symbols=len(vocabulary), photo=4, embedding=4, condition=4, units=6)
    random = np.random.default_rng(5)
    weights = {name: random.normal(0, 0.5, shape).astype(np.float32) for name, shape in config.shapes().items()}
    weights |= {name: np.abs(value) + 0.1 for name, value in weights.items() if name.endswith("variance")}
    return SimpleNamespace(decoder=PreparedSocial(config, weights, 1), vocabulary=vocabulary, reranker=reranker)


def test_log_probabilities_are_each_texts_own_in_any_company(model):
    photo = seen(pooled=(1.0, -1.0, 0.5, 2.0))
    together = log_probabilities(model, photo, TEXTS)
    assert together.shape == (2, len(TEXTS))
    assert (together < 0).all()
    assert not np.allclose(together[0], together[1]), "the photo matters"
    for number, text in enumerate(TEXTS):
        np.testing.assert_allclose(log_probabilities(model, photo, [text])[:, 0], together[:, number], rtol=1e-4)


@pytest.fixture(scope="module")
def captioner(model, encoder):
    """The tiny decoder without a critic, over the stand-in of an encoder."""
    return SimpleNamespace(
        encoder=encoder,
        social=model,
        critic=None,
        look=lambda pixels: seen(pooled=encoder.encode(pixels[None]).pooled[0]),
    )


@pytest.fixture
def marks(tmp_path):
    """Marks of two sources under four sample photos, and of one that is nowhere."""
    names = ["cat.jpg", "bridge.jpg", "sunset.jpg", "dogs.jpg"]
    rows = [
        (f"posts/{name}", source, position, (position + number) % 3, text)
        for number, name in enumerate(names)
        for source in ("captions of today", "description")
        for position, text in enumerate(TEXTS, start=1)
    ]
    rows.append(("posts/nowhere.jpg", "captions of today", 1, 0, "not there"))
    return write_marks(tmp_path / "marks.csv", rows)


def test_marked_photos_become_figures_on_disk(captioner, marks, sample, tmp_path):
    out, places = tmp_path / "out.json", [f"posts={sample / 'photos'}"]
    told = train_reranking(captioner, [marks], places, out)
    assert (told["photos"], told["captions"], told["suggestions"]) == (4, 20, 4)
    written = json.loads(out.read_text(encoding="utf-8"))
    assert written["sources"] == ["captions of today"]
    assert written["weights"] == told["weights"]
    assert train_reranking(captioner, [marks], places, out, ["description"])["captions"] == 20
    with pytest.raises(TrainingError, match=r"captions of today, description"):
        train_reranking(captioner, [marks], places, out, ["somebody"])
    with pytest.raises(TrainingError, match="none of the marked photos"):
        train_reranking(captioner, [marks], [f"posts={tmp_path}"], out)


def test_the_command_shows_every_weight_and_says_where_the_figures_lie(
    captioner, marks, sample, tmp_path, typed, monkeypatch
):
    monkeypatch.setattr("caption_model.captioner.Captioner.load", lambda *_: captioner)
    words = ["train", "reranking", "--marks", marks, "--corpus-photos", f"posts={sample / 'photos'}"]
    code, out, err = typed(*words, "--out", tmp_path / "out.json")
    assert (code, err.count("Error")) == (0, 0)
    assert "20 captions of 4 photos" in out and out.rstrip().endswith("out.json.")
    assert [name for name in LINEAR if f" {name} " not in out] == []
    code, _, err = typed(*words, "--out", tmp_path / "out.json", "--source", "nobody")
    assert code == 1 and err.startswith("Error: no mark is of that source")
