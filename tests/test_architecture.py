"""The order of the rooms: who may import whom. ``docs/architecture.md`` draws it, and is compared with the code."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import regex

from tests.support.paths import ROOT

# From the bottom up; what stands in one line side by side imports nothing of its neighbours.
ORDER = (
    ("errors",),
    ("text", "storage"),
    ("bundles", "datasets"),
    ("networks",),
    ("vision",),
    ("generation",),
    ("captioner",),
    ("batch",),
    ("services",),
    ("evaluation",),
    ("training", "serve"),
    ("cli", "app"),
    ("__main__",),
)
LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}
NOT_FOR_CAPTIONING = ("tensorflow", "keras", "sklearn", "torch", "caption_model.training", "caption_model.evaluation")
PACKAGE = "caption_model"


class Import(NamedTuple):
    """Module ``source`` imports module ``target``, both of this repository; ``late`` inside a function or for types."""

    source: str
    target: str
    late: bool


def modules() -> dict[str, Path]:
    files = (path for top in (PACKAGE, "datasets", "app") for path in sorted((ROOT / top).rglob("*.py")))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in files}


MODULES = modules()


def imports_of(source: str, path: Path) -> Iterator[Import]:
    """All imports of repository modules, those inside functions and under TYPE_CHECKING too."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    at_load = set(_run_at_load(tree))
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out in full"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            target = name if name in MODULES else name.rpartition(".")[0]
            if target in MODULES and target != source:
                yield Import(source, target, node not in at_load)


def _run_at_load(tree: ast.Module) -> Iterator[ast.AST]:
    """Statements that run when a module is loaded: outside of functions and ``if TYPE_CHECKING``."""
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or typing_only:
            continue
        yield node
        waiting += ast.iter_child_nodes(node)


IMPORTS = [found for source, path in MODULES.items() for found in imports_of(source, path)]


def room(module: str) -> str | None:
    """The room that a module lies in; ``None`` for the package's own ``__init__``, which is always loaded first."""
    top, _, rest = module.partition(".")
    return (rest.partition(".")[0] or None) if top == PACKAGE else top


def test_every_module_lies_in_a_room_with_a_place():
    rooms = {room(module) for module in MODULES} - {None}
    assert rooms == set(LEVEL)


def test_no_import_runs_up_or_aside():
    wrong = [
        f"{found.source} imports {found.target}"
        for found in IMPORTS
        if (above := room(found.source)) and (below := room(found.target)) and above != below
        if LEVEL[below] >= LEVEL[above]
    ]
    assert wrong == []


def test_the_package_itself_imports_only_what_imports_nothing_of_ours():
    """Its ``__init__`` runs before every other module: whatever it needed would be loaded with everything."""
    own = [found.target for found in IMPORTS if found.source == PACKAGE]
    assert [found for found in IMPORTS if found.source in own] == []


def test_no_modules_import_one_another_in_a_ring():
    """Imports inside functions and for type checking count: a ring of those, too, is one thing in several files."""
    needs: dict[str, set[str]] = {module: set() for module in MODULES}
    for found in IMPORTS:
        if found.target != PACKAGE:
            needs[found.source].add(found.target)
    while free := [module for module, below in needs.items() if not below]:
        for module in free:
            del needs[module]
        for below in needs.values():
            below.difference_update(free)
    assert sorted(needs) == []


@pytest.mark.parametrize("found", ["from caption_model.training import x", "import caption_model.cli.app_command"])
def test_a_wrong_import_would_be_found(found, tmp_path):
    (tmp_path / "wrong.py").write_text(f"def late():\n    {found}\n", encoding="utf-8")
    (late,) = imports_of("caption_model.text.wrong", tmp_path / "wrong.py")
    assert late.late
    assert LEVEL[room(late.target) or ""] > LEVEL["text"]


def test_captioning_loads_neither_tensorflow_nor_what_only_training_needs(sample):
    script = (
        "import sys\n"
        "from caption_model.cli import main\n"
        f"sys.argv = ['caption_model', 'suggest', '--json', {str(sample / 'photos' / 'cat.jpg')!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print(*sorted(sys.modules), sep='\\n')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    caption, *loaded = done.stdout.splitlines()
    assert '"social"' in caption
    assert "caption_model.captioner" in loaded
    banned = regex.compile(rf"(?:{'|'.join(map(regex.escape, NOT_FOR_CAPTIONING))})(?:\..*)?")
    assert list(filter(banned.fullmatch, loaded)) == []


def test_the_drawing_shows_the_order():
    """Mermaid edges ``a --> b`` mean that a may import b: together they say what ``ORDER`` says."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (drawing,) = regex.findall(r"```mermaid\n(.*?)```", text, flags=regex.DOTALL)
    edges = regex.findall(r"^\s*(\w+) --> (\w+)$", drawing, flags=regex.MULTILINE)
    assert {name for edge in edges for name in edge} == set(LEVEL)
    drawn = {(upper, lower) for upper, lower in edges}
    neighbours = {(a, b) for a in LEVEL for b in LEVEL if LEVEL[a] == LEVEL[b] + 1}
    assert drawn == neighbours
