"""transformers and sentence-transformers find the installed package datasets, if there is one, and never our folder."""

import subprocess
import sys

import pytest

from tests.support.paths import ROOT

# Has whatever is imported from it, as a class: the real one has dozens of names.
STAND_IN = """
__version__ = "5.0.0"
def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (), {"made_by": "somebody else"})
"""
PROBE = """
import sys
import datasets.posts
from caption_model.training.installed_datasets import installed_datasets
from caption_model.training.pairing.by_meaning import load_embed
ours = sys.modules["datasets.posts"]
if "--embed" in sys.argv:
    embed = load_embed()
    near, far = embed(["a dog in the snow", "a puppy plays in snow"]), embed(["a dog in the snow", "a cup of tea"])
    assert near[0] @ near[1] > far[0] @ far[1] + 0.2
for _ in range(2):
    with installed_datasets():
        try:
            import datasets as theirs
            print(theirs.Dataset.made_by)
        except ModuleNotFoundError:
            print("none")
    from datasets.posts import Post
    assert sys.modules["datasets.posts"] is ours and Post is ours.Post
    assert not hasattr(sys.modules["datasets"], "Dataset")
"""


def probe(*words: object, path: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run the probe in a checkout with further folders at the end of Python's path."""
    code = f"import sys\nsys.path += {list(path)!r}\n" + PROBE
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.fixture
def stand_in(tmp_path):
    """A folder with somebody else's package ``datasets``."""
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "__init__.py").write_text(STAND_IN, encoding="utf-8")
    return str(tmp_path)


def test_where_it_is_installed_sentences_are_embedded_with_it(stand_in):
    done = probe("--embed", path=(stand_in,))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["somebody else"] * 2


def test_where_it_is_not_nothing_is_found():
    done = probe()
    assert done.returncode == 0, done.stderr
    if done.stdout.split("\n")[0] != "none":
        pytest.skip("the package datasets is installed here")
    assert done.stdout.split("\n")[:2] == ["none"] * 2
