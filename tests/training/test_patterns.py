"""Patterns of captions: what they stand for, and what is none."""

import pytest

from caption_model.errors import DumpError
from caption_model.generation.grounding import ANYTHING
from caption_model.text import graphemes
from caption_model.text.controls import MAX_GRAPHEMES
from caption_model.text.topics import topics
from caption_model.training.corpus.table import read_corpus
from datasets.corpus import FOLDER
from datasets.corpus.patterns import parse, sample


def test_a_pattern_stands_for_each_way_through_its_brackets():
    pattern = parse("(Slow|Lazy) mornings( with (tea|coffee)|)( ☕|)")
    assert len(pattern) == 12
    expansions = list(pattern.expansions())
    assert len(set(expansions)) == 12
    assert expansions[0] == "Slow mornings with tea ☕"
    assert expansions[-1] == "Lazy mornings"
    assert list(parse("Coffee first").expansions()) == ["Coffee first"]


@pytest.mark.parametrize("pattern", ["(tea|coffee", "tea|coffee", "tea) first", "((tea|coffee) first"])
def test_what_is_no_pattern_is_said(pattern):
    with pytest.raises(DumpError, match="pattern"):
        parse(pattern)


def test_a_sample_is_always_the_same_and_leaves_some_for_the_network_to_find():
    pattern = "(a|b|c|d) (e|f|g) (h|i)"
    chosen = sample(pattern, 10, 0.25)
    assert len(chosen) == len(set(chosen)) == 6
    assert chosen == sample(pattern, 10, 0.25)
    assert set(chosen) < set(parse(pattern).expansions())
    assert len(sample(pattern, 4)) == 4
    assert sample("Coffee first", 3, 0.1) == ["Coffee first"]
    assert sample("(tea|tea) first", 5) == ["tea first"]


def test_all_that_ship_expand_to_captions():
    patterns = read_corpus(FOLDER).patterns
    assert len({pattern.topics for pattern in patterns}) == 98
    assert {pattern.tone for pattern in patterns} == {"gram", "playful", "warm", "minimal"}
    assert {topic for pattern in patterns for topic in pattern.topics} <= {*topics(), ANYTHING}
    for pattern in patterns:
        for caption in parse(pattern.caption).expansions():
            assert 0 < graphemes.length(caption) <= MAX_GRAPHEMES
            assert caption == " ".join(caption.split()), "no blank too many"
            assert not set(caption) & set('#@"|()')
