"""What tests of the server share: an app whose models are a stand-in, photos to send, a server as a process."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from PIL import Image

from caption_model.serve.app import create_app
from caption_model.serve.settings import Settings
from tests.support.batches import StandIn
from tests.support.paths import ROOT


class Writer(StandIn):
    """Counts how many photos it writes about at once; ``gate`` holds it until it is set."""

    def __init__(self, name: str = "", gate=None):
        super().__init__()
        self.name, self.gate, self.together = name, gate, []

    def look_all(self, photos, batch=1):
        if self.gate:
            assert self.gate.wait(60)
        return [self.look(photo) for photo in photos]

    def write_all(self, seen, options):
        self.together.append(len(seen))
        return super().write_all(seen, options)

    def from_book(self, seen, n, options):
        return self.write(seen, options)[:n]


def png(number: int = 0, size: int = 12) -> bytes:
    """A photo that no other number gives."""
    file = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 256, (size, size, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def photos(*contents: bytes) -> list[tuple[str, tuple[str, bytes, str]]]:
    """Photos as a form sends them, named 0.png and so on."""
    return [("photos", (f"{number}.png", content, "image/png")) for number, content in enumerate(contents)]


@contextmanager
def client(data: Path, writers=None, works: bool = True, **settings: Any) -> Iterator[TestClient]:
    """Asks an app that has started."""
    loaded = {"": Writer()} if writers is None else writers
    app = create_app(Settings(data=data, **settings), lambda _: loaded, works)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as asking:
        yield asking


def finished(asking: TestClient, id_: str) -> dict[str, Any]:
    """A job once it is finished."""
    for _ in range(12_000):
        job = asking.get(f"/v1/jobs/{id_}").json()
        if job["state"] == "finished":
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def lines(asking: TestClient, id_: str) -> list[dict[str, Any]]:
    """A job's results."""
    return [json.loads(line) for line in asking.get(f"/v1/jobs/{id_}/results").text.splitlines()]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def server(data: Path, *words: object, **environment: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """``caption-model serve`` as a process, ready: its address and the process, which is ended at the end."""
    port, log = free_port(), data.with_suffix(".log")
    command = [sys.executable, "-m", "caption_model", "serve", "--port", str(port), "--data", str(data)]
    with log.open("ab") as file:
        process = subprocess.Popen(
            [*command, *map(str, words)], cwd=ROOT, env={**os.environ, **environment}, stderr=file, stdout=file
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(3000):
            assert process.poll() is None, log.read_text("utf-8")
            try:
                with urllib.request.urlopen(f"{address}/health", timeout=60):  # noqa: S310 - our own
                    break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        yield address, process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(120)
