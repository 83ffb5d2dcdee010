"""One captioner for many: turns, voices, wishes."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from caption_model.captioner import SAMPLER
from caption_model.generation.options import Wishes
from caption_model.services.shared_captioner import SharedCaptioner
from caption_model.text.controls import RELEVANCE, Controls

PHOTO = np.zeros((224, 224, 3), np.uint8)


class Alone:
    """Fails when two threads are in it at once."""

    def __init__(self, name: str = "bundled"):
        self.name, self.inside, self.calls = name, threading.Lock(), []

    def caption(self, photos, n, seed, controls, sampler):
        assert self.inside.acquire(blocking=False), "two at once"
        self.calls.append((photos.shape, n, seed, controls, sampler))
        self.inside.release()
        return [SimpleNamespace(social=("a",) * n)]

    def with_voice(self, voice):
        other = Alone(voice)
        other.inside = self.inside  # the same cores
        return other


def test_twenty_visitors_of_two_voices_take_turns():
    captioner = Alone()
    shared = SharedCaptioner(captioner)
    voiced = shared.with_voice("mine")
    failed = []
    begin = threading.Barrier(20)

    def visit(number: int) -> None:
        begin.wait()
        try:
            for _ in range(50):
                assert len((shared, voiced)[number % 2].caption(PHOTO, 5, 7, Wishes()).social) == 5
        except AssertionError as error:
            failed.append(error)

    visitors = [threading.Thread(target=visit, args=[number]) for number in range(20)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert not failed
    assert len(captioner.calls) == 500


def test_a_voice_is_warm_before_anybody_waits_for_it():
    voiced = SharedCaptioner(Alone()).with_voice("mine")
    assert voiced.captioner.name == "mine"
    assert voiced.captioner.calls[0][0] == (1, 224, 224, 3)


def test_wishes_nobody_has_leave_the_sampler_as_it_is():
    assert Wishes().sampler() == SAMPLER
    assert Wishes().controls() == Controls(tone="gram")
    assert Wishes().relevance == RELEVANCE


def test_creativity_is_the_samplers_temperature():
    sampler = Wishes(relevance=0.0, creativity=1.5).sampler()
    assert sampler.temperature == pytest.approx(1.5 * SAMPLER.temperature)
    assert (sampler.relevance, sampler.top_p) == (0.0, SAMPLER.top_p)


def test_wishes_reach_the_captioner():
    captioner = Alone()
    SharedCaptioner(captioner).caption(PHOTO, 3, 9, Wishes("funny", "none", "short", 2.0, 1.2))
    ((_, n, seed, controls, sampler),) = captioner.calls
    assert (n, seed, controls, sampler.relevance) == (3, 9, Controls("funny", "none", "short"), 2.0)
