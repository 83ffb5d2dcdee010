"""What is installed: one package, ``caption_model``, and nothing else at the top of site-packages.

The folders ``datasets`` and ``app`` are called too plainly to be installed under these names: Hugging Face's well-known
package is called ``datasets``, and two packages of one name overwrite each other's files. They go inside
``caption_model``, as ``_datasets`` and ``_app``, and the imports of them in our modules are written accordingly while
the package is built. In a checkout they keep their plain names.
"""

import ast
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

MOVED = {"datasets": "caption_model._datasets", "app": "caption_model._app"}
DATA = {
    "caption_model": [f"**/*.{ending}" for ending in ("bin", "json", "md", "png", "safetensors", "toml", "txt")],
    "caption_model._datasets": ["**/*.txt", "**/*.toml", "sample/**/*"],
    "caption_model._datasets.corpus": ["*.csv", "*.md", "*.safetensors"],
    "caption_model._app": ["components/*.css", "components/*.js", "*.png", ".streamlit/config.toml"],
}


def moved(source: str) -> str:
    """A module's text whose imports of the moved folders say where these are installed.

    Raises:
        ValueError: a moved folder is imported in a way that cannot be written otherwise, ``import datasets.x``.
    """
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            names, word = [node.module or ""], "from"
        elif isinstance(node, ast.Import):
            names, word = [alias.name for alias in node.names], "import"
        else:
            continue
        for name in names:
            top = name.partition(".")[0]
            if top not in MOVED:
                continue
            if word == "import" and (len(names) > 1 or not node.names[0].asname):
                raise ValueError(f"line {node.lineno}: write `from {top} import …` or `import {name} as …`.")
            line = lines[node.lineno - 1]
            lines[node.lineno - 1] = line.replace(f"{word} {top}", f"{word} {MOVED[top]}", 1)
    return "".join(lines)


class BuildPy(build_py):
    """Copies modules as always, with their imports of the moved folders rewritten."""

    def build_module(self, module: str, module_file: str, package: str) -> tuple[str, bool]:
        """Copy one module."""
        written, copied = super().build_module(module, module_file, package)
        path = Path(written)
        path.write_text(moved(path.read_text(encoding="utf-8")), encoding="utf-8")
        return written, copied


def packages() -> list[str]:
    """Names under which our packages are installed."""
    found = find_packages(include=["caption_model", "caption_model.*"])
    for folder, name in MOVED.items():
        found += [name + package.removeprefix(folder) for package in find_packages(include=[folder, f"{folder}.*"])]
    return found


if __name__ == "__main__":
    setup(
        packages=packages(),
        package_dir={name: folder for folder, name in MOVED.items()},
        package_data=DATA,
        include_package_data=False,
        cmdclass={"build_py": BuildPy},
    )
