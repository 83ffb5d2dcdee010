"""One captioner for many: turns, voices, options."""

import threading

import numpy as np

from caption_model.generation.options import GenerationOptions
from caption_model.services.shared_captioner import SharedCaptioner
from tests.support.seeing import captions, seen

PHOTO = np.zeros((224, 224, 3), np.uint8)


class Alone:
    """Fails when two threads are in it at once."""

    def __init__(self, name: str = "bundled"):
        self.name, self.inside, self.looked, self.written = name, threading.Lock(), [], []

    def look(self, pixels):
        assert self.inside.acquire(blocking=False), "two at once"
        self.looked.append(pixels.shape)
        self.inside.release()
        return seen(f"A photo by {self.name}.")

    def write(self, seen, options):
        assert self.inside.acquire(blocking=False), "two at once"
        self.written.append((seen, options))
        self.inside.release()
        return captions(*(f"{self.name} {number}" for number in range(options.n)))

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
            looked = shared.look(PHOTO)
            for _ in range(50):
                assert len((shared, voiced)[number % 2].write(looked, GenerationOptions())) == 5
        except AssertionError as error:
            failed.append(error)

    visitors = [threading.Thread(target=visit, args=[number]) for number in range(20)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert not failed
    assert len(captioner.looked) == 20
    assert len(captioner.written) == 500


def test_a_voice_is_warm_before_anybody_waits_for_it():
    voiced = SharedCaptioner(Alone()).with_voice("mine")
    assert voiced.captioner.name == "mine"
    assert voiced.captioner.looked == [(224, 224, 3)]
    assert len(voiced.captioner.written) == 1


def test_options_reach_the_captioner():
    captioner, looked = Alone(), seen()
    options = GenerationOptions(3, 9, "playful", "none", "short", guidance_scale=2.0, temperature=1.2)
    assert len(SharedCaptioner(captioner).write(looked, options)) == 3
    assert captioner.written == [(looked, options)]
