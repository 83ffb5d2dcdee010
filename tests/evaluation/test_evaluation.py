"""Evaluation: numbers that can be checked by hand, and the published ones on Flickr8k where it is at hand."""

import math
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from caption_model.evaluation.bits import OUT_OF_VOCABULARY, bits_of, bits_per_symbol
from caption_model.evaluation.description import score_descriptions
from caption_model.evaluation.pairs import photo_choice
from caption_model.generation.beam_search import BeamSearch
from caption_model.generation.descriptive import describe_grids
from caption_model.text.controls import Controls
from caption_model.text.vocabulary import GraphemeVocabulary, WordVocabulary

FLICKR8K = os.environ.get("FLICKR8K")
VOCABULARY = GraphemeVocabulary.fit(["abcdefghijklmnop 🌊!"])
V = len(VOCABULARY)


class Uniform:
    """Finds every symbol equally likely; remembers what it was shown."""

    config = SimpleNamespace(photo=3)

    def __init__(self):
        self.shown = []

    def __call__(self, inputs):
        self.shown.append(inputs)
        return np.zeros((*inputs[0].shape, V), np.float32)


class Reader:
    """Expects the symbol whose number the photo holds, if it looks at photos at all."""

    config = SimpleNamespace(photo=1)

    def __init__(self, attention: float):
        self.attention = attention

    def __call__(self, inputs):
        symbols, photo, seen, _ = inputs
        logits = np.zeros((*symbols.shape, V), np.float32)
        for row, symbol in enumerate(photo[:, 0].astype(int)):
            logits[row, :, symbol] = self.attention * seen[row]
        return logits


def test_a_uniform_decoder_costs_the_logarithm_of_its_symbols():
    captions = ["abc", "", "a🌊", "abcdefghijk"]
    bits, counts = bits_of(Uniform(), VOCABULARY, captions)
    assert counts.tolist() == [4, 1, 3, 12]  # the end counts
    np.testing.assert_allclose(bits, counts * math.log2(V), rtol=1e-5)


def test_an_unknown_symbol_costs_twenty_bits_more():
    (known, unknown, two), _ = bits_of(Uniform(), VOCABULARY, ["abc", "aZc", "aZ🐙"])
    assert OUT_OF_VOCABULARY == 20
    assert unknown - known == pytest.approx(20, abs=1e-4)
    assert two - known == pytest.approx(40, abs=1e-4)


def test_bits_per_symbol_weighs_by_length():
    result = bits_per_symbol(Uniform(), VOCABULARY, ["abc", "aZ"])
    assert result["n"] == 2
    assert result["symbols"] == 7
    assert result["bits_per_symbol"] == pytest.approx(math.log2(V) + 20 / 7, rel=1e-5)
    assert bits_per_symbol(Uniform(), VOCABULARY, []) == {"n": 0, "bits_per_symbol": 0.0, "symbols": 0}


def test_photos_and_wishes_reach_the_decoder_in_their_rows():
    photos = np.array([[1, 1, 1], [2, 2, 2], [3, 3, 3]], np.float32)
    decoder = Uniform()
    bits_of(decoder, VOCABULARY, ["abcdef", "a", "abc"], photos, Controls(emoji="many"))
    symbols, photo, seen, controls = decoder.shown[0]
    lengths = (symbols > 3).sum(axis=1)
    assert {int(length): float(row[0]) for length, row in zip(lengths, photo, strict=True)} == {6: 1, 1: 2, 3: 3}
    assert np.all(seen == 1)
    assert controls.tolist() == [Controls(emoji="many").ids()] * 3
    bits_of(decoder, VOCABULARY, ["a"])
    assert decoder.shown[1][2].tolist() == [0]
    assert decoder.shown[1][3].tolist() == [Controls(tone="gram").ids()]


def test_a_caption_costs_the_same_alone_and_among_longer_ones(social_decoder):
    captions = ["ab🌊", "abcdefghijklmnop" * 3, "hello!", "Z"] * 40  # more than a batch
    photos = np.random.default_rng(0).normal(size=(160, 8)).astype(np.float32)
    bits, _ = bits_of(social_decoder, VOCABULARY, captions, photos)
    for row in (0, 1, 2, 3, 159):
        alone, _ = bits_of(social_decoder, VOCABULARY, [captions[row]], photos[row : row + 1])
        assert alone[0] == pytest.approx(bits[row], rel=1e-4)


def named_photos() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Captions of one letter, the photos that mean the letters, and which belongs to which (twice each)."""
    letters = "abcdefghijkl"
    photos = np.array([[VOCABULARY.index[letter]] for letter in letters], np.float32)
    rows = np.array([*range(12), *range(12)])
    return [letters[row] * 5 for row in rows], rows, photos


def test_a_decoder_that_reads_photos_picks_the_right_one_each_time():
    captions, rows, photos = named_photos()
    result = photo_choice(Reader(attention=3), VOCABULARY, captions, rows, photos)
    assert result["pairs"] == 24
    assert result["pick10"] == 1
    assert result["gap"] == pytest.approx(5 * 3 / math.log(2) / 6, rel=1e-4)  # five symbols and the end


def test_a_decoder_that_misreads_photos_never_picks_the_right_one():
    captions, rows, photos = named_photos()
    result = photo_choice(Reader(attention=-3), VOCABULARY, captions, rows, photos)
    assert result["pick10"] == 0
    assert result["gap"] < 0


def test_a_decoder_that_ignores_photos_picks_one_time_in_ten():
    captions, rows, photos = named_photos()
    result = photo_choice(Reader(attention=0), VOCABULARY, captions, rows, photos)
    assert result["pick10"] == pytest.approx(0.1)
    assert result["gap"] == 0


def test_the_choice_is_between_ten_different_photos_with_the_right_one_among_them(monkeypatch):
    captions, rows, photos = named_photos()
    asked = []

    def spy(decoder, vocabulary, texts, shown, controls):
        asked.append(shown[:, 0])
        return np.zeros(len(texts)), np.ones(len(texts), np.int64)

    monkeypatch.setattr("caption_model.evaluation.pairs.bits_of", spy)
    photo_choice(None, VOCABULARY, captions, rows, photos)
    columns = np.stack(asked, axis=1)
    assert columns.shape == (24, 10)
    assert np.array_equal(columns[:, 0], photos[rows, 0])
    assert all(len(set(row)) == 10 for row in columns)


def test_bleu_and_rouge_are_as_computed_by_hand():
    written = {"dog": "A dog runs.", "snow": "two children play in the snow"}
    references = {
        "dog": ["A dog runs fast .", "The dog is running ."],
        "snow": ["Two children play in the snow .", "Kids outside ."],
    }
    scores = score_descriptions(written, references)
    # 9 of 9 words are right; 9 words against 4 + 6: brevity penalty exp(1 - 10 / 9).
    assert scores["bleu1"] == pytest.approx(math.exp(1 - 10 / 9), abs=1e-4)
    assert scores["bleu2"] == pytest.approx(math.exp(1 - 10 / 9), abs=1e-4)  # and so are all pairs
    # "a dog runs": precision 1, recall 3 / 4, F with beta 1.2; the other 1.
    f = (1 + 1.2**2) * 1 * 0.75 / (0.75 + 1.2**2 * 1)
    assert scores["rouge_l"] == pytest.approx((f + 1) / 2, abs=1e-4)
    assert scores["n"] == 2
    assert scores["distinct"] == 2


def test_a_wrong_word_costs_its_share():
    scores = score_descriptions({"x": "a red cat sleeps"}, {"x": ["a red dog sleeps"]})
    assert scores["bleu1"] == pytest.approx(3 / 4, abs=1e-4)
    assert scores["bleu2"] == pytest.approx(math.sqrt(3 / 4 * 1 / 3), abs=1e-4)
    assert scores["rouge_l"] == pytest.approx(3 / 4, abs=1e-4)


def test_a_repeated_word_is_counted_as_often_as_a_person_used_it():
    assert score_descriptions({"x": "the the the the"}, {"x": ["the cat"]})["bleu1"] == pytest.approx(1 / 4, abs=1e-4)


def test_cider_is_ten_for_what_people_wrote_and_nothing_for_what_they_did_not():
    references = {
        "a": ["a brown dog runs over the grass"],
        "b": ["two women drink coffee outside"],
        "c": ["children swim in deep water"],
    }
    right = {name: texts[0] for name, texts in references.items()}
    wrong = {"a": right["b"], "b": right["c"], "c": right["a"]}
    assert score_descriptions(right, references)["cider"] == pytest.approx(10, abs=1e-3)
    assert score_descriptions(wrong, references)["cider"] == pytest.approx(0, abs=1e-3)


def test_case_and_punctuation_do_not_count_and_nothing_is_printed(capsys):
    references = {"a": ["A man 's dog , wet ."], "b": ["Two cats !"]}
    plain = score_descriptions({"a": "a man 's dog wet", "b": "two cats"}, references)
    assert plain["bleu1"] == pytest.approx(1)
    assert score_descriptions({"a": "A man 's DOG -- wet!", "b": "Two cats..."}, references) == plain
    assert capsys.readouterr().out == ""


def test_only_what_was_written_is_scored_and_repeats_are_seen():
    references = {name: ["a dog", "the dog"] for name in "abcd"}
    scores = score_descriptions({"a": "a dog", "b": "a dog."}, references)
    assert (scores["n"], scores["distinct"]) == (2, 1)


def test_many_photos_are_described_as_each_alone(descriptive_decoder):
    vocabulary = WordVocabulary.fit(["one two three four five six seven eight nine ten a b c d e f"])
    assert len(vocabulary) == 20
    grids = np.random.default_rng(0).normal(size=(35, 2, 2, 6)).astype(np.float16)  # more than a batch
    beam = BeamSearch(width=4, steps=10)
    sentences = describe_grids(descriptive_decoder, vocabulary, grids, beam)
    assert len(sentences) == 35
    assert len(set(sentences)) > 1
    for row in (0, 33):
        assert describe_grids(descriptive_decoder, vocabulary, grids[row : row + 1], beam) == [sentences[row]]
    assert describe_grids(descriptive_decoder, vocabulary, grids[:0], beam) == []


@pytest.mark.skipif(not FLICKR8K, reason="needs Flickr8k: name its folder in the environment variable FLICKR8K")
def test_one_sentence_for_all_of_flickr8k_scores_as_published():
    from datasets.flickr8k import read_captions, read_list

    folder = Path(str(FLICKR8K))
    references = read_captions(folder / "captions.csv")
    names = read_list(folder / "devImages.txt")
    assert len(names) == 1000
    scores = score_descriptions(dict.fromkeys(names, "a dog is running through the grass"), references)
    # Published for the test photos; the dev photos differ from them by .3 to .8 points.
    assert scores["bleu1"] == pytest.approx(0.404, abs=0.01)
    assert scores["bleu4"] == pytest.approx(0.056, abs=0.005)
    assert scores["rouge_l"] == pytest.approx(0.281, abs=0.01)
    assert scores["cider"] == pytest.approx(0.115, abs=0.01)
    assert scores["distinct"] == 1
