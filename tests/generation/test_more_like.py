"""More like this: close to the liked caption, never one that was shown, and only what may be shown."""

import pytest

from caption_model.generation.caption import Caption
from caption_model.generation.more_like import ROUNDS, closest, round_salt, sampling_options, without
from caption_model.generation.options import GenerationOptions
from caption_model.generation.reranking import Reranker
from caption_model.text.controls import Controls
from caption_model.text.lexicon import Fingerprints, Lexicon

SAID = ["by the sea with my best friend", "sunday by the sea", "my best friend on a sunday", "time with a good friend"]
LIKED = "sunday by the sea 🌊"


@pytest.fixture(scope="module")
def reranker(cleaner, any_phrase, any_construction):
    return Reranker(Lexicon.fit(SAID * 2), any_phrase, any_construction, Fingerprints.of([]), cleaner)


def candidates(*texts: str) -> list[Caption]:
    return [Caption(text, -10.0, -20.0) for text in texts]


def choose(reranker: Reranker, drawn: list[Caption], n: int, avoid: tuple[str, ...] = (), **wishes) -> list[str]:
    """As ``Captioner.rerank`` does."""
    options = GenerationOptions(n, tone=None, like=LIKED, avoid=avoid, **wishes)
    return [caption.text for caption in closest(reranker, without(drawn, options.avoid), options)]


def test_the_closest_comes_first(reranker):
    drawn = candidates("a good friend with time", "sunday by the sea with a friend", "my best friend by the sea")
    chosen = choose(reranker, drawn, 2)
    assert chosen == ["sunday by the sea with a friend", "my best friend by the sea"]


def test_a_bad_caption_gains_less_by_closeness_than_it_lacks(reranker):
    near, far = (
        Caption("sunday by the sea with a friend", -150.0, -20.0),
        Caption("my best friend by the sea", -10.0, -20.0),
    )
    assert choose(reranker, [near, far], 1) == [far.text]


def test_what_was_shown_never_comes_again_nor_the_liked_one(reranker):
    drawn = candidates(LIKED, "sunday by the sea", "my best friend by the sea", "a good friend with time")
    chosen = choose(reranker, drawn, 9, ("my best friend by the sea 🌊",))
    assert chosen == ["a good friend with time"]


def test_two_that_read_the_same_are_one(reranker):
    drawn = candidates("my best friend by the sea", "my best friend by the sea!", "a good friend with time")
    assert len(choose(reranker, drawn, 9)) == 2


def test_only_what_may_be_shown_and_what_was_wished_for(reranker):
    drawn = candidates(
        "sunday by the zzzea", "#sunday by the sea with time", "sunday by the sea with a friend", "by my sea 🌊 sunday"
    )
    assert choose(reranker, drawn, 9, emoji="none") == ["sunday by the sea with a friend"]


def test_the_decoder_is_asked_for_what_the_liked_caption_is_like():
    options = GenerationOptions(3, tone="playful", temperature=1.2, like=LIKED)
    asked = sampling_options(options, ("water", "dog"))
    assert asked.controls() == Controls("playful", "some", "short", "plain", "lower", "water")
    assert (asked.temperature, asked.seed, asked.n) == (1.2, 7, 3)
    assert options.controls() == Controls("playful"), "only the person's own wishes must be fulfilled"
    assert sampling_options(GenerationOptions(emoji="many"), ()) == GenerationOptions(emoji="many")


def test_every_round_and_every_click_draws_others():
    options = GenerationOptions(like=LIKED, avoid=[LIKED])
    salts = {round_salt(options, number) for number in range(ROUNDS)}
    assert len(salts) == ROUNDS
    assert {round_salt(options, number) for number in range(ROUNDS)} == salts, "the same question, the same answer"
    further = GenerationOptions(like=LIKED, avoid=[LIKED, "sunday by the sea with a friend"])
    assert round_salt(further, 0) not in salts
    assert round_salt(GenerationOptions(like="so good"), 0) not in salts


def test_what_reads_like_a_caption_to_avoid_is_left_out():
    drawn = candidates("sunday by the sea!", "Sunday by the sea", "monday by the sea", "a good friend")
    assert [one.text for one in without(drawn, {"sunday by the sea"})] == ["monday by the sea", "a good friend"]
    assert without(drawn, frozenset()) == drawn


def test_closeness_needs_something_to_be_close_to(reranker):
    with pytest.raises(ValueError, match="liked"):
        closest(reranker, [], GenerationOptions())
