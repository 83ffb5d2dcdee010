"""One set of pins: the package's, those of the requirements files and those of the lock file are the same."""

import re
import tomllib
from importlib.metadata import packages_distributions

import pytest

from caption_model.cli.extras import EXTRAS
from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRA = PROJECT["optional-dependencies"]


def pins(lines: list[str]) -> dict[str, str]:
    """Name: version, of lines such as ``numpy==2.4.6; sys_platform != 'darwin'``."""
    found = {}
    for line in lines:
        if match := re.match(r"([\w.-]+)==([^\s;\\]+)", line):
            found[re.sub(r"[-_.]+", "-", match[1]).lower()] = match[2]
    return found


def lines(name: str) -> list[str]:
    return (ROOT / name).read_text(encoding="utf-8").splitlines()


def test_every_requirement_is_pinned():
    for group in (PROJECT["dependencies"], *EXTRA.values()):
        unpinned = [one for one in group if "==" not in one and not one.startswith(PROJECT["name"])]
        assert not unpinned


def test_requirements_set_up_everything_for_use():
    assert pins(lines("requirements.txt")) == pins([*PROJECT["dependencies"], *EXTRA["app"], *EXTRA["train"]])


def test_requirements_for_the_tests_are_all_others():
    assert "-r requirements.txt" in lines("requirements-dev.txt")
    assert pins(lines("requirements-dev.txt")) == pins([*EXTRA["serve"], *EXTRA["teachers"], *EXTRA["dev"]])


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_file_holds_these_versions_each_with_a_hash(lock):
    wanted = pins(lines("requirements.txt")) | (pins(lines("requirements-dev.txt")) if "dev" in lock else {})
    wanted.pop("tensorflow", None)  # of other machines
    locked = pins(lines(lock))
    torch = locked.pop("torch", wanted.get("torch"))
    assert torch == wanted.pop("torch", torch)
    assert {name: locked.get(name) for name in wanted} == wanted
    text = (ROOT / lock).read_text(encoding="utf-8")
    for entry in re.split(r"\n(?=[a-zA-Z0-9])", text):
        if re.match(r"[\w.-]+==", entry):
            assert "--hash=sha256:" in entry, entry.splitlines()[0]


def test_what_the_command_line_says_of_extras_is_so():
    names = packages_distributions()
    for library, extra in EXTRAS.items():
        brought = pins([*EXTRA[extra], *(EXTRA["train"] if extra == "teachers" else [])])
        distributions = {re.sub(r"[-_.]+", "-", name).lower() for name in names.get(library, [])}
        # tokenizers comes with transformers and is imported by it.
        assert distributions & {*brought, "tokenizers"}, library
        assert not distributions & set(pins(PROJECT["dependencies"])), library
