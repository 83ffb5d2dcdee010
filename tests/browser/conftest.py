"""The app as a person meets it: a real server with the bundled models, and Debian's Chromium.

``SCREENSHOTS=DIR python -m pytest tests/browser`` also leaves the pictures of the README in a folder.
"""

import io
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent.parent
APP = ROOT / "app" / "streamlit_app.py"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LOCAL = {"localhost", "127.0.0.1", "::1", ""}
PATIENCE = 120_000  # milliseconds until a thing must have appeared: models load slowly on a busy machine

# Python runs a module of this name first: whatever the server says to any other machine is written down.
WITNESS = """
import os, sys

def watch(event, args):
    if event == "socket.connect":
        host = args[1][0] if isinstance(args[1], tuple) else ""
    elif event == "socket.getaddrinfo":
        host = args[0] or ""
    else:
        return
    host = host.decode() if isinstance(host, bytes) else str(host)
    if host not in ("localhost", "127.0.0.1", "::1", "", "0.0.0.0", "::"):
        with open(os.environ["WITNESS"], "a", encoding="utf-8") as book:
            print(event, host, file=book)

sys.addaudithook(watch)
"""


class Server:
    """A running app: its address, the user's data folder, and what it tried to tell other machines."""

    def __init__(self, address: str, home: Path, book: Path, process):
        self.address, self.home, self._book, self.process = address, home, book, process

    def told(self) -> list[str]:
        return self._book.read_text(encoding="utf-8").splitlines() if self._book.exists() else []


@contextmanager
def running(folder: Path, port: int = 0):
    """The app, started from a folder that is not the project's, where the user's data lie, too."""
    (folder / "sitecustomize.py").write_text(WITNESS, encoding="utf-8")
    book = folder / "told.txt"
    environment = {
        **os.environ,
        "HOME": str(folder),
        "XDG_DATA_HOME": "",
        "PYTHONPATH": str(folder),
        "WITNESS": str(book),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(APP), "--server.port", str(port)]
    with (folder / "log.txt").open("a", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            address = next((word for line in process.stdout for word in line.split() if word.startswith("http")), None)
            assert address, (folder / "log.txt").read_text(encoding="utf-8")
            yield Server(address, folder / ".local" / "share", book, process)
        finally:
            process.terminate()
            try:
                process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The app with an empty data folder of its own."""
    with running(tmp_path_factory.mktemp("app")) as started:
        yield started


@pytest.fixture(scope="session")
def chromium():
    """One browser for all tests."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: install Debian's package `chromium`")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, server):
    """A function that opens the app in a fresh session: ``visit(path="", width=…, height=…, dark=False)``.

    In the end, no page may have asked another machine for anything, thrown an error or shown a traceback.
    """
    contexts, asked, failed = [], [], []

    def open_page(path: str = "", width: int = 1200, height: int = 900, dark: bool = False):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            device_scale_factor=1.5,
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: failed.append(str(error)))
        page.goto(f"{server.address}/{path}")
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            failed += page.get_by_test_id("stException").all_inner_texts()
        context.close()
    assert failed == []
    outside = [url for url in asked if url.startswith(("http", "ws")) and urlparse(url).hostname not in LOCAL]
    assert outside == [], "a page asked another machine"
    assert server.told() == [], "the server told another machine"


@pytest.fixture
def photograph():
    """A function that keeps a picture of a page, whole or an element of it, if pictures were asked for."""
    folder = os.environ.get("SCREENSHOTS")

    def save(page, name: str, whole: bool = False) -> None:
        if not folder:
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        with Image.open(io.BytesIO(page.screenshot(full_page=whole))) as picture:
            picture.convert("RGB").save(Path(folder) / f"{name}.webp", quality=70, method=6)

    return save
