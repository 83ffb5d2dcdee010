"""More like this: close to the liked caption, never one that was shown, and only what may be shown."""

import pytest

from caption_model.generation.more_like import ROUNDS, choose, more_like
from caption_model.generation.options import Wishes
from caption_model.generation.reranking import Candidate, Ranker
from caption_model.text.controls import Controls
from caption_model.text.lexicon import Fingerprints, Lexicon

SAID = ["by the sea with my best friend", "sunday by the sea", "my best friend on a sunday", "time with a good friend"]
LIKED = "sunday by the sea 🌊"


@pytest.fixture(scope="module")
def ranker(cleaner, any_phrase, any_construction):
    return Ranker(Lexicon.fit(SAID * 2), any_phrase, any_construction, Fingerprints.of([]), cleaner)


def candidates(*texts: str, seen: float = -10.0) -> list[Candidate]:
    return [Candidate(text, seen, -20.0) for text in texts]


def test_the_closest_comes_first(ranker):
    drawn = candidates("a good friend with time", "sunday by the sea with a friend", "my best friend by the sea")
    chosen = choose(ranker, drawn, LIKED, 2, Controls(), [])
    assert chosen == ["sunday by the sea with a friend", "my best friend by the sea"]


def test_a_bad_caption_gains_less_by_closeness_than_it_lacks(ranker):
    near, far = (
        Candidate("sunday by the sea with a friend", -150.0, -20.0),
        Candidate("my best friend by the sea", -10.0, -20.0),
    )
    assert choose(ranker, [near, far], LIKED, 1, Controls(), []) == [far.text]


def test_what_was_shown_never_comes_again_nor_the_liked_one(ranker):
    drawn = candidates(LIKED, "sunday by the sea", "my best friend by the sea", "a good friend with time")
    chosen = choose(ranker, drawn, LIKED, 9, Controls(), ["my best friend by the sea 🌊"])
    assert chosen == ["a good friend with time"]


def test_two_that_read_the_same_are_one(ranker):
    drawn = candidates("my best friend by the sea", "my best friend by the sea!", "a good friend with time")
    assert len(choose(ranker, drawn, LIKED, 9, Controls(), [])) == 2


def test_only_what_may_be_shown_and_what_was_wished_for(ranker):
    drawn = candidates(
        "sunday by the zzzea", "#sunday by the sea with time", "sunday by the sea with a friend", "by my sea 🌊 sunday"
    )
    assert choose(ranker, drawn, LIKED, 9, Controls(emoji="none"), []) == ["sunday by the sea with a friend"]


class Drawer:
    """A captioner that draws what it is given, and remembers what it was told."""

    def __init__(self, ranker, encoder):
        from types import SimpleNamespace

        self.encoder, self.social = encoder, SimpleNamespace(ranker=ranker)
        self.told = []

    def describe_surely(self, grids):
        return [("The sea.", None)]

    def shown(self, pooled, descriptions):
        return [{"water": 1.0}]

    def sample(self, pooled, shown, salts, n, seed, controls, sampler):
        self.told.append((tuple(salts), controls, sampler))
        return [candidates("sunday by the sea with a friend")]


def test_the_decoder_is_asked_for_what_the_liked_caption_is_like(ranker, encoder):
    import numpy as np

    drawer = Drawer(ranker, encoder)
    photo = np.zeros((8, 8, 3), np.uint8)
    wishes = Wishes(tone="funny", emoji=None, creativity=1.5)
    assert more_like(drawer, photo, LIKED, 3, wishes, [LIKED]) == ["sunday by the sea with a friend"]
    assert len(drawer.told) == ROUNDS
    salts, controls, samplers = zip(*drawer.told, strict=True)
    assert set(controls) == {Controls("funny", "some", "short", "plain", "lower", "water")}
    assert len(set(salts)) == ROUNDS, "every round draws others"
    assert set(samplers) == {wishes.sampler()}
    more_like(drawer, photo, LIKED, 3, wishes, [LIKED])
    assert [told[0] for told in drawer.told[ROUNDS:]] == list(salts), "the same question, the same answer"
    more_like(drawer, photo, LIKED, 3, wishes, [LIKED, "sunday by the sea with a friend"])
    assert not {told[0] for told in drawer.told[2 * ROUNDS :]} & set(salts)
