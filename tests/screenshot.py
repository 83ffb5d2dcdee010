"""Photograph the page in a real browser, for the README and to look at after a change of design.

Not a test; needs Chromium (Debian: ``apt install chromium``) and ``pip install playwright``::

    python tests/screenshot.py app/screenshot.png datasets/sample/photos/dogs.jpg

It also fails when the page asks any other machine for anything.
"""

import argparse
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlparse

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ("localhost", "127.0.0.1", "")


@contextmanager
def served(app: Path):
    """Serve the page on a free port; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as server:
        try:
            address = f"http://localhost:{port}"
            for _ in range(120):
                try:
                    urllib.request.urlopen(f"{address}/_stcore/health").close()  # noqa: S310
                    break
                except URLError:
                    time.sleep(0.5)
            yield address
        finally:
            server.terminate()


def photograph(address: str, photos: list[Path], out: Path, width: int, height: int, dark: bool) -> None:
    """Upload the photos, wait for the captions, save the whole page."""
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            device_scale_factor=1.5,
        )
        page.on("request", lambda request: asked.append(urlparse(request.url).hostname or ""))
        page.goto(address)
        if photos:
            page.locator("input[type=file]").set_input_files([str(photo) for photo in photos], timeout=120_000)
            page.get_by_text("In plain words").first.wait_for(timeout=180_000)
        page.wait_for_timeout(1500)
        page.locator("[data-testid=stSpinner]").first.wait_for(state="detached", timeout=180_000)
        page.wait_for_timeout(1500)
        out.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(out))
        browser.close()
    outside = sorted(set(asked) - set(LOCAL))
    if outside:
        sys.exit(f"the page asked other machines: {', '.join(outside)}")


def main() -> None:
    """Parse, serve, photograph, shrink to a palette."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("photos", type=Path, nargs="*")
    parser.add_argument("--app", type=Path, default=ROOT / "app" / "streamlit_app.py")
    parser.add_argument("--width", type=int, default=820)
    parser.add_argument("--height", type=int, default=1120)
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    with served(options.app) as address:
        photograph(address, options.photos, options.out, options.width, options.height, options.dark)
    with Image.open(options.out) as picture:
        small = picture.convert("RGB").quantize(256, method=Image.Quantize.MEDIANCUT)
    small.save(options.out, optimize=True)
    print(f"{options.out}: {options.out.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
