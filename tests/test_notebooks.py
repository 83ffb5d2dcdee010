"""The notebooks run from top to bottom; what is saved in them comes from such a run and names no place on a machine."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
CELL_SECONDS = 300
HURRY = {
    "EPOCHS = 40": "EPOCHS = 3",
    "minutes=1.0": "minutes=0.1",
    "(0.4, 0.8, 1.0, 1.2)": "(0.4, 1.2)",
    "(0.5, 0.7, 0.9, 1.0)": "(0.5, 0.9)",
    "(0.0, 1.0, 2.0, 4.0)": "(0.0, 4.0)",
}
# A path from the root of a disk; links, tags and dates hold slashes too, but none after a blank, a quote or a bracket.
ABSOLUTE = re.compile(r"(?:^|[\s'\"(\[=])(?:/[\w.-]+/[\w.-]|~/|[A-Za-z]:\\)", re.MULTILINE)
PICTURE = re.compile(r"data:image/\w+;base64,[\w+/=]+")


def read(notebook: Path) -> nbformat.NotebookNode:
    return nbformat.read(notebook, as_version=4)


def code(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(output: nbformat.NotebookNode) -> list[str]:
    """All that an output says in words, pictures left out."""
    found = [output.get("text", ""), *output.get("traceback", [])]
    found += [content for kind, content in output.get("data", {}).items() if kind.startswith("text/")]
    return [PICTURE.sub("", text) for text in found]


def hurried(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """With less to train and to draw: a reader waits for figures that are worth reading, a test for any."""
    for cell in code(notebook):
        for usual, less in HURRY.items():
            cell.source = cell.source.replace(usual, less)
    return notebook


def execute(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3", resources=resources).execute()


@pytest.fixture(autouse=True)
def own_places(monkeypatch, tmp_path_factory):
    """Features are encoded anew, and neither kernels nor settings of the user's own are used."""
    place = tmp_path_factory.getbasetemp() / "notebooks"
    for name in ("XDG_CACHE_HOME", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        folder = place / name.lower()
        folder.mkdir(parents=True, exist_ok=True)
        monkeypatch.setenv(name, str(folder))


def test_the_notebooks_are_there():
    assert [path.stem for path in NOTEBOOKS] == ["01_explore_and_clean", "02_train", "03_evaluate"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom_without_noise(path):
    executed = execute(hurried(read(path)), path.parent)
    noise = [output for cell in code(executed) for output in cell.outputs if output.get("name") == "stderr"]
    assert not noise


def test_what_is_hurried_is_there():
    """Else a notebook was changed, and minutes are lost without a word."""
    sources = "".join(cell.source for path in NOTEBOOKS for cell in code(read(path)))
    assert [usual for usual in HURRY if sources.count(usual) != 1] == []


def test_a_notebook_also_runs_from_the_repository_root():
    """The first cell, the same in all notebooks, goes to the root: what comes after it cannot tell where it began."""
    assert len({code(read(path))[0].source for path in NOTEBOOKS}) == 1
    notebook = read(NOTEBOOKS[0])
    first, second = code(notebook)[:2]
    where = nbformat.v4.new_code_cell("print(Path.cwd(), Path.cwd() == ROOT)")
    notebook.cells = [first, where, second]
    execute(notebook, FOLDER.parent)
    assert where.outputs[0]["text"].split() == [str(FOLDER.parent), "True"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_is_saved_comes_from_one_whole_run(path):
    cells = code(read(path))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 2
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_saved_names_a_place_on_somebodys_machine(path):
    notebook = read(path)
    said = [cell.source for cell in notebook.cells]
    said += [text for cell in code(notebook) for output in cell.outputs for text in texts(output)]
    assert not [match[0] for text in said for match in ABSOLUTE.finditer(text)]


@pytest.mark.parametrize("text", ["in /home/me/photos", "PosixPath('/tmp/x/y')", "~/photos", r"C:\Users\me", "/opt/x"])
def test_the_check_for_absolute_paths_sees_one(text):
    assert ABSOLUTE.search(text)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small(path):
    assert path.stat().st_size <= 250_000
