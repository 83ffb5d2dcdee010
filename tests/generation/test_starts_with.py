"""A beginning that a person typed: kept letter by letter, never judged, and the decoder goes on from it."""

from types import SimpleNamespace

import numpy as np
import pytest

from caption_model.generation.beginning import Beginning, fulfils, typed_part, with_room
from caption_model.generation.caption import Caption
from caption_model.generation.constraints import CaptionRules
from caption_model.generation.more_like import without
from caption_model.generation.options import LONGEST_BEGINNING, GenerationOptions
from caption_model.generation.reranking import Reranker, repeats_itself
from caption_model.generation.sampling import TopPSampler, uniforms
from caption_model.generation.social import sample_captions
from caption_model.text import graphemes
from caption_model.text.class_ngrams import Constructions
from caption_model.text.controls import MAX_GRAPHEMES, Controls
from caption_model.text.lexicon import Fingerprints, Lexicon
from caption_model.text.vocabulary import END, START, UNKNOWN, GraphemeVocabulary
from caption_model.text.word_ngrams import Phrases

LETTERS = GraphemeVocabulary.fit(["abcdefghijklmnopqrst uvF🌊❤️"])
SAID = [
    "my dog by the sea",
    "by the sea with my dog",
    "my dog is happy 🌊",
    "a day by the sea 🌊",
    "finally by the sea",
]
PHOTOS = np.random.default_rng(5).normal(size=(3, 8)).astype(np.float32)
SALTS = [b"one", b"two", b"three"]


@pytest.fixture(scope="module")
def reranker(cleaner):
    return Reranker(
        Lexicon.fit(SAID * 2), Phrases.fit(SAID * 2), Constructions.fit(SAID, {}), Fingerprints.fit(SAID), cleaner
    )


@pytest.fixture(scope="module")
def model(social_decoder, reranker):
    """The tiny decoder, 30 symbols, with a vocabulary for it and rules that allow all."""
    vocabulary = GraphemeVocabulary(LETTERS.symbols[:30])
    assert len(vocabulary) == social_decoder.config.symbols
    return SimpleNamespace(decoder=Numbers(social_decoder), vocabulary=vocabulary, reranker=reranker, rules=None)


class Numbers:
    """The tiny decoder as arrays."""

    def __init__(self, decoder):
        self.config, self._decoder = decoder.config, decoder
        self.fed = []

    def begin(self, photo, seen, controls):
        return tuple(np.asarray(part) for part in self._decoder.begin(photo, seen, controls))

    def step(self, symbols, state):
        self.fed.append(int(symbols[0]))
        return self._decoder.step(symbols, state)


def drawn(model, beginning, photos=slice(None), **wishes):
    options = GenerationOptions(starts_with=beginning, samples=12, temperature=1.5, **wishes)
    return sample_captions(model, PHOTOS[photos], SALTS[photos], options, unconditional=True)


@pytest.mark.parametrize("beginning", ["F", "Finally", "Żółw ☃️", "日本の", "👩🏽‍🚀 a", "ab " * 20, "cafe\u0301", "🇩"])
def test_every_caption_begins_so_to_the_letter(model, beginning):
    begun = beginning.strip()
    texts = [one.text for several in drawn(model, beginning) for one in several]
    assert texts
    for text in texts:
        assert text.startswith(begun)
        assert graphemes.split(text)[: graphemes.length(begun)] == graphemes.split(begun)
        assert graphemes.length(text) <= MAX_GRAPHEMES


def test_what_the_vocabulary_lacks_is_fed_as_unknown(model):
    model.decoder.fed.clear()
    drawn(model, "aЖ☃️b", slice(1))
    a, b = model.vocabulary.encode("ab")
    assert model.decoder.fed[:4] == [START, a, UNKNOWN, UNKNOWN]
    assert b in model.decoder.fed[4:9]


def test_a_photo_in_company_gets_what_it_gets_alone_and_again(model):
    together = drawn(model, "Finally", tone="playful", emoji="some", length="medium")
    again = drawn(model, "Finally", tone="playful", emoji="some", length="medium")
    assert together == again
    for number in range(3):
        (alone,) = drawn(model, "Finally", slice(number, number + 1), tone="playful", emoji="some", length="medium")
        assert [one.text for one in alone] == [one.text for one in together[number]]


def test_an_empty_beginning_changes_nothing(model):
    plain = sample_captions(model, PHOTOS, SALTS, GenerationOptions(samples=12, temperature=1.5), unconditional=True)
    assert plain == drawn(model, "") == drawn(model, "   ")
    assert plain != drawn(model, "F")


def test_log_probabilities_are_of_what_was_added(social_decoder):
    prefix, rows = [5, 6, 7], 6
    photo, controls = np.ones((rows, social_decoder.config.photo), np.float32), np.zeros((rows, 5), np.int32)
    begun = social_decoder.begin(photo, np.ones(rows, np.float32), controls)
    random = uniforms(3, b"x", rows, 20)
    samples = TopPSampler(1.0, 1.0).sample(social_decoder, begun, None, random, prefix=prefix)
    assert samples.finished.any()
    for row in np.flatnonzero(samples.finished):
        symbols = samples.symbols[row].tolist()
        added = symbols[: symbols.index(END) + 1]
        state, logp = begun, 0.0
        for place, symbol in enumerate([START, *prefix, *added[:-1]]):
            logits, state = social_decoder.step(np.full(rows, symbol, np.int32), state)
            if place >= len(prefix):
                scores = np.asarray(logits)[row].astype(np.float64)
                logp += scores[added[place - len(prefix)]] - np.log(np.exp(scores).sum())
        assert samples.conditional_logp[row] == pytest.approx(logp, abs=1e-3)


@pytest.mark.parametrize("typed", ["x" * 61, "🌊" * 61, "one\ntwo", "a\x1b[1m", "half \ud83d"])
def test_a_beginning_that_no_caption_can_have_is_refused(typed):
    with pytest.raises(ValueError, match="starts_with must"):
        GenerationOptions(starts_with=typed)


def test_sixty_graphemes_are_allowed_and_blanks_around_do_not_count():
    assert GenerationOptions(starts_with="👩🏽‍🚀" * LONGEST_BEGINNING + "   ").starts_with
    assert Beginning.of("Finally ") == Beginning("Finally", closed=True)
    assert not Beginning.of("  ")


@pytest.mark.parametrize(
    ("typed", "added", "may"),
    [
        ("finally", " by", True),
        ("finally", ", by", True),
        ("finally", "st", False),  # a word that is known is whole
        ("final", "ly", True),
        ("final ", "ly", False),
        ("Zorblax", " by", True),
        ("(", "by", True),
        ("2024", "s", False),
        ("", "by", True),
    ],
)
def test_a_whole_word_is_not_lengthened(reranker, typed, added, may):
    assert Beginning.of(typed).joins(added, reranker.lexicon) is may


@pytest.mark.parametrize(
    ("typed", "text", "stands"),
    [
        ("Zorblax zzz", "Zorblax zzz by the sea", True),
        ("Zorblax zzz", "Zorblax zzz by the zea", False),
        ("Zorblax zzz zzz", "Zorblax zzz zzz by the sea", True),
        ("Zorblax zzz", "Zorblax zzz by the the sea", False),
        ("Zorblax @anna #sea", "Zorblax @anna #sea by the sea", True),
        ("Zorblax zzz", "Zorblax zzz", False),  # nothing was added
        ("Zorblax zzz", "Zorblax zzz!", False),
        ("Final", "Finally by the sea with my dog", True),
        ("Zorblax", "Zorblaxing by the sea", False),
    ],
)
def test_filters_judge_what_was_added_alone(reranker, typed, text, stands):
    assert reranker.acceptable(text, Controls(), typed) is stands
    chosen = reranker.choose([Caption(text, -9.0, beginning=typed)], 1, Controls())
    assert [one.text for one in chosen] == [text] * stands


@pytest.mark.parametrize(
    ("typed", "added", "stands"),
    [("Zorblax", " by the ", True), ("Zorblax", " bythe ", False), ("Zorblax dog", " by the ", True),
     ("my", " dog ", True), ("🌊", " by ", True), ("🌊", "by ", False), ("final", "ly ", True),
     ("finally", "by ", False)],
)  # fmt: skip
def test_words_are_taken_back_where_they_are_the_decoders(reranker, typed, added, stands):
    vocabulary = GraphemeVocabulary.fit(SAID)
    rules = CaptionRules(vocabulary, reranker)
    constraint = rules.constraint(Controls(), [{"cat": 0.9, "dog": 0.01}], 1, Beginning.of(typed))
    stands = stands and (typed != "my")  # the photo shows no dog: the decoder may not say so
    assert constraint(0, vocabulary.encode(added)) is stands


def test_wishes_are_those_that_the_decoder_can_fulfil():
    assert fulfils("Wow 🌊 by the sea", Controls(emoji="none", case="lower"), "Wow 🌊")
    assert not fulfils("Wow by the sea 🌊", Controls(emoji="none"), "Wow")
    assert fulfils("Why? by the sea", Controls(ending="question"), "Why?")
    assert not fulfils("Wow by the sea", Controls(subject="dog"), "Wow")
    assert fulfils("x" * 30 + " by the sea", Controls(length="short"), "x" * 30)
    assert not fulfils("Wow by the sea with my own dog", Controls(length="short"), "Wow")
    assert [with_room("short", begun) for begun in (0, 22, 23, 47, 48, 60)] == [
        "short", "short", "medium", "medium", "long", "long",
    ]  # fmt: skip


def test_what_repeats_itself_is_told_from_what_was_typed():
    assert not repeats_itself("so so by the sea", "so so")
    assert repeats_itself("so so so by", "so so")
    assert repeats_itself("by the sea by the sea", "by the sea")
    assert typed_part("Finally home", "Fin") == ""
    assert typed_part("my Finally home", "my Fin") == "my "


def test_captions_that_share_a_beginning_are_not_alike_for_it():
    begun = "Me and the whole crew spent the long weekend"
    drawn = [Caption(f"{begun} {end}", -9.0, beginning=begun) for end in ("by the sea", "with my dog")]
    assert [one.text for one in without(drawn, {f"{begun} by the sea!"})] == [f"{begun} with my dog"]
