"""Three hundred photos of every mode, format and damage: opened, or refused in one sentence."""

import pytest

from tests.robustness.photos import Tally, mutant

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")  # of the writers


def test_every_photo_is_opened_or_refused_in_one_sentence():
    tally = Tally()
    for seed in range(300):
        tally.attempt(seed)
    assert tally.crashed == []
    assert tally.opened.total() > 100 and tally.refused.total() > 50, "both happen, or nothing is tried"
    assert tally.opened.total() + tally.refused.total() == tally.tried.total() == 300


def test_a_number_always_gives_the_same_photo():
    assert [mutant(seed) for seed in range(20)] == [mutant(seed) for seed in range(20)]
