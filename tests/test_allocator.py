"""The allocator is told once, by whoever loads the models, and keeps what it is given."""

import platform
import subprocess
import sys

import pytest

from caption_model import allocator

REFILL = """
import resource
from caption_model.allocator import keep_freed_memory
kept = {keep} and keep_freed_memory()
for _ in range(3):
    bytearray(b"x") * (48 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    bytearray(b"x") * (48 << 20)
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(keep: bool) -> tuple[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", REFILL.format(keep=keep)], capture_output=True, text=True, check=True, timeout=60
    )
    kept, count = done.stdout.split()
    return kept, int(count)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the parameters")
def test_memory_that_was_freed_is_not_asked_of_the_system_again():
    kept, few = faults(keep=True)
    assert kept == "True"
    assert few < 20 * 12288 / 10
    assert faults(keep=False)[1] > 5 * max(few, 1)


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(allocator.platform, "libc_ver", lambda: ("musl", "1.2"))
    monkeypatch.setattr(allocator.ctypes, "CDLL", None)
    assert not allocator.keep_freed_memory()
