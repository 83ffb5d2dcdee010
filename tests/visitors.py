"""Twenty visitors at once on one server: each uploads a photo, gets captions, asks again. Run from the project's root:

    python -m tests.visitors [--visitors 20] [--rounds 2]

Prints errors, how long captions took, and the server's memory once its models are loaded and after each round. Exits 1
on any error, and when memory has grown by more than ``BOUND`` since the first round. Linux, with Debian's Chromium.
"""

import argparse
import asyncio
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright, expect
from playwright.async_api import Error as BrowserError

ROOT = Path(__file__).parent.parent
PHOTOS = sorted((ROOT / "datasets" / "sample" / "photos").glob("*.jpg"))
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
BOUND = 100  # MB that a round of visitors may leave behind; models take what they need in the first one
PATIENCE = 600_000  # milliseconds
CAPTION = "Caption 1"


@dataclass
class Report:
    """What the visitors met: seconds until captions were there, and what went wrong."""

    first: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@contextmanager
def server() -> Iterator[tuple[str, int, Path]]:
    """The app on a free port with an empty data folder: its address, its process, its log."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.txt"
        command = [sys.executable, "-m", "streamlit", "run", ROOT / "app" / "streamlit_app.py", "--server.port", "0"]
        environment = {**os.environ, "XDG_DATA_HOME": folder, "PYTHONUNBUFFERED": "1"}
        with log.open("wb") as file:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=file, text=True
            )
            try:
                words = (word for line in process.stdout or () for word in line.split())
                yield next(word for word in words if word.startswith("http")), process.pid, log
            finally:
                process.terminate()
                process.communicate(timeout=60)


def megabytes(process: int) -> int:
    """Memory that a process holds."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) // 1024 if found else 0


async def visit(browser: Browser, address: str, photo: Path, report: Report) -> None:
    """One visitor, from the first look to leaving."""
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    page.on("pageerror", lambda error: report.errors.append(f"{photo.name}: {error}"))
    try:
        await page.goto(address)
        await expect(page.get_by_text("The models are ready.")).to_be_visible(timeout=PATIENCE)
        started = time.monotonic()
        await page.locator("input[type=file]").first.set_input_files(photo)
        field = page.get_by_label(CAPTION)
        await expect(field).to_have_value(re.compile("."), timeout=PATIENCE)
        report.first.append(time.monotonic() - started)
        before = await field.input_value()
        started = time.monotonic()
        await page.get_by_role("button", name="More ideas").click()
        await expect(field).not_to_have_value(before, timeout=PATIENCE)
        report.again.append(time.monotonic() - started)
        await note_errors(page, photo, report)
    except (BrowserError, AssertionError) as error:
        report.errors.append(f"{photo.name}: {str(error).splitlines()[0]}")
    finally:
        await context.close()


async def note_errors(page: Page, photo: Path, report: Report) -> None:
    """Whatever the page shows in red."""
    for kind in ("stException", "stAlert"):
        report.errors += [f"{photo.name}: {text}" for text in await page.get_by_test_id(kind).all_inner_texts()]


async def crowd(address: str, visitors: int) -> Report:
    """Visitors who all come at the same moment."""
    report = Report()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        photos = [PHOTOS[number % len(PHOTOS)] for number in range(visitors)]
        await asyncio.gather(*(visit(browser, address, photo, report) for photo in photos))
        await browser.close()
    return report


def told(name: str, seconds: list[float]) -> str:
    """Latencies in a line."""
    if not seconds:
        return f"{name}: none"
    return f"{name}: median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s, of {len(seconds)}"


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(description="Many visitors at once on one server.")
    parser.add_argument("--visitors", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    errors: list[str] = []
    memory: list[int] = []
    with server() as (address, process, log):
        errors += asyncio.run(crowd(address, 1)).errors
        loaded = megabytes(process)
        print(f"{loaded} MB once the models are loaded and one visitor has been there", flush=True)
        for number in range(1, options.rounds + 1):
            report = asyncio.run(crowd(address, options.visitors))
            errors += report.errors
            memory.append(megabytes(process))
            print(f"round {number}, {options.visitors} visitors at once, {len(report.errors)} errors")
            print(f"  {told('captions', report.first)}")
            print(f"  {told('again', report.again)}")
            print(f"  {memory[-1]} MB, {memory[-1] - loaded:+d} MB", flush=True)
        errors += re.findall(r"^.*(?:Traceback|Uncaught).*$", log.read_text(encoding="utf-8"), re.MULTILINE)
    for error in errors:
        print(f"error: {error}")
    grown = memory[-1] - memory[0]
    if grown > BOUND:
        print(f"error: memory grew by {grown} MB from the first round to the last, {BOUND} MB are allowed")
    return 1 if errors or grown > BOUND else 0


if __name__ == "__main__":
    sys.exit(main())
