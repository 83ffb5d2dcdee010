"""Shared stand-ins and tiny networks: whatever a test needs of TensorFlow is built once for all tests."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported by any test
if "PYTEST_XDIST_WORKER" in os.environ:  # workers side by side, and what they start: a core each, not all cores each
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import numpy as np
import pytest

from tests.support.paths import SAMPLE, SUPPORT

# Files that take longest, the longest first. They are handed out first, so that no worker is left alone with one in the
# end; pytest-xdist itself would begin with the files of most tests, and these have few.
SLOWEST = (
    "test_notebooks.py",
    "training/test_loop.py",
    "training/test_bundles.py",
    "training/test_voice.py",
    "training/test_topics.py",
    "training/test_watch.py",
    "app/test_retrain.py",
    "browser/test_suggest.py",
    "browser/test_session.py",
    "browser/test_folder.py",
    "training/test_low_rank.py",
    "training/test_critic.py",
    "models/test_bundled.py",
    "robustness/test_bundles.py",
    "batch/test_resume.py",
    "app/test_suggest.py",
    "app/test_folder.py",
)


def pytest_configure(config) -> None:
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items) -> None:
    here = Path(__file__).parent
    rank = {here / name: number for number, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))


class FakeEncoder:
    """Two by two grid: the mean colour of each quarter of the photo, and its brightness; counts what it is asked."""

    name = "fake"
    size = (8, 8)
    grid_shape = (2, 2, 4)
    arithmetic = "float"
    class_head = None
    topic_head = None

    def __init__(self, sha256: str = "f" * 64):
        self.sha256 = sha256
        self.encoded = 0

    def encode(self, photos):
        self.encoded += len(photos)
        quarters = photos.reshape(-1, 2, 4, 2, 4, 3).mean(axis=(2, 4)) / 255
        grid = np.concatenate([quarters, quarters.mean(axis=-1, keepdims=True)], axis=-1).astype(np.float32)
        return SimpleNamespace(grid=grid, pooled=grid.mean(axis=(1, 2)))


@pytest.fixture
def fake_encoder():
    return FakeEncoder()


@pytest.fixture(scope="session")
def encoder():
    """The stand-in of an encoder, where nobody counts what it was asked."""
    return FakeEncoder()


@pytest.fixture(scope="session")
def sample() -> Path:
    """The folder of the sample that ships with the project."""
    return SAMPLE


def shake(network, seed: int, deviation: float = 0.6) -> None:
    """Give every weight a large random value, so that photo, controls and history all matter."""
    random = np.random.default_rng(seed)
    for variable in network.trainable_variables:
        variable.assign(random.normal(0, deviation, variable.shape))


@pytest.fixture(scope="session")
def social_decoder():
    """A tiny social decoder whose photo matters: 30 symbols, photos of 8 numbers."""
    from caption_model.networks.config import SocialConfig
    from caption_model.networks.social_keras import build_social

    network = build_social(SocialConfig(symbols=30, photo=8, embedding=8, condition=8, units=16))
    shake(network, seed=1)
    return network


@pytest.fixture(scope="session")
def descriptive_decoder():
    """A tiny descriptive decoder whose photo matters: 20 words, grids of 2 x 2 x 6."""
    from caption_model.networks.config import DescriptiveConfig
    from caption_model.networks.descriptive_keras import build_descriptive

    network = build_descriptive(DescriptiveConfig(symbols=20, grid=(2, 2, 6), embedding=8, units=16, attention=8))
    shake(network, seed=2)
    *_, bias = network.trainable_variables
    bias.assign(bias + 3.0 * (np.arange(20) == 2))  # the end: without this hardly a sentence would come to one
    return network


@pytest.fixture(scope="session")
def cleaner():
    """The cleaner as suggestions meet it."""
    from datasets.cleaning import Cleaner, CleaningConfig

    return Cleaner(CleaningConfig(max_graphemes=80))


@pytest.fixture
def commands(monkeypatch):
    """Jobs run the command line with stand-ins for all that is heavy: ``support/commands.py``."""
    from caption_model.services import jobs

    monkeypatch.setattr(jobs, "COMMAND", [sys.executable, str(SUPPORT / "commands.py")])
    monkeypatch.setattr(jobs, "KINDNESS", 0)


@pytest.fixture
def gate(monkeypatch, tmp_path):
    """A gate that is closed: until the file is there, only the first photos are captioned and no training ends."""
    path = tmp_path / "gate"
    monkeypatch.setenv("GATE", str(path))
    yield path
    path.touch()  # else whoever still waits there is waited for


@pytest.fixture
def typed(monkeypatch, capsys):
    """A function that types a command and gives exit code, standard output and standard error."""

    from caption_model.cli import main

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["caption_model", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return run


@pytest.fixture(scope="session")
def any_phrase():
    """Phrases that know every run of words."""
    import numpy as np

    from caption_model.text.word_ngrams import Phrases

    class AnyPhrase(Phrases):
        def unknown(self, text: str, ended: bool = True) -> int:
            return 0

    return AnyPhrase(np.zeros(0, np.uint32))


@pytest.fixture(scope="session")
def any_construction():
    """Constructions that know every run of word classes."""
    from caption_model.text.class_ngrams import Constructions

    class AnyConstruction(Constructions):
        def unknown(self, text: str, ended: bool = True) -> int:
            return 0

    return AnyConstruction.fit([], {})
