"""Training needs few packages: a machine with a GPU may lack the others."""

import subprocess
import sys

ABSENT = ["tensorflow", "keras", "emoji", "ftfy", "pillow_heif", "pycocoevalcap", "lingua", "wordfreq", "streamlit"]
PROGRAM = f"""
import sys
for name in {ABSENT!r}:
    sys.modules[name] = None  # an import of it is an ImportError
import caption_model.training.distillation.course, caption_model.training.distillation.packing
from caption_model.cli import main
sys.argv = ["caption_model", "distil", "train", "--help"]
main()
"""


def test_training_needs_neither_tensorflow_nor_what_captions_need():
    found = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert "--session-minutes" in found.stdout
