"""What pip installs: one package with its models and word lists, in nobody's way, and captions as in the checkout."""

import ast
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from setup import moved
from tests.support.paths import ROOT

THEIRS = "class Dataset:\n    made_by = 'somebody else'\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder like site-packages: our wheel unpacked beside somebody else's packages ``datasets`` and ``app``."""
    build = tmp_path_factory.mktemp("build")
    for folder in ("app", "caption_model", "datasets", "docs"):
        ignore = shutil.ignore_patterns("__pycache__", "screenshots")
        shutil.copytree(ROOT / folder, build / folder, ignore=ignore)
    for file in ("LICENSE", "README.md", "pyproject.toml", "setup.py"):
        shutil.copy(ROOT / file, build)
    command = [sys.executable, "setup.py", "-q", "bdist_wheel", "-d", str(build / "wheel")]
    done = subprocess.run(command, cwd=build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    site = tmp_path_factory.mktemp("site-packages")
    for name in ("datasets", "app"):
        (site / name).mkdir()
        (site / name / "__init__.py").write_text(THEIRS, encoding="utf-8")
    (wheel,) = (build / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        assert tops == {"caption_model", next(name for name in tops if name.endswith(".dist-info"))}
        archive.extractall(site)
    return site


def run(installed: Path, folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Python code in a folder that is not the project's, with the installed package."""
    lines = f"import sys; sys.path.insert(0, {str(installed)!r})\n{code}"
    command = [sys.executable, "-c", lines]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)


def test_every_file_of_ours_that_is_no_module_is_there(installed):
    moves = {"caption_model": "caption_model", "datasets": "caption_model/_datasets", "app": "caption_model/_app"}
    missing = []
    for folder, where in moves.items():
        for path in (ROOT / folder).rglob("*"):
            inner = path.relative_to(ROOT / folder)
            if path.is_dir() or {"__pycache__", "screenshots"} & set(inner.parts):
                continue
            there = installed / where / inner
            if not there.exists() or (path.suffix != ".py" and there.read_bytes() != path.read_bytes()):
                missing.append(str(path.relative_to(ROOT)))
    assert not missing


def test_no_module_imports_our_folders_by_their_plain_names(installed):
    for path in (installed / "caption_model").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            assert not {name.partition(".")[0] for name in names} & {"datasets", "app"}, path


def test_it_captions_as_the_checkout_does_and_leaves_other_packages_alone(installed, tmp_path):
    photo = ROOT / "datasets" / "sample" / "photos" / "cat.jpg"
    code = (
        "import datasets, app\n"
        "assert datasets.Dataset.made_by == app.Dataset.made_by == 'somebody else'\n"
        "from caption_model.cli import main\n"
        f"sys.argv = ['caption-model', 'suggest', {str(photo)!r}, '--json']\n"
        "main()"
    )
    done = run(installed, tmp_path, code)
    assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "caption_model", "suggest", str(photo), "--json"]
    here = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True)
    ours, theirs = json.loads(done.stdout), json.loads(here.stdout)
    assert [ours["social"], ours["descriptive"]] == [theirs["social"], theirs["descriptive"]]


def test_it_reads_and_cleans_dumps_and_finds_the_app(installed, tmp_path):
    code = (
        "from caption_model._datasets.reading import read_posts\n"
        "from caption_model._datasets.cleaning import CleaningConfig, clean_posts\n"
        "from caption_model._datasets import SAMPLE_PHOTOS\n"
        "from caption_model.cli.app_command import SCRIPTS\n"
        "posts, _ = read_posts(SAMPLE_PHOTOS.parent / 'kaggle')\n"
        "clean_posts(posts, CleaningConfig())\n"
        "assert SCRIPTS[0].exists() and (SCRIPTS[0].parent / '.streamlit' / 'config.toml').exists()\n"
        "import caption_model._app.style\n"
        "from caption_model.training.installed_datasets import installed_datasets\n"
        "with installed_datasets():\n"
        "    import datasets\n"
        "assert datasets.Dataset and 'caption_model._datasets' in sys.modules"
    )
    done = run(installed, tmp_path, code)
    assert done.returncode == 0, done.stderr


def test_imports_are_written_for_where_the_folders_are_installed():
    source = "from datasets.x import X\nimport datasets as d\nimport os, datasetsx\n\ndef f():\n    from app import y\n"
    assert moved(source).splitlines() == [
        "from caption_model._datasets.x import X",
        "import caption_model._datasets as d",
        "import os, datasetsx",
        "",
        "def f():",
        "    from caption_model._app import y",
    ]
    with pytest.raises(ValueError, match="line 1"):
        moved("import datasets.posts\n")
