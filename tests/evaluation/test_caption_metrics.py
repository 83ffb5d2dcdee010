"""BLEU, ROUGE-L and CIDEr-D: what they must be by their definitions, and the same as COCO's evaluation says."""

import contextlib
import io
import random

import pytest

from caption_model.evaluation.caption_metrics import CiderD, bleu, rouge_l
from caption_model.evaluation.description import agreement, score_descriptions

REFERENCES = [
    ["a dog runs on the grass", "the dog is on grass", "a brown dog runs"],
    ["a man rides a bike", "the man on a bike", "a man bikes down the road"],
    ["two girls play in the snow", "girls in the snow", "snow and two girls"],
    ["a boat on the water", "the boat sails", "a white boat on blue water"],
]
WORDS = [[text.split() for text in photo] for photo in REFERENCES]


def corpus(seed: int, photos: int = 40) -> tuple[list[list[str]], list[list[list[str]]]]:
    """Sentences that share some words with their references: some empty, repeated, very short or very long."""
    chance = random.Random(seed)
    words = [f"w{number}" for number in range(30)]
    references, written = [], []
    for _ in range(photos):
        truth = [chance.choices(words[: chance.randint(5, 30)], k=chance.randint(1, 20)) for _ in range(5)]
        said = chance.choice(
            [
                list(truth[0]),
                truth[1][: chance.randint(0, 5)],
                truth[2] * 3,
                chance.choices(words, k=chance.randint(1, 25)),
                [truth[3][0]] * chance.randint(1, 12),
            ]
        )
        references.append(truth)
        written.append(said)
    return written, references


@pytest.mark.parametrize("seed", range(4))
def test_all_are_those_of_cocos_evaluation(seed):
    pytest.importorskip("pycocoevalcap")
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    written, references = corpus(seed)
    result = {photo: [" ".join(sentence)] for photo, sentence in enumerate(written)}
    truth = {photo: [" ".join(sentence) for sentence in one] for photo, one in enumerate(references)}
    with contextlib.redirect_stdout(io.StringIO()):
        theirs, _ = Bleu(4).compute_score(truth, result, verbose=0)
        _, rouges = Rouge().compute_score(truth, result)
        _, ciders = Cider().compute_score(truth, result)
    assert bleu(written, references) == pytest.approx(theirs, rel=1e-9)
    assert list(map(rouge_l, written, references)) == pytest.approx(list(rouges), abs=1e-9)
    cider = CiderD(references)
    ours = [cider(photo, sentence) for photo, sentence in enumerate(written)]
    assert ours == pytest.approx(list(ciders), abs=1e-6)
    assert max(ours) > 1


def test_bleu_by_hand():
    said = ["the", "the", "the", "cat"]
    assert bleu([said], [[["the", "cat", "sat"]]])[0] == pytest.approx(2 / 4)  # clipped: one "the", one "cat"
    # Two of two words, one of one pair, half as long as the reference: the brevity penalty is exp(1 - 2).
    one, two, *_ = bleu([["a", "dog"]], [[["a", "dog", "runs", "fast"]]])
    assert [one, two] == pytest.approx([0.36788, 0.36788], abs=1e-4)


def test_rouge_by_hand():
    # In common and in this order: "police" and "gunman", two words of three and of four.
    precision, recall = 2 / 3, 2 / 4
    expected = (1 + 1.44) * precision * recall / (recall + 1.44 * precision)
    assert rouge_l(["police", "the", "gunman"], [["police", "shot", "a", "gunman"]]) == pytest.approx(expected)
    assert rouge_l([], [["a"]]) == rouge_l(["a"], [[]]) == 0


def test_a_reference_itself_is_the_best_that_can_be_said():
    cider = CiderD([[one[0]] for one in WORDS])
    for photo, sentences in enumerate(WORDS):
        assert cider(photo, sentences[0]) == pytest.approx(10)
        assert rouge_l(sentences[0], sentences) == pytest.approx(1)
    assert bleu([one[0] for one in WORDS], WORDS)[3] == pytest.approx(1)


def test_a_sentence_with_nothing_in_common_is_worth_nothing():
    cider = CiderD([[[4, 5, 6]], [[7, 8, 9]]])
    assert cider(0, [7, 8, 9]) == 0
    assert cider(0, []) == 0
    assert cider(1, [7, 8, 9]) > 1
    assert bleu([[1, 2]], [[[3, 4]]])[0] < 1e-9


def test_photos_are_scored_by_name_whatever_their_order():
    names = ["d.jpg", "a.jpg", "c.jpg", "b.jpg"]
    references = dict(zip(names, REFERENCES, strict=True))
    written = {name: references[name][0] for name in sorted(names)}
    scores = score_descriptions(written, references)
    assert scores["n"] == scores["distinct"] == 4
    assert scores["bleu4"] == pytest.approx(1)
    each = agreement(written, references)
    assert scores["cider"] == pytest.approx(sum(each.values()) / 4)
    assert list(each) == list(written)


def test_nothing_to_score_is_no_error():
    assert score_descriptions({}, {})["n"] == 0
    assert agreement({}, {}) == {}
