"""Training data of the social decoder: split, mixture, photos and controls, the same in every run."""

from collections import Counter

import numpy as np
import pytest

from caption_model.text.controls import CHOICES, Controls
from caption_model.text.vocabulary import END, PAD, START, GraphemeVocabulary
from caption_model.training.social.data import BUCKETS, Example, Mixture, Pairing, SocialBatches, is_validation

COLOURS = ["red", "blue", "green", "gold", "black", "white", "pink", "grey"]
THINGS = ["boat", "house", "sea", "sky", "tree", "road", "cat", "dog", "cup", "hat"]
CAPTIONS = [f"a {colour} {thing} {'🌊' * (number % 4)}!" for colour in COLOURS for number, thing in enumerate(THINGS)]
PHOTOS = np.arange(12, dtype=np.float32).reshape(4, 3)
VOCABULARY = GraphemeVocabulary.fit(CAPTIONS)


def batches(examples, mixture=None, **options) -> SocialBatches:
    mixture = mixture or {"posts": Mixture(1, 1)}
    return SocialBatches(examples, VOCABULARY, PHOTOS, mixture, **{"epochs": 4, "batch": 16, **options})


def examples(source: str = "posts", captions=CAPTIONS, photos: tuple[Pairing, ...] = ()) -> list[Example]:
    return [Example(caption, "gram", source, photos) for caption in captions]


def shown(epoch) -> Counter[str]:
    return Counter(VOCABULARY.decode(row) for batch in epoch for row in batch.targets.tolist())


def test_an_epoch_shows_every_caption_once():
    data = batches(examples())
    assert len(set(CAPTIONS)) == len(CAPTIONS) == 80
    assert shown(data(0)) == Counter(CAPTIONS)


def test_inputs_are_targets_moved_on_and_only_padding_weighs_nothing():
    for batch in batches(examples())(1):
        symbols, photo, seen, controls = batch.inputs
        assert np.array_equal(symbols[:, 1:], batch.targets[:, :-1])
        assert np.all(symbols[:, 0] == START)
        assert np.array_equal(batch.weights, (batch.targets != PAD).astype(np.float32))
        assert np.all((batch.targets == END).sum(axis=1) == 1)
        assert symbols.shape[1] in BUCKETS
        assert len(symbols) == len(photo) == len(seen) == len(controls) <= 16


def test_a_batch_holds_captions_of_like_length():
    texts = ["hi", "a red cat", "a red boat and a blue boat", "a gold cup " * 6]
    for batch in batches(examples(captions=texts * 20))(0):
        symbols = batch.inputs[0]
        assert batch.weights.sum(axis=1).min() > max([0, *(width for width in BUCKETS if width < symbols.shape[1])])


def test_the_same_epoch_is_the_same_and_another_is_another():
    one, two = batches(examples(photos=(Pairing(1, 0.5),))), batches(examples(photos=(Pairing(1, 0.5),)))
    list(one(0))  # what went before does not matter
    for first, second in zip(one(2), two(2), strict=True):
        for a, b in zip((*first.inputs, first.targets), (*second.inputs, second.targets), strict=True):
            assert np.array_equal(a, b)
    other_epoch, other_seed = batches(examples()), batches(examples(), seed=8)
    order = [batch.targets.tobytes() for batch in batches(examples())(2)]
    assert order != [batch.targets.tobytes() for batch in other_epoch(3)]
    assert order != [batch.targets.tobytes() for batch in other_seed(2)]


def test_the_mixture_shifts_from_first_to_last():
    both = examples("posts", CAPTIONS[:40]) + examples("tweets", CAPTIONS[40:])
    data = batches(both, {"posts": Mixture(1, 2), "tweets": Mixture(1, 0.25)}, epochs=3)

    def counts(epoch: int) -> tuple[int, int]:
        found = shown(data(epoch))
        return sum(found[text] for text in CAPTIONS[:40]), sum(found[text] for text in CAPTIONS[40:])

    assert counts(0) == (40, 40)
    assert counts(1) == (60, 25)
    assert counts(2) == (80, 10)
    last = shown(data(2))
    assert {last[text] for text in CAPTIONS[:40]} == {2}
    assert {last[text] for text in CAPTIONS[40:]} == {0, 1}, "a part of them, none twice"


def test_a_source_outside_the_mixture_is_not_shown():
    data = batches(examples("posts", CAPTIONS[:10]) + examples("other", CAPTIONS[10:]))
    assert shown(data(0)) == Counter(CAPTIONS[:10])


def test_steps_are_about_the_batches_of_an_epoch():
    data = batches(examples())
    assert abs(data.steps - len(list(data(0)))) <= len(BUCKETS)


def seen_share(score: float, **options) -> float:
    data = batches(examples(captions=CAPTIONS * 50, photos=(Pairing(2, score),)), **options)
    return float(np.concatenate([batch.inputs[2] for batch in data(0)]).mean())


def test_photos_are_dropped_as_often_as_told_and_more_often_where_they_fit_badly():
    # 4,000 draws: the standard deviation is below .008
    assert seen_share(1.0, photo_dropout=0.15) == pytest.approx(0.85, abs=0.035)
    assert seen_share(0.5, photo_dropout=0.2) == pytest.approx(0.40, abs=0.04)
    assert seen_share(1.0, photo_dropout=0.0) == 1.0


def test_a_caption_without_photo_is_never_said_to_have_one():
    for batch in batches(examples())(0):
        assert not batch.inputs[2].any()
        assert not batch.inputs[1].any()


def test_a_caption_stands_under_its_own_photos_in_proportion_to_how_well_they_fit():
    texts = ["a red boat"] * 2000
    data = batches(examples(captions=texts, photos=(Pairing(1, 0.9), Pairing(3, 0.3))))
    photo = np.concatenate([batch.inputs[1] for batch in data(0)])
    is_one = np.all(photo == PHOTOS[1], axis=1)
    assert np.all(is_one | np.all(photo == PHOTOS[3], axis=1))
    assert is_one.mean() == pytest.approx(0.75, abs=0.05)


def test_controls_are_dropped_tone_least_and_the_rest_half_of_the_time_together():
    wishes = np.concatenate([b.inputs[3] for b in batches(examples(captions=CAPTIONS * 50), control_dropout=0.25)(0)])
    open_ = wishes == 0
    assert open_.mean(axis=0)[0] == pytest.approx(0.1, abs=0.025)
    assert open_.mean(axis=0)[1:] == pytest.approx([0.5 + 0.5 * 0.25] * (len(CHOICES) - 1), abs=0.04)
    assert open_[:, 1:].all(axis=1).mean() == pytest.approx(0.5, abs=0.04)


def test_controls_that_stay_are_those_of_the_caption():
    for batch in batches(examples())(0):
        for row, wishes in zip(batch.targets.tolist(), batch.inputs[3], strict=True):
            own = np.array(Controls.measure(VOCABULARY.decode(row), "gram").ids())
            assert np.all((wishes == 0) | (wishes == own))


def test_without_chance_nothing_is_dropped_and_the_best_photo_is_shown():
    data = batches(examples(photos=(Pairing(3, 0.2), Pairing(1, 0.1))), photo_dropout=1.0, control_dropout=1.0)
    batch = data.make(np.arange(20), None)
    _, photo, seen, controls = batch.inputs
    assert np.all(photo == PHOTOS[3])
    assert np.all(seen == 1)
    assert np.all(controls > 0)


@pytest.mark.parametrize(
    "variant", ["So good to be HOME", "so good, to be home!", "so good to be home 🏠", "  so good…to be - home  "]
)
def test_a_duplicate_never_crosses_the_split(variant):
    for share in np.linspace(0, 1, 41):
        assert is_validation(variant, share) == is_validation("so good to be home", share)


def test_about_the_share_asked_for_is_held_out():
    texts = [f"caption number {number}" for number in range(4000)]
    assert sum(map(is_validation, texts)) / 4000 == pytest.approx(0.05, abs=0.015)
    assert not any(is_validation(text, 0) for text in texts)
    assert all(is_validation(text, 1) for text in texts)


def test_captions_without_letters_are_split_by_their_emojis():
    shares = {text: is_validation(text, 0.5) for text in ("🌊", "🔥🔥", "☀️", "🎉", "❤️", "🐶", "🍕", "💃")}
    assert set(shares.values()) == {True, False}


def test_own_captions_are_never_learnt_without_their_photo():
    pairing = (Pairing(1, 1.0),)
    data = batches(
        [*examples(photos=pairing), *examples("own", photos=pairing)],
        {"posts": Mixture(1, 1), "own": Mixture(1, 1)},
        photo_dropout=0.5,
    )
    own = examples("own", photos=pairing)
    rows = np.arange(len(own))
    random = np.random.default_rng(0)
    posts_seen = data.make(rows[:16], random).inputs[2]
    own_seen = data.make(rows[:16] + len(own), random).inputs[2]
    assert own_seen.all()
    assert 0 < posts_seen.sum() < 16
