"""Proofreading: what may stand while a caption is written, and that samplers take back what may not."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from caption_model.generation.constraints import Proofreader
from caption_model.generation.reranking import Ranker
from caption_model.generation.sampling import TRIES, TopPSampler, uniforms
from caption_model.text.class_ngrams import Constructions
from caption_model.text.controls import Controls
from caption_model.text.lexicon import Fingerprints, Lexicon
from caption_model.text.vocabulary import END, START, GraphemeVocabulary
from caption_model.text.word_ngrams import Phrases

SAID = ["my dog by the sea", "by the sea with my dog", "my dog is happy 🌊", "a day by the sea 🌊"]
VOCABULARY = GraphemeVocabulary.fit(SAID)
PLAIN = TopPSampler(top_p=1.0, temperature=1.0)


@pytest.fixture(scope="module")
def proofreader(cleaner):
    ranker = Ranker(
        Lexicon.fit(SAID * 2), Phrases.fit(SAID * 2), Constructions.fit(SAID, {}), Fingerprints.fit(SAID), cleaner
    )
    return Proofreader(VOCABULARY, ranker)


def ids(text: str, ended: bool = False) -> list[int]:
    return [*VOCABULARY.encode(text), *[END] * ended]


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("my ", True),
        ("my dog ", True),
        ("my dog by ", True),
        ("my sea ", False),  # nobody wrote this pair
        ("dog by the ", False),  # nor began so
        ("by the sea with my dog is ", False),  # each three were written, all four in a row never
        ("myd ", False),
        ("my dog my dog ", False),
        ("my dog is happy 🌊", True),
        ("my dog 🌊", False),
    ],
)
def test_each_word_must_follow_as_somebody_wrote(proofreader, text, stands):
    assert proofreader.reader(Controls(), [None], 1)(0, ids(text)) is stands


@pytest.mark.parametrize(
    ("text", "wish", "stands"),
    [
        ("a day by the sea", Controls(), False),  # somebody's own
        ("by the", Controls(), False),  # nobody ended so
        ("my", Controls(), False),
        ("a day by the sea with my dog", Controls(), True),
        ("a day by the sea with my dog", Controls(emoji="some"), False),
        ("a day by the sea with my dog", Controls(about="dog"), True),
        ("a day by the sea with my dog", Controls(about="snow"), False),
    ],
)
def test_a_whole_caption_must_be_one_that_may_be_shown(proofreader, text, wish, stands):
    assert proofreader.reader(wish, [None], 1)(0, ids(text, ended=True)) is stands


def test_what_is_surely_not_there_is_not_named_unless_it_was_wished_for(proofreader):
    shown = [{"dog": 0.9, "water": 0.01}, {"dog": 0.01, "water": 0.9}]
    reader = proofreader.reader(Controls(), shown, 2)
    assert [reader(row, ids("my dog ")) for row in range(4)] == [True, True, False, False]
    assert [reader(row, ids("by the sea ")) for row in range(4)] == [False, False, True, True]
    wished = proofreader.reader(Controls(about="dog"), shown, 2)
    assert wished(3, ids("my dog "))


def test_it_reads_where_words_end_and_nowhere_else(proofreader):
    stops = {symbol for symbol, stop in zip(VOCABULARY.symbols, proofreader.stops, strict=True) if stop}
    assert {" ", "🌊", "<end>"} <= stops
    assert not stops & set("mydogbthesaiwp")


class Markov:
    """The next symbol depends on the last one alone."""

    def __init__(self, **after: dict[str, float]):
        self.table = np.full((len(VOCABULARY), len(VOCABULARY)), -1e9, np.float32)
        for symbol, nexts in after.items():
            row = {"start": START, "space": VOCABULARY.symbols.index(" ")}.get(symbol) or VOCABULARY.symbols.index(
                symbol
            )
            for following, chance in nexts.items():
                column = END if following == "end" else VOCABULARY.symbols.index(following)
                self.table[row, column] = np.log(chance)

    def step(self, symbols, state):
        return tf.gather(tf.constant(self.table), symbols), state


class Refuses:
    """A proofreader that lets no text stand that ends in some way; counts what it is asked."""

    def __init__(self, *endings: str):
        self.stops = np.array([symbol in (" ", "<end>") for symbol in VOCABULARY.symbols])
        self.endings = endings
        self.asked = 0

    def __call__(self, row, symbols):
        self.asked += 1
        text = "".join("." if symbol == END else VOCABULARY.symbols[symbol] for symbol in symbols)
        return not text.endswith(self.endings)


def written(samples) -> list[str]:
    return [VOCABULARY.decode(row.tolist()) for row in samples.symbols]


def test_a_word_that_may_not_stand_is_written_anew_and_costs_nothing():
    model = Markov(**{"start": {"a": 0.5, "b": 0.5}, "a": {" ": 0.5, "end": 0.5}, "b": {" ": 1.0}, "space": {"a": 1.0}})
    state = (tf.zeros([60, 1]),)
    proof = Refuses("b ")
    samples = PLAIN.sample(model, state, None, uniforms(3, b"x", 60, 40), proof=proof)
    texts = written(samples)
    assert samples.finished.mean() > 0.9
    assert not any("b" in text for text, whole in zip(texts, samples.finished, strict=True) if whole)
    assert proof.asked > 60
    for text, seen, whole in zip(texts, samples.seen, samples.finished, strict=True):
        if whole:  # log p of what stands there, whatever was taken back
            assert seen == pytest.approx((1 + len(text.replace(" ", ""))) * np.log(0.5), abs=1e-4)


def test_a_row_that_finds_no_word_is_given_up():
    model = Markov(**{"start": {"a": 1.0}, "a": {" ": 1.0}, "space": {"b": 1.0}, "b": {" ": 1.0}})
    proof = Refuses("b ")
    samples = PLAIN.sample(model, (tf.zeros([2, 1]),), None, uniforms(3, b"x", 2, 60), proof=proof)
    assert not samples.finished.any()
    assert written(samples) == ["a ", "a "]
    assert proof.asked == 2 * (1 + TRIES)


def test_proofread_rows_do_not_depend_on_their_company(social_decoder):
    rows, letters = 130, SimpleNamespace(stops=np.arange(social_decoder.config.symbols) % 2 == 0)
    photos = np.random.default_rng(0).normal(size=(rows, social_decoder.config.photo)).astype(np.float32)
    random = uniforms(7, b"company", rows, 30)

    class Proof:
        stops = letters.stops

        def __call__(self, row, symbols):
            return sum(symbols) % 3 != 0

    def drawn(some):
        begun = social_decoder.begin(photos[some], np.ones(len(some), np.float32), np.zeros((len(some), 5), np.int32))
        return PLAIN.sample(social_decoder, begun, None, random[some], proof=Proof())

    together = drawn(np.arange(rows))
    assert together.finished.any()
    for part in (np.arange(20), np.arange(90, 130)):
        alone = drawn(part)
        width = alone.symbols.shape[1]
        np.testing.assert_array_equal(alone.symbols, together.symbols[part, :width])
        np.testing.assert_array_equal(alone.finished, together.finished[part])
        np.testing.assert_allclose(alone.seen, together.seen[part], rtol=1e-4)
