"""Training needs few packages: a machine with a GPU may lack the others."""

import subprocess
import sys

from tests.support.distillation import make_data, tiny_start

ABSENT = ["tensorflow", "keras", "emoji", "ftfy", "pillow_heif", "pycocoevalcap", "lingua", "wordfreq", "streamlit"]
PROGRAM = f"""
import sys
for name in {ABSENT!r}:
    sys.modules[name] = None  # an import of it is an ImportError
import caption_model.training.distillation.course, caption_model.training.distillation.packing
from caption_model.training.distillation.__main__ import main
sys.argv = ["distil", *sys.argv[1:]]
main()
"""


def run(*words):
    return subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=False)


def test_training_needs_neither_tensorflow_nor_what_captions_need(tmp_path):
    data = make_data(tmp_path / "data", posts=20, unlabelled=4)
    start, pack, folder = tiny_start(tmp_path / "start.npz"), tmp_path / "pack", tmp_path / "run"
    found = run("pack", "--data", str(data), "--start", str(start), "--out", str(pack))
    assert found.returncode == 0, found.stderr
    sizes = ["--steps", "2", "--batch", "4", "--sizes", "32:1", "--fitted", "16", "--checkpoints", "1", "--judges", "2"]
    found = run("train", str(pack), "--run", str(folder), *sizes, "--gallery", "4")
    assert found.returncode == 0, found.stderr
    assert f"Saved {folder}." in found.stdout
    assert '"step": 2' in found.stdout


def test_an_error_is_one_sentence(tmp_path):
    found = run("train", str(tmp_path / "gone"), "--run", str(tmp_path / "run"), "--steps", "1")
    assert found.returncode == 1
    assert found.stderr.splitlines() == [f"Error: {tmp_path / 'gone'} is not there: make it with `distil pack`."]
