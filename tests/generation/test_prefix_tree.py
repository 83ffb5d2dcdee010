"""One tree of prefixes: what rows share is computed once, and nobody can tell from what is written."""

import numpy as np
import pytest

from caption_model.generation import prefix_tree
from caption_model.generation.sampling import TopPSampler, uniforms
from caption_model.text.vocabulary import END

SAMPLER = TopPSampler(top_p=1.0, temperature=1.0)
SYMBOLS = 9


class Counting:
    """A decoder whose state is a running sum and whose table of logits never changes; counts the rows it steps."""

    def __init__(self):
        self.rows = 0

    def step(self, symbols, state):
        offset, total = state
        self.rows += len(symbols)
        after = (total * 3 + symbols[:, None]) % 17
        logits = np.cos(np.arange(SYMBOLS, dtype=np.float32) * (1 + after) + offset).astype(np.float32)
        return logits, (offset, after.astype(np.float32))


class OnlyEven:
    """Takes back whatever makes an odd sum."""

    checkpoints = np.arange(SYMBOLS) % 2 == 0

    def __call__(self, row, symbols):
        return sum(symbols) % 4 != 2


def begun(offsets):
    column = np.array(offsets, np.float32)[:, None]
    return column, np.zeros_like(column)


def written(decoder, offsets, random, constraint=None):
    return SAMPLER.sample(decoder, begun(offsets), None, random, constraint=constraint)


def test_rows_that_draw_alike_cost_what_one_costs():
    random = np.tile(uniforms(1, b"x", 1, 12), (40, 1))
    alone, together = Counting(), Counting()
    one, many = written(alone, [0.5], random[:1]), written(together, [0.5] * 40, random)
    assert together.rows == alone.rows > 0
    assert np.array_equal(many.symbols, np.tile(one.symbols, (40, 1)))
    assert np.unique(many.conditional_logp).tolist() == one.conditional_logp.tolist()


def test_rows_with_other_states_share_nothing():
    random = np.tile(uniforms(1, b"x", 1, 12), (3, 1))
    counts = []
    for offsets in ([0.5], [1.5], [2.5], [0.5, 1.5, 2.5]):
        decoder = Counting()
        written(decoder, offsets, random[: len(offsets)])
        counts.append(decoder.rows)
    assert counts[3] == sum(counts[:3])


@pytest.mark.parametrize("constraint", [None, OnlyEven()])
def test_what_was_forgotten_is_found_out_again(monkeypatch, constraint):
    offsets, random = [0.5, 1.5] * 150, uniforms(1, b"forget", 300, 20)
    decoder = Counting()
    whole = written(decoder, offsets, random, constraint)
    assert np.any(whole.symbols == END)
    monkeypatch.setattr(prefix_tree, "MOST_NODES", 1)
    forgetful = Counting()
    again = written(forgetful, offsets, random, constraint)
    assert forgetful.rows > decoder.rows
    for one, other in zip(whole[:3], again[:3], strict=True):
        np.testing.assert_array_equal(one, other)


def test_each_row_is_written_as_it_is_alone_to_the_bit():
    offsets, random = [0.5, 1.5, 0.5, 2.5] * 10, uniforms(1, b"company", 40, 15)
    together = written(Counting(), offsets, random, OnlyEven())
    for row in range(40):
        alone = written(Counting(), offsets[row : row + 1], random[row : row + 1], OnlyEven())
        width = alone.symbols.shape[1]
        assert np.array_equal(alone.symbols[0], together.symbols[row, :width])
        assert np.all(together.symbols[row, width:] == END)
        assert alone.conditional_logp[0] == together.conditional_logp[row]
