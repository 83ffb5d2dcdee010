"""Samplers: what is written follows the model, the seed and the settings, and nothing else."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from caption_model.generation.beam_search import BeamSearch
from caption_model.generation.sampling import NEVER, SLOTS, TopPSampler, uniforms
from caption_model.text.controls import CHOICES
from caption_model.text.vocabulary import END, PAD, START, UNKNOWN

ROWS, STEPS = 24, 12
PLAIN = TopPSampler(top_p=1.0, temperature=1.0, guidance_scale=1.0)


class Markov:
    """The next symbol depends on the last alone; the state is each row's own table of logits (V, V)."""

    def step(self, symbols, state):
        (table,) = state
        return tf.gather(table, symbols, batch_dims=1), state


def table(rows: int, **following: dict[int, float]) -> tuple[np.ndarray]:
    """Tables of 8 symbols in which ``after_5={6: .7, END: .3}`` gives probabilities; all else is impossible."""
    logits = np.full((8, 8), -50.0, np.float32)
    for last, shares in following.items():
        for symbol, share in shares.items():
            logits[int(last.removeprefix("after_")), symbol] = np.log(share)
    return (np.tile(logits, (rows, 1, 1)),)


def even(rows: int, steps: int) -> np.ndarray:
    """Evenly spread random numbers at the first step."""
    return np.tile(((np.arange(rows) + 0.5) / rows).astype(np.float32)[:, None], (1, steps))


@pytest.fixture(scope="module")
def markov():
    return Markov()


@pytest.fixture(scope="module")
def photos():
    return np.random.default_rng(0).normal(size=(ROWS, 8)).astype(np.float32)


@pytest.fixture(scope="module")
def controls():
    return np.random.default_rng(1).integers(0, 3, (ROWS, len(CHOICES))).astype(np.int32)


@pytest.fixture(scope="module")
def draw(social_decoder, controls):
    """Samples for photos."""

    def samples(photos, sampler=PLAIN, random=None):
        rows = len(photos)
        wishes = controls[:rows]
        return sampler.sample(
            social_decoder,
            social_decoder.begin(photos, np.ones(rows, np.float32), wishes),
            social_decoder.begin(photos, np.zeros(rows, np.float32), wishes),
            uniforms(7, b"salt", rows, STEPS) if random is None else random,
        )

    return samples


def same(one, other) -> bool:
    width = min(one.symbols.shape[1], other.symbols.shape[1])
    return np.array_equal(one.symbols[:, :width], other.symbols[:, :width])


def test_the_log_probabilities_are_those_of_teacher_forcing(social_decoder, photos, controls, draw):
    samples = draw(photos)
    targets = samples.symbols
    inputs = np.concatenate([np.full((ROWS, 1), START, np.int32), targets[:, :-1]], axis=1)
    counted = np.cumsum(targets == END, axis=1) - (targets == END) == 0  # up to the first end
    assert counted.sum() < counted.size, "some rows must end early for this test to mean something"
    for seen, said in ((1.0, samples.conditional_logp), (0.0, samples.unconditional_logp)):
        logits = social_decoder((inputs, photos, np.full(ROWS, seen, np.float32), controls))
        logp = tf.nn.log_softmax(logits).numpy()
        chosen = np.take_along_axis(logp, targets[:, :, None], axis=2)[:, :, 0]
        np.testing.assert_allclose((chosen * counted).sum(axis=1), said, rtol=1e-4, atol=1e-4)
    assert np.abs(samples.conditional_logp - samples.unconditional_logp).max() > 0.1


def test_after_the_end_comes_nothing_else(draw, photos):
    samples = draw(photos)
    for row, finished in zip(samples.symbols, samples.finished, strict=True):
        ends = np.flatnonzero(row == END)
        assert finished == (len(ends) > 0)
        if finished:
            assert np.all(row[ends[0] :] == END)


def test_specials_are_never_written_even_if_the_model_would(markov):
    state = table(40, after_1={PAD: 0.4, START: 0.2, UNKNOWN: 0.3, 5: 0.1}, after_5={PAD: 0.6, UNKNOWN: 0.3, END: 0.1})
    samples = PLAIN.sample(markov, state, state, uniforms(1, b"x", 40, 5))
    assert np.all(np.isin(samples.symbols, [5, END]))
    assert np.all(samples.finished)


def test_a_caption_that_never_ends_is_cut_and_says_so(markov):
    state = table(6, after_1={5: 1.0}, after_5={5: 0.5, 6: 0.5}, after_6={5: 1.0})
    samples = PLAIN.sample(markov, state, state, uniforms(1, b"x", 6, 9))
    assert samples.symbols.shape == (6, 9)
    assert not samples.finished.any()


def test_it_stops_as_soon_as_all_have_ended(markov):
    state = table(5, after_1={5: 1.0}, after_5={END: 1.0})
    samples = PLAIN.sample(markov, state, state, uniforms(1, b"x", 5, 80))
    assert samples.symbols.tolist() == [[5, END]] * 5


def test_symbols_come_as_often_as_they_are_likely(markov):
    state = table(1000, after_1={4: 0.5, 5: 0.3, 6: 0.2})
    symbols = PLAIN.sample(markov, state, state, even(1000, 1)).symbols[:, 0]
    assert np.bincount(symbols, minlength=8)[4:7].tolist() == [500, 300, 200]


def test_the_nucleus_cuts_the_tail_and_keeps_proportions(markov):
    state = table(800, after_1={4: 0.5, 5: 0.3, 6: 0.2})
    symbols = (
        TopPSampler(top_p=0.7, temperature=1, guidance_scale=1).sample(markov, state, state, even(800, 1)).symbols[:, 0]
    )
    assert np.bincount(symbols, minlength=8)[4:7].tolist() == [500, 300, 0]


def test_candidates_bound_the_nucleus(markov):
    state = table(100, after_1={4: 0.5, 5: 0.3, 6: 0.2})
    sampler = TopPSampler(top_p=1, temperature=1, guidance_scale=1, candidates=1)
    assert np.all(sampler.sample(markov, state, state, even(100, 1)).symbols == 4)


def test_temperature_sharpens_and_flattens(markov):
    state = table(1000, after_1={4: 0.8, 5: 0.2})

    def share(temperature: float) -> float:
        sampler = TopPSampler(top_p=1, temperature=temperature, guidance_scale=1)
        return float((sampler.sample(markov, state, state, even(1000, 1)).symbols[:, 0] == 5).mean())

    assert share(0.5) == pytest.approx(0.04 / 0.68, abs=0.002)
    assert share(1) == pytest.approx(0.2, abs=0.002)
    assert share(2) == pytest.approx(1 / 3, abs=0.002)


def test_guidance_moves_away_from_what_is_said_without_the_photo(markov):
    conditional, unconditional = table(1000, after_1={4: 0.5, 5: 0.5}), table(1000, after_1={4: 0.8, 5: 0.2})

    def share(guidance_scale: float) -> float:
        sampler = TopPSampler(top_p=1, temperature=1, guidance_scale=guidance_scale)
        return float((sampler.sample(markov, conditional, unconditional, even(1000, 1)).symbols[:, 0] == 5).mean())

    assert share(0) == pytest.approx(0.2, abs=0.002)
    assert share(1) == pytest.approx(0.5, abs=0.002)
    assert share(2) == pytest.approx(0.8, abs=0.002)  # .5**2/.8 : .5**2/.2


def test_a_tiny_nucleus_is_greedy(social_decoder, photos, controls, draw):
    samples = draw(photos, TopPSampler(top_p=1e-6, temperature=1.0, guidance_scale=1.0))
    state = social_decoder.begin(photos, np.ones(ROWS, np.float32), controls)
    last, done = np.full(ROWS, START, np.int32), np.zeros(ROWS, bool)
    for t in range(samples.symbols.shape[1]):
        logits, state = social_decoder.step(last, state)
        allowed = logits.numpy()
        allowed[:, [PAD, START, UNKNOWN]] = -np.inf
        last = np.where(done, END, allowed.argmax(axis=1)).astype(np.int32)
        done |= last == END
        assert np.array_equal(samples.symbols[:, t], last)


def test_the_same_random_numbers_give_the_same_captions_and_others_give_others(draw, photos):
    assert same(draw(photos), draw(photos))
    assert not same(draw(photos), draw(photos, random=uniforms(8, b"salt", ROWS, STEPS)))


def test_without_guidance_the_photo_is_ignored_and_with_it_it_is_not(draw, photos):
    ignoring, looking = (TopPSampler(top_p=0.9, temperature=1, guidance_scale=r) for r in (0.0, 1.0))
    assert same(draw(photos, ignoring), draw(photos[::-1].copy(), ignoring))
    assert not same(draw(photos, looking), draw(photos[::-1].copy(), looking))


def test_a_row_does_not_depend_on_the_company_it_is_in(draw, photos):
    random = uniforms(7, b"salt", ROWS, STEPS)
    together = draw(photos, random=random)
    alone = draw(photos[:3], random=random[:3])
    assert same(alone, type(together)(*(part[:3] for part in together)))
    np.testing.assert_allclose(alone.conditional_logp, together.conditional_logp[:3], rtol=1e-4)


def test_rows_that_wait_for_a_place_are_written_as_if_they_had_not_waited(social_decoder, photos, controls):
    rows = 3 * SLOTS + 5
    which = np.random.default_rng(2).integers(0, ROWS, rows)
    many, wishes, random = photos[which], controls[which], uniforms(7, b"queue", rows, STEPS)

    def written(chosen):
        states = (
            social_decoder.begin(many[chosen], np.full(len(chosen), seen, np.float32), wishes[chosen])
            for seen in (1.0, 0.0)
        )
        return PLAIN.sample(social_decoder, *states, random[chosen])

    together = written(np.arange(rows))
    assert together.finished.any() and not together.finished.all()
    order = np.random.default_rng(3).permutation(rows)
    shuffled = written(order)
    assert np.array_equal(together.symbols[order], shuffled.symbols)
    for start in range(0, rows, 20):
        some = np.arange(start, min(start + 20, rows))
        alone = written(some)
        assert same(alone, type(alone)(*(part[some] for part in together)))
        assert np.array_equal(alone.finished, together.finished[some])
        np.testing.assert_allclose(alone.conditional_logp, together.conditional_logp[some], rtol=1e-4)
        np.testing.assert_allclose(alone.unconditional_logp, together.unconditional_logp[some], rtol=1e-4)


def test_random_numbers_depend_on_seed_and_salt_alone():
    numbers = uniforms(7, b"photo", 4, 6)
    assert numbers.shape == (4, 6)
    assert numbers.dtype == np.float32
    assert np.all((numbers >= 0) & (numbers < 1))
    assert np.array_equal(numbers, uniforms(7, b"photo", 4, 6))
    assert not np.array_equal(numbers, uniforms(8, b"photo", 4, 6))
    assert not np.array_equal(numbers, uniforms(7, b"other", 4, 6))
    assert abs(uniforms(7, b"photo", 100, 100).mean() - 0.5) < 0.02


def repeats(sequence: list[int]) -> bool:
    """Whether a symbol follows itself, or three symbols come twice in the same order."""
    threes = list(zip(sequence, sequence[1:], sequence[2:], strict=False))
    return any(a == b for a, b in itertools.pairwise(sequence)) or len(set(threes)) < len(threes)


def exhaustive(logits: np.ndarray, steps: int, alpha: float) -> tuple[list[int], float]:
    """The best of all sequences of up to ``steps`` symbols, end included, under one Markov table, without repeats."""
    allowed = logits.astype(np.float64)
    allowed[:, [PAD, START, UNKNOWN]] = -np.inf
    logp = allowed - np.log(np.exp(allowed).sum(axis=1, keepdims=True))
    best: tuple[float, list[int]] = (-np.inf, [])
    for length in range(1, steps + 1):
        for middle in itertools.product(range(4, 8), repeat=length - 1):
            sequence = [*middle, END]
            if repeats(sequence):
                continue
            score = sum(logp[a, b] for a, b in itertools.pairwise([START, *sequence])) / length**alpha
            best = max(best, (score, sequence))
    return best[1], best[0]


def ended(row) -> list[int]:
    row = list(row)
    return row[: row.index(END) + 1] if END in row else row


@pytest.mark.parametrize("alpha", [0.0, 0.7, 1.0])
def test_a_beam_that_is_wide_enough_finds_the_best_of_all(markov, alpha):
    tables = np.random.default_rng(5).normal(0, 1.5, (12, 8, 8)).astype(np.float32)
    tables[:, :, END] -= 1
    tables[:, 5, 4] += 2  # back and forth, had it been let
    tables[:, 4, 5] += 2
    symbols, scores = BeamSearch(width=600, alpha=alpha, steps=6).search(markov, (tables,))
    for row, score, logits in zip(symbols, scores, tables, strict=True):
        sequence, best = exhaustive(logits, 6, alpha)
        assert ended(row) == sequence
        assert score == pytest.approx(best, abs=1e-4)


def test_a_beam_of_one_is_greedy(markov):
    tables = np.random.default_rng(6).normal(0, 2, (30, 8, 8)).astype(np.float32)
    symbols, _ = BeamSearch(width=1, steps=20).search(markov, (tables,))
    finished = 0
    for row, logits in zip(symbols, tables, strict=True):
        allowed = logits.copy()
        allowed[:, [PAD, START, UNKNOWN]] = NEVER
        last, greedy = START, []
        while last != END and len(greedy) < symbols.shape[1]:
            last = next(int(best) for best in allowed[last].argsort()[::-1] if not repeats([*greedy, int(best)]))
            greedy.append(last)
        assert ended(row) == greedy
        finished += END in greedy
    assert finished >= 5


def test_a_wider_beam_finds_what_greed_misses(markov):
    state = table(1, after_1={4: 0.6, 5: 0.4}, after_4={6: 0.4, 7: 0.3, 5: 0.3}, after_5={END: 1.0})
    state[0][0, 6:8, END] = 0
    narrow, _ = BeamSearch(width=1, alpha=0, steps=6).search(markov, state)
    wide, _ = BeamSearch(width=3, alpha=0, steps=6).search(markov, state)
    assert ended(narrow[0])[0] == 4
    assert ended(wide[0]) == [5, END]


def test_length_normalisation_lets_longer_sentences_win(markov):
    # [4, END]: .45 in two steps; [5, 6, 7, END]: .55 * .8 = .44 in four.
    state = table(1, after_1={4: 0.45, 5: 0.55}, after_4={END: 1.0}, after_5={6: 0.8, END: 0.2}, after_6={7: 1.0})
    state[0][0, 7, END] = 0
    short, score = BeamSearch(width=5, alpha=0.0, steps=8).search(markov, state)
    assert ended(short[0]) == [4, END]
    assert score[0] == pytest.approx(np.log(0.45), abs=1e-4)
    long, score = BeamSearch(width=5, alpha=1.0, steps=8).search(markov, state)
    assert ended(long[0]) == [5, 6, 7, END]
    assert score[0] == pytest.approx(np.log(0.44) / 4, abs=1e-4)


def test_a_finished_sentence_beats_an_unfinished_one(markov):
    state = table(1, after_1={4: 0.9, 5: 0.1}, after_4={6: 1.0}, after_6={7: 1.0}, after_7={4: 1.0}, after_5={END: 1.0})
    symbols, _ = BeamSearch(width=3, alpha=0.7, steps=5).search(markov, state)
    assert ended(symbols[0]) == [5, END]


def test_no_word_follows_itself_and_no_phrase_comes_twice(markov):
    state = table(
        2, after_1={4: 1.0}, after_4={4: 0.8, 5: 0.2}, after_5={6: 1.0}, after_6={4: 0.9, 7: 0.1}, after_7={END: 1.0}
    )
    state[0][1, 4, 4] = -50  # the second photo's decoder does not stutter, it only goes round
    greedy, _ = BeamSearch(width=1, steps=24).search(markov, state)
    assert not any(repeats(ended(row)) for row in greedy)
    symbols, _ = BeamSearch(width=5, alpha=1.0, steps=24).search(markov, state)
    assert [ended(row) for row in symbols] == [[4, 5, 6, 7, END]] * 2


def test_several_photos_get_what_each_gets_alone(descriptive_decoder):
    grids = np.random.default_rng(7).normal(size=(5, 2, 2, 6)).astype(np.float32)
    beam = BeamSearch(width=4, steps=10)
    together, scores = beam.search(descriptive_decoder, descriptive_decoder.begin(grids))
    assert len({tuple(row) for row in together.tolist()}) > 1, "the photos must matter"
    for number in range(5):
        alone, score = beam.search(descriptive_decoder, descriptive_decoder.begin(grids[number : number + 1]))
        assert ended(alone[0]) == ended(together[number])
        assert score[0] == pytest.approx(scores[number], abs=1e-4)


def test_the_score_of_a_description_is_its_own_probability(descriptive_decoder):
    grids = np.random.default_rng(9).normal(size=(4, 2, 2, 6)).astype(np.float32)
    symbols, scores = BeamSearch(width=4, alpha=0.7, steps=10).search(
        descriptive_decoder, descriptive_decoder.begin(grids)
    )
    inputs = np.concatenate([np.full((4, 1), START, np.int32), symbols[:, :-1]], axis=1)
    logits = descriptive_decoder((inputs, grids)).numpy()
    logits[:, :, [PAD, START, UNKNOWN]] = NEVER
    logp = tf.nn.log_softmax(logits).numpy()
    finished = 0
    for row, score, table_ in zip(symbols, scores, logp, strict=True):
        sentence = ended(row)
        if sentence[-1] == END:
            finished += 1
            own = sum(table_[t, symbol] for t, symbol in enumerate(sentence))
            assert score == pytest.approx(own / len(sentence) ** 0.7, abs=1e-4)
    assert finished >= 2


def test_a_description_has_no_specials_and_is_not_longer_than_asked(descriptive_decoder):
    grids = np.random.default_rng(8).normal(size=(5, 2, 2, 6)).astype(np.float32)
    symbols, _ = BeamSearch(width=3, steps=6).search(descriptive_decoder, descriptive_decoder.begin(grids))
    assert symbols.shape[1] <= 6
    assert not np.isin(symbols, [PAD, START, UNKNOWN]).any()


def test_each_row_has_a_bound_of_its_own(markov):
    """The third symbol may be the end: in time for a bound of 3, too late for one of 2."""
    state = table(4, **{f"after_{START}": {5: 1.0}, "after_5": {6: 1.0}, "after_6": {END: 1.0}})
    bounds = np.array([3, 2, 4, 1], np.int32)
    out = PLAIN.sample(markov, state, state, even(4, STEPS), bounds)
    assert out.finished.tolist() == [True, False, True, False]
    assert out.symbols.shape == (4, 3)
    assert out.symbols[:, 0].tolist() == [5] * 4
    unbounded = PLAIN.sample(markov, state, state, even(4, STEPS))
    assert unbounded.finished.all()
    np.testing.assert_array_equal(out.symbols[[0, 2]], unbounded.symbols[[0, 2]])


def test_without_guidance_half_the_work_gives_the_same(social_decoder):
    rows = 6
    photo, controls = np.ones((rows, social_decoder.config.photo), np.float32), np.zeros((rows, 5), np.int32)
    conditional, unconditional = (
        social_decoder.begin(photo, np.full(rows, sees, np.float32), controls) for sees in (1, 0)
    )
    random = np.random.default_rng(3).random((rows, STEPS), dtype=np.float32)
    both = PLAIN.sample(social_decoder, conditional, unconditional, random)
    alone = PLAIN.sample(social_decoder, conditional, None, random)
    np.testing.assert_array_equal(both.symbols, alone.symbols)
    np.testing.assert_allclose(both.conditional_logp, alone.conditional_logp, rtol=1e-4)
    assert both.unconditional_logp is not None
    assert alone.unconditional_logp is None
    with pytest.raises(ValueError, match="without the photo"):
        TopPSampler(guidance_scale=1.5).sample(social_decoder, conditional, None, random)
