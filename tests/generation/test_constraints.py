"""Constrained decoding: what is allowed while a caption is written, and that samplers take back what is not."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from caption_model.generation.constraints import CaptionRules
from caption_model.generation.reranking import Reranker
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
def rules(cleaner):
    reranker = Reranker(
        Lexicon.fit(SAID * 2), Phrases.fit(SAID * 2), Constructions.fit(SAID, {}), Fingerprints.fit(SAID), cleaner
    )
    return CaptionRules(VOCABULARY, reranker)


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
def test_each_word_must_follow_as_somebody_wrote(rules, text, stands):
    assert rules.constraint(Controls(), [None], 1)(0, ids(text)) is stands


@pytest.mark.parametrize(
    ("text", "wish", "stands"),
    [
        ("a day by the sea", Controls(), False),  # somebody's own
        ("by the", Controls(), False),  # nobody ended so
        ("my", Controls(), False),
        ("a day by the sea with my dog", Controls(), True),
        ("a day by the sea with my dog", Controls(emoji="some"), False),
        ("a day by the sea with my dog", Controls(subject="dog"), True),
        ("a day by the sea with my dog", Controls(subject="snow"), False),
    ],
)
def test_a_whole_caption_must_be_one_that_may_be_shown(rules, text, wish, stands):
    assert rules.constraint(wish, [None], 1)(0, ids(text, ended=True)) is stands


def test_what_is_surely_not_there_is_not_named_unless_it_was_wished_for(rules):
    shown = [{"dog": 0.9, "water": 0.01}, {"dog": 0.01, "water": 0.9}]
    constraint = rules.constraint(Controls(), shown, 2)
    assert [constraint(row, ids("my dog ")) for row in range(4)] == [True, True, False, False]
    assert [constraint(row, ids("by the sea ")) for row in range(4)] == [False, False, True, True]
    wished = rules.constraint(Controls(subject="dog"), shown, 2)
    assert wished(3, ids("my dog "))


def test_it_reads_where_words_end_and_nowhere_else(rules):
    stops = {symbol for symbol, stop in zip(VOCABULARY.symbols, rules.checkpoints, strict=True) if stop}
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
    """A constraint that allows no text with certain endings; counts what it is asked."""

    def __init__(self, *endings: str):
        self.checkpoints = np.array([symbol in (" ", "<end>") for symbol in VOCABULARY.symbols])
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
    constraint = Refuses("b ")
    samples = PLAIN.sample(model, state, None, uniforms(3, b"x", 60, 40), constraint=constraint)
    texts = written(samples)
    assert samples.finished.mean() > 0.9
    assert not any("b" in text for text, whole in zip(texts, samples.finished, strict=True) if whole)
    assert constraint.asked > 60
    for text, logp, whole in zip(texts, samples.conditional_logp, samples.finished, strict=True):
        if whole:  # log p of what stands there, whatever was taken back
            assert logp == pytest.approx((1 + len(text.replace(" ", ""))) * np.log(0.5), abs=1e-4)


def test_a_row_that_finds_no_word_is_given_up():
    model = Markov(**{"start": {"a": 1.0}, "a": {" ": 1.0}, "space": {"b": 1.0}, "b": {" ": 1.0}})
    constraint = Refuses("b ")
    samples = PLAIN.sample(model, (tf.zeros([2, 1]),), None, uniforms(3, b"x", 2, 60), constraint=constraint)
    assert not samples.finished.any()
    assert written(samples) == ["a ", "a "]
    assert constraint.asked == 2 * (1 + TRIES)


def test_constrained_rows_do_not_depend_on_their_company(social_decoder):
    rows, letters = 130, SimpleNamespace(checkpoints=np.arange(social_decoder.config.symbols) % 2 == 0)
    photos = np.random.default_rng(0).normal(size=(rows, social_decoder.config.photo)).astype(np.float32)
    random = uniforms(7, b"company", rows, 30)

    class Even:
        checkpoints = letters.checkpoints

        def __call__(self, row, symbols):
            return sum(symbols) % 3 != 0

    def drawn(some):
        begun = social_decoder.begin(photos[some], np.ones(len(some), np.float32), np.zeros((len(some), 5), np.int32))
        return PLAIN.sample(social_decoder, begun, None, random[some], constraint=Even())

    together = drawn(np.arange(rows))
    assert together.finished.any()
    for part in (np.arange(20), np.arange(90, 130)):
        alone = drawn(part)
        width = alone.symbols.shape[1]
        np.testing.assert_array_equal(alone.symbols, together.symbols[part, :width])
        np.testing.assert_array_equal(alone.finished, together.finished[part])
        np.testing.assert_allclose(alone.conditional_logp, together.conditional_logp[part], rtol=1e-4)


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        ("my dog is happy 🌊 ", True),
        ("my dog is happy 🌊🌊", True),
        ("my dog 🌊is ", False),
        ("🌊. ", False),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_nothing_sticks_to_an_emoji(rules, text, stands, strict):
    """As the sampler asks: behind every symbol that ends a word."""
    constraint, symbols = rules.constraint(Controls(), [None], 1, strict=strict), ids(text)
    asked = [constraint(0, symbols[: place + 1]) for place, one in enumerate(symbols) if rules.checkpoints[one]]
    if not strict or not stands:
        assert all(asked) is stands
    assert rules.constraint(Controls(), [None], 1, strict=False)(0, ids("my dog 🌊", ended=True))


@pytest.mark.parametrize("strict", [True, False])
def test_an_emoji_of_what_is_surely_not_there_is_taken_back(cleaner, strict):
    said = ["so happy 🐶", "so happy 🦮", "so happy 🌴", "so happy 🐱"]
    vocabulary = GraphemeVocabulary.fit(said)
    reranker = Reranker(
        Lexicon.fit(said * 2), Phrases.fit(said * 2), Constructions.fit(said, {}), Fingerprints.of([]), cleaner
    )
    rules = CaptionRules(vocabulary, reranker)
    shown = {"dog": 0.01, "cat": 0.9, "tree": 0.9}
    constraint = rules.constraint(Controls(), [shown], 1, strict=strict)
    allowed = {text[-1]: constraint(0, vocabulary.encode(text)) for text in said}
    assert allowed == {"🐶": False, "🦮": False, "🌴": True, "🐱": True}
