"""Sets of hashes: what is in them, small on disk."""

import numpy as np
import pytest

from caption_model.text import hash_set
from caption_model.text.hash_set import HashSet

MANY = np.random.default_rng(1).integers(0, 2**28, 60_000).tolist()


@pytest.mark.parametrize("hashes", [MANY, [0, 2**32 - 1], [7, 7, 7], [0], []])
def test_it_is_read_as_it_was_written(hashes):
    held = HashSet.of(hashes)
    again = HashSet.from_bytes(held.to_bytes())
    np.testing.assert_array_equal(again.hashes, sorted(set(hashes)))
    assert again.hashes.dtype == np.uint32


def test_it_is_stored_in_less_than_its_hashes():
    held = HashSet.of(MANY)
    assert len(held.to_bytes()) < 0.5 * held.hashes.nbytes


def test_it_knows_what_it_holds():
    held = HashSet.of([3, 9, 2**32 - 1])
    assert held.holds([9, 2, 2**32 - 1, 10, 0, 3]).tolist() == [True, False, True, False, False, True]
    assert held.holds([]).tolist() == []
    assert HashSet.of([]).holds([1]).tolist() == [False]


@pytest.mark.parametrize("remembered", [0, 2, 100])
def test_answers_are_the_same_however_few_are_remembered(monkeypatch, remembered):
    monkeypatch.setattr(hash_set, "REMEMBERED", remembered)
    held, asked, hashed = HashSet.of([1, 2, 4]), ["a", "bb", "ccc", "bb", "dddd"], []

    def length(text):
        hashed.append(text)
        return len(text)

    for _ in range(4):
        assert held.recognises(asked, length) == [True, True, False, True, True]
        assert held.recognises([], length) == []
        assert held.recognises(["zzz", "a"], length) == [False, True]
    assert (len(hashed) == 6) is (remembered == 100)  # each once, and "bb" twice in one question


def test_together_they_hold_what_either_holds():
    both = HashSet.of([1, 5]).joined(HashSet.of([5, 2]))
    assert both.hashes.tolist() == [1, 2, 5]
