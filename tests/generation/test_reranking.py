"""Lexicon, fingerprints and ranking: what may be shown, and which of it."""

from dataclasses import replace
from random import Random

import pytest

from caption_model.generation.caption import Caption
from caption_model.generation.reranking import (
    Reranker,
    RerankingWeights,
    likeness,
    repeats_itself,
    says_nothing,
    trigrams,
)
from caption_model.text.class_ngrams import Constructions
from caption_model.text.controls import Controls
from caption_model.text.lexicon import LETTERS, Fingerprints, Lexicon, words
from caption_model.text.word_ngrams import Phrases

OPEN = Controls()
TRAINING = [
    "sunday walks with my best friend 🐶",
    "best day by the sea with my favourite people",
    "so much sand, so little time",
    "so good to be by the sea",
    "walks by the sea are good for my soul",
    "little friend, much love, best soul",
    "sand and sea and sunday",
    "favourite people, favourite day",
    "love this day and this sand",
    "take me back to the time of my life",
    "take me back to that life",
    "don't take my time",
    "don't love that",
    "this will be good for me",
]


@pytest.fixture(scope="module")
def reranker(cleaner, any_phrase, any_construction):
    """Knows the words of the training captions and any way to put them together; the likely comes first."""
    lexicon, fingerprints = Lexicon.fit(TRAINING), Fingerprints.fit(TRAINING)
    weights = RerankingWeights(surprisal=0.0, first_surprisal=0.0)
    return Reranker(lexicon, any_phrase, any_construction, fingerprints, cleaner, weights)


def candidate(text: str, logp: float = -10.0, without_photo: float | None = -20.0) -> Caption:
    return Caption(text, logp, without_photo)


def weighted(reranker: Reranker, **weights: float) -> Reranker:
    """The same with other weights."""
    return replace(reranker, weights=replace(reranker.weights, **weights))


def chosen(reranker: Reranker, candidates: list[Caption], n: int, controls: Controls = OPEN) -> list[str]:
    return [caption.text for caption in reranker.choose(candidates, n, controls)]


def test_words_are_lower_case_with_straight_apostrophes():
    assert words("Don’t STOP, it's 5pm 🌊 café!") == ["don't", "stop", "it's", "pm", "café"]


def test_a_lexicon_knows_what_several_captions_say():
    lexicon = Lexicon.fit(["sea sea sea", "sand and Sea", "sand"])
    assert lexicon.known == {"sea", "sand"}
    assert Lexicon.fit(["sea sea sea"]).known == frozenset()


@pytest.mark.parametrize("word", ["sooo", "soooooo", "goood", "gooood", "seaaaa"])
def test_a_stretched_word_is_known_by_its_plain_form(word):
    assert Lexicon(frozenset({"so", "good", "sea"})).knows(word)


@pytest.mark.parametrize("word", ["soo", "goood", "zzzz", "dso", ""])
def test_a_word_that_stretches_nothing_known_is_unknown(word):
    assert not Lexicon(frozenset({"so"})).knows(word)


def test_validity_is_the_share_of_known_words():
    lexicon = Lexicon(frozenset({"sea", "sand", "don't"}))
    assert lexicon.validity("Sea, sand 🌊 don’t blorf") == 0.75
    assert lexicon.validity("🌊🌊 123") == 1.0


def test_a_lexicon_survives_being_stored():
    for lexicon in (Lexicon.fit(TRAINING), Lexicon.fit([])):
        assert Lexicon.from_bytes(lexicon.to_bytes()) == lexicon


@pytest.mark.parametrize("caption", ["Sunday walks with my best friend 🐶", "sunday walks, with my best friend!! 🌊"])
def test_a_training_caption_is_recognised_in_other_clothes(caption):
    assert caption in Fingerprints.fit(TRAINING)


def test_other_captions_are_not_recognised_and_one_word_belongs_to_everybody():
    prints = Fingerprints.fit([*TRAINING, "🌊🌊🌊", "hello"])
    for caption in ("sunday walks with my best friends", "🌊🌊🌊", "hello", ""):
        assert caption not in prints
    assert len(prints.hashes) == len(TRAINING)


def test_two_words_are_somebodys_with_their_emojis():
    prints = Fingerprints.fit(["beach day 🌊", "Good morning"])
    assert "Beach day! 🌊" in prints
    assert "good morning..." in prints
    assert "beach day" not in prints
    assert "beach day ☀️" not in prints


@pytest.mark.parametrize(
    "text", ["best day by the sea 🌊", "soooo good to be by the sea", "Don't take me back!", "so good 🐶"]
)
def test_a_good_caption_may_be_shown(reranker, text):
    assert reranker.acceptable(text, OPEN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "best day by the sea #sea",
        "love this day @sandy",
        "take me back www.example.com",
        "take me back https://example.com/sea",
        "my best blorf by the sea",
        "so so good by the sea",
        "by the sea by the sea",
        "Sunday walks with my best friend!",
        "best day by the sea, so much sand, so little time and good people and good life by sunday",
        " best day by the sea",
        "best  day by the sea",
        "🌊" * 81,
        "🌊🌊🌊",
        "sunday 🌊",
    ],
)
def test_a_bad_caption_may_not(reranker, text):
    assert not reranker.acceptable(text, OPEN)


def test_a_caption_with_runs_that_nobody_wrote_comes_last(reranker):
    strict = replace(reranker, word_ngrams=Phrases.fit(TRAINING))
    odd, plain = candidate("the sunday sea my walks", logp=-5.0), candidate("sunday walks by the sea 🌊", logp=-15.0)
    assert chosen(strict, [odd, plain], 2, OPEN) == [plain.text, odd.text]
    assert chosen(reranker, [odd, plain], 2, OPEN) == [odd.text, plain.text]


def test_wishes_are_kept(reranker):
    text = "best day by the sea 🌊"
    assert reranker.acceptable(text, Controls(emoji="some", case="lower"))
    assert not reranker.acceptable(text, Controls(emoji="none"))
    assert not reranker.acceptable(text, Controls(ending="question"))
    assert chosen(reranker, [candidate(text), candidate("so good 🐶")], 5, Controls(length="long")) == []


@pytest.mark.parametrize("text", ["very very good", "Very, very good", "my dog and my dog", "so sweet 🍦 so sweet"])
def test_a_stutter_is_heard(text):
    assert repeats_itself(text)


@pytest.mark.parametrize("text", ["my dog and my cat", "good day, good life", "", "🌊🌊", "hello"])
def test_plain_speech_is_no_stutter(text):
    assert not repeats_itself(text)


def test_what_fits_this_photo_beats_what_fits_any(reranker):
    anything = candidate("love this day", logp=-6.0, without_photo=-6.0)
    special = candidate("best walks by the sea", logp=-12.0, without_photo=-30.0)
    assert reranker.score(special) > reranker.score(anything)
    assert chosen(reranker, [anything, special], 2, OPEN) == [special.text, anything.text]


def test_what_is_said_under_every_photo_comes_behind_what_is_not(reranker):
    usual, own = candidate("love this day", -5.0, None), candidate("best walks by the sea", -12.0, None)
    assert chosen(weighted(reranker, surprisal=0.2), [usual, own], 2, OPEN) == [own.text, usual.text]
    assert chosen(weighted(reranker, surprisal=-0.1), [usual, own], 2, OPEN) == [usual.text, own.text]


def test_surprise_has_an_end(reranker):
    surprised = weighted(reranker, surprisal=0.2)
    odd, odder = (surprised.score(candidate("love this day", seen, None)) for seen in (-40.0, -400.0))
    assert odd == odder > surprised.score(candidate("love this day", -5.0, None))


def test_the_first_is_the_most_particular_of_the_few_that_are_chosen(reranker):
    texts = ["love this day", "so good by the sea", "best walks with people", "my little friend", "take that back"]
    drawn = [candidate(text, seen, None) for text, seen in zip(texts, (-4.0, -9.0, -5.0, -6.0, -7.0), strict=True)]
    likely = weighted(reranker, surprisal=-0.1, diversity=0)
    best_first = [texts[0], texts[2], texts[3], texts[4], texts[1]]
    assert chosen(likely, drawn, 5, OPEN) == best_first
    for n in (1, 2, 5):
        found = chosen(weighted(likely, first_surprisal=0.5), drawn, n, OPEN)
        assert found == [texts[1], *best_first[:4]][:n]


def test_a_caption_built_as_none_was_comes_behind_one_that_is_not(reranker):
    said = ["love this sand", "this sand with my best friend"]
    grammar = Constructions.fit(said, {"day": 0, "sand": 0})
    run_on, plain = (
        candidate("love this sand with my best friend", -5.0),
        candidate("this day with my best friend", -15.0),
    )
    assert chosen(reranker, [run_on, plain], 2, OPEN) == [run_on.text, plain.text]
    assert chosen(replace(reranker, class_ngrams=grammar), [run_on, plain], 2, OPEN) == [plain.text, run_on.text]


def test_what_the_photo_shows_comes_first_and_what_it_does_not_last(reranker):
    names = {"seen": (0.9, 0.1), "silent": (0, 0), "likely": (0.6, 0.4), "both": (0.5, 1.0), "wrong": (0.1, 1.8)}
    scores = {
        name: reranker.score(Caption("so good", -10.0, grounded=grounded, hallucinated=hallucinated))
        for name, (grounded, hallucinated) in names.items()
    }
    assert sorted(scores, key=scores.__getitem__, reverse=True) == list(names)


def test_no_caption_comes_twice_however_it_is_spelt(reranker):
    twins = ["so good by the sea", "So good by the sea!", "so good, by the sea 🌊"]
    assert len(chosen(reranker, [candidate(text) for text in twins], 5, OPEN)) == 1


def test_the_second_choice_is_unlike_the_first(reranker):
    first = candidate("best day by the sea 🌊", -5.0)
    alike = candidate("best time by the sea 🌊", -6.0)
    other = candidate("take me back to sunday", -7.0)
    everything = [first, alike, other]
    assert chosen(reranker, everything, 2, OPEN) == [first.text, other.text]
    by_score = weighted(reranker, diversity=0)
    assert chosen(by_score, everything, 2, OPEN) == [first.text, alike.text]


def test_fewer_come_when_there_are_fewer(reranker):
    assert chosen(reranker, [candidate("so good"), candidate("so blorf")], 5, OPEN) == ["so good"]
    assert chosen(reranker, [], 5, OPEN) == []
    assert chosen(reranker, [candidate("so good")], 0, OPEN) == []


def test_the_order_of_the_samples_does_not_matter(reranker):
    texts = ["best day by the sea 🌊", "take me back to sunday", "so good 🐶", "love my favourite people", "much love"]
    candidates = [candidate(text, logp=-8.0 - number) for number, text in enumerate(texts)]
    assert chosen(reranker, candidates, 4, OPEN) == chosen(reranker, candidates[::-1], 4, OPEN)


def test_likeness_is_one_for_the_same_and_zero_for_the_foreign():
    assert likeness(trigrams("by the sea"), trigrams("By The Sea")) == 1
    assert likeness(trigrams("abc"), trigrams("xyz")) == 0
    assert 0 < likeness(trigrams("by the sea"), trigrams("by the lake")) < 1
    assert likeness(trigrams("👨‍👩‍👧"), trigrams("👨‍👩‍👧")) == 1
    assert likeness(set(), set()) == 1


def test_asking_the_cleaner_late_changes_nothing(reranker):
    """Against the plain way: filter all, keep the best of those with equal letters, then spread."""
    said = [
        *(
            "walks by the sea",
            "Walks by the sea!",
            "walks by the sea @me",
            "walks #by the sea",
            "much love for my soul",
        ),
        *("sunday sand and love", "take my best friend", "good soul", "best people, best day", "so good so far"),
        *("this will be good for the sea www.sea.com", "sand", "my favourite time by the sea 🌊", "time time time"),
    ]
    for seed in range(20):
        random = Random(seed)
        pool = [candidate(text, -random.uniform(5, 30), -random.uniform(5, 40)) for text in random.choices(said, k=30)]
        distinct = {}
        for one in sorted(pool, key=lambda c: (reranker.score(c), c.text)):
            if reranker.acceptable(one.text, OPEN):
                distinct[LETTERS.sub("", one.text.casefold())] = one
        left, expected = {c.text: reranker.score(c) for c in distinct.values()}, []
        while left and len(expected) < 4:
            alike = {t: max((likeness(trigrams(t), trigrams(e)) for e in expected), default=0.0) for t in left}
            expected.append(max(left, key=lambda t: (left[t] - reranker.weights.diversity * alike[t], t)))
            del left[expected[-1]]
        assert len(expected) >= 2
        assert chosen(reranker, pool, 4, OPEN) == expected


def test_the_critic_decides_between_captions_that_are_as_likely(reranker):
    real, odd, apart = (
        Caption("sand and sea", -10.0, -20.0, real_logit=3.0, fit_logit=5.0),
        Caption("sea and sand", -10.0, -20.0, real_logit=-3.0, fit_logit=5.0),
        Caption("best soul sunday", -10.0, -20.0, real_logit=3.0, fit_logit=-5.0),
    )
    assert reranker.score(real) > reranker.score(odd)
    deaf = weighted(reranker, realness=0.0, fit=0.0)
    assert deaf.score(real) == deaf.score(odd)
    same = Caption("best soul sunday", -10.0, -20.0, real_logit=3.0, fit_logit=5.0)
    assert reranker.score(same) > reranker.score(apart)


def test_a_critic_that_is_sure_breaks_nothing(reranker):
    assert reranker.score(Caption("sand and sea", -10.0, -20.0, real_logit=-900.0)) < reranker.score(
        candidate("sand and sea")
    )


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("The dog", True),
        ("the sun ☀️", True),
        ("A ride...", True),
        ("My dog", False),
        ("The Sunday crew", False),
        ("Thebes", False),
        ("Here's a dog in the world.", True),
        ("Riding a bike in the world", True),
        ("The best dog in the world 🐶", False),
        ("Luckiest girl in the world", False),
        ("My favourite place in the world", False),
        ("not a care in the worldwide web", False),
        ("Snow in the snow ❄️", True),
        ("A beautiful day in the day with my love", True),
        ("To my favourite city in the beautiful city", True),
        ("Sunday is the best day for my soul", False),
        ("day by day", False),
        ("", False),
    ],
)
def test_a_caption_that_says_nothing_is_told(text, empty):
    assert says_nothing(text) is empty


def test_what_says_nothing_comes_last(reranker):
    several = [candidate("the sand", -5.0), candidate("love this sand", -9.0), candidate("sea in the sand", -9.5)]
    assert chosen(reranker, several, 3, OPEN)[-1] == "the sand"
    assert chosen(weighted(reranker, empty=0.0), several, 3, OPEN)[-1] != "the sand"
