"""Mutants of dumps, as many as a test run has time for; ``python -m tests.robustness.dumps`` tries thousands."""

from tests.robustness.dumps import KINDS, run

COUNT = 300


def test_mutants_of_dumps_are_read_or_refused_in_one_sentence():
    tallies = run(COUNT)
    assert sum(tally.tried for tally in tallies.values()) == COUNT
    assert [line for tally in tallies.values() for line in tally.failed] == []
    for kind in KINDS:
        assert tallies[kind].read and tallies[kind].refused, kind  # they are neither all sound nor all hopeless
