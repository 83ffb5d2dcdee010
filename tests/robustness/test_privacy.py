"""Nothing leaves the machine: the kernel tells which addresses a process, or a library in it, so much as tries."""

import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.paths import PHOTOS, ROOT

CALLS = "trace=connect,sendto,sendmsg,sendmmsg"
ADDRESS = re.compile(
    r'sa_family=(AF_INET6?)|sin6?_port=htons\((\d+)\)|inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"'
)
LOCAL = re.compile(r"127\.|::1$|::ffff:127\.")


@functools.cache
def why_not() -> str:
    """Why no process can be watched here; empty where one can."""
    strace = shutil.which("strace")
    if sys.platform != "linux" or not strace:
        return "needs Linux and strace: install Debian's package `strace`"
    tried = subprocess.run([strace, "-f", "-e", CALLS, sys.executable, "-c", ""], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this system lets no process be watched"


@pytest.fixture
def watched(tmp_path):
    """A function that makes a command one that is watched, its environment, and where its calls are written."""
    if why_not():
        pytest.skip(why_not())
    home = tmp_path / "home"
    home.mkdir()
    without = ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in without}
    calls = tmp_path / "calls.txt"

    def command(*words: object) -> list[str]:
        return ["strace", "-f", "-qq", "-s", "64", "-e", CALLS, "-o", str(calls), sys.executable, *map(str, words)]

    return command, environment | {"HOME": str(home)}, calls, home


def abroad(calls: Path) -> list[str]:
    """Calls to an address that is not this machine's, or to any server of names."""
    found = []
    for line in calls.read_text("utf-8", "replace").splitlines():
        told = ADDRESS.findall(line)
        if not any(family for family, *_ in told):
            continue
        ports = {port for _, port, *_ in told if port}
        hosts = {host for *_, four, six in told for host in (four, six) if host}
        if ports & {"53", "5353", "853"} or not all(LOCAL.match(host) for host in hosts):
            found.append(line)
    return found


def files(home: Path) -> list[str]:
    return [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()]


def test_the_witness_sees_a_query_for_a_name_and_a_foreign_address(watched):
    command, environment, calls, _ = watched
    code = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1)\n"
        "for address in (('127.0.0.1', 53), ('192.0.2.1', 9), ('127.0.0.1', 9)):\n"
        "    try: s.sendto(b'x', address)\n"
        "    except OSError: pass\n"
    )
    subprocess.run(command("-c", code), env=environment, check=False, capture_output=True)
    assert [("htons(53)" in line, "192.0.2.1" in line) for line in abroad(calls)] == [(True, False), (False, True)]


@pytest.mark.parametrize("name", ["suggest", "batch"])
def test_captioning_speaks_to_nobody_and_leaves_nothing(watched, tmp_path, name):
    command, environment, calls, home = watched
    (tmp_path / "photos").mkdir()
    shutil.copy(PHOTOS / "cat.jpg", tmp_path / "photos")
    words = [PHOTOS / "cat.jpg", "--json"] if name == "suggest" else [tmp_path / "photos"]
    done = subprocess.run(
        command("-m", "caption_model", name, *words), cwd=ROOT, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert abroad(calls) == []
    assert files(home) == []


@pytest.mark.parametrize("module", ["caption_model.networks.session", "caption_model.captioner", "caption_model.cli"])
def test_whatever_is_imported_first_the_runtime_is_told_to_report_nothing(module):
    code = f"import os, {module}; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    environment = {**os.environ, "ORT_DISABLE_TELEMETRY": "0"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.stdout.split() == [b"1"], done.stderr


def test_the_app_speaks_to_nobody(watched, tmp_path):
    command, environment, calls, _ = watched
    app = ROOT / "app" / "streamlit_app.py"
    words = command("-m", "streamlit", "run", app, "--server.port", "0", "--server.headless", "true")
    with (tmp_path / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            words, cwd=ROOT / "app", env=environment | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=log,
            text=True, start_new_session=True,
        )  # fmt: skip
        try:
            address = next((word for line in process.stdout for word in line.split() if word.startswith("http")), None)
            assert address, (tmp_path / "log.txt").read_text("utf-8")
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=60) as answer:  # noqa: S310 - our own
                assert answer.status == 200
            time.sleep(1)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # strace lets no gentler signal through
            process.wait()
            process.stdout.close()
    assert abroad(calls) == []
