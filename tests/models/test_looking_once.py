"""A photo is encoded once, whatever is asked about it: counted at the bundled encoder itself."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from caption_model.batch.run import BatchSettings, caption_folder
from caption_model.captioner import Captioner
from caption_model.generation.options import GenerationOptions
from caption_model.networks.threads import threads_a_batch
from caption_model.services.cards import Card
from caption_model.services.shared_captioner import SharedCaptioner
from tests.support.batches import draw


class Counted:
    """The captioner, and how many photos its encoder has been shown."""

    def __init__(self):
        loaded = Captioner.load(threads=threads_a_batch())
        self._forward, self.photos = loaded.encoder.forward, 0
        self.captioner = replace(loaded, encoder=replace(loaded.encoder, forward=self._count))

    def _count(self, photos: np.ndarray) -> np.ndarray:
        self.photos += len(photos)
        return self._forward(photos)


@pytest.fixture(scope="module")
def loaded():
    return Counted()


@pytest.fixture
def counted(loaded):
    loaded.photos = 0
    return loaded


@pytest.fixture
def photo(sample):
    return sample / "photos" / "dogs.jpg"


def test_a_card_again_more_like_this_and_why(counted, photo):
    shared, card, options = SharedCaptioner(counted.captioner), Card.open(photo), GenerationOptions()
    card.suggest(shared, options, "Bundled")
    first = {line.text for line in card.lines}
    card.suggest(shared, options, "Bundled")
    card.suggest(shared, replace(options, tone="playful", subject="dog"), "Bundled")
    card.more_like(shared, card.lines[0].id, options)
    with Image.open(io.BytesIO(card.picture)) as picture:
        words = [word for word, _ in shared.attention(card.seen, picture)]
    assert counted.photos == 1
    assert " ".join(words).capitalize() + "." == card.description
    assert len(first) == 5 and not first & {line.text for line in card.lines}


def test_a_suggestion_that_is_explained(counted, photo, typed, monkeypatch, tmp_path):
    monkeypatch.setattr(Captioner, "load", lambda *_, **__: counted.captioner)
    code, out, _ = typed("suggest", photo, "-n", 20, "--json", "--explain", tmp_path / "why.png")
    assert code == 0 and out.count("\n") == 1
    assert (tmp_path / "why.png").read_bytes().startswith(b"\x89PNG")
    assert counted.photos == 1


def test_the_rows_of_a_batch(counted, tmp_path):
    for number in range(5):
        draw(tmp_path / f"{number}.png", number, 32)
    for n in (2, 6):  # the second time all are captioned anew
        counted.photos = 0
        settings = BatchSettings(tmp_path, tmp_path / "captions.csv", n=n, batch=1)
        *_, finished = caption_folder(settings, "m" * 64, lambda: counted.captioner)
        assert (finished.captioned, counted.photos) == (5, 5)
