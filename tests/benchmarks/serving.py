"""Many clients at once on one server, for as long as told; prints what they met, as JSON. Run from the project's root:

    python -m tests.benchmarks.serving --clients 50 --seconds 60

Each client sends a sample photo, waits for the captions and sends the next; told to wait (429), it waits so long. Exits
1 on any other error.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2

from tests.support.paths import PHOTOS
from tests.support.serving import server

PATIENCE = 300  # seconds for one answer


def visit(address: str, number: int, begin: threading.Barrier, seconds: float) -> tuple[list[float], Counter[str]]:
    """What one client met: seconds an answer with captions took, and how often each status came."""
    photos = sorted(PHOTOS.glob("*.jpg"))
    took: list[float] = []
    met: Counter[str] = Counter()
    with httpx2.Client(base_url=address, timeout=PATIENCE) as client:
        begin.wait()
        end = time.monotonic() + seconds
        while (started := time.monotonic()) < end:
            photo = photos[(number + len(took)) % len(photos)]
            try:
                answer = client.post("/v1/captions", files={"photos": (photo.name, photo.read_bytes())})
            except httpx2.HTTPError as error:
                met[type(error).__name__] += 1
                continue
            met[str(answer.status_code)] += 1
            if answer.status_code == 429:
                time.sleep(min(int(answer.headers["retry-after"]), max(0.0, end - time.monotonic())))
            elif answer.status_code == 200:
                took.append(time.monotonic() - started)
                if len(answer.json()["results"][0].get("social", ())) != 5:
                    met["incomplete"] += 1
    return took, met


def main() -> int:
    """Run it; the exit code."""
    parser = argparse.ArgumentParser(description="Many clients at once on one server.")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--waiting", type=int, default=32, help="requests that the server has in hand at once")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        server(Path(folder) / "data", "--waiting", options.waiting) as (address, _),
    ):
        begin = threading.Barrier(options.clients)
        with ThreadPoolExecutor(options.clients) as pool:
            started = time.monotonic()
            visits = [pool.submit(visit, address, number, begin, options.seconds) for number in range(options.clients)]
            results = [one.result() for one in visits]
            seconds = time.monotonic() - started
    took = sorted(one for times, _ in results for one in times)
    met = sum((counted for _, counted in results), Counter[str]())
    told = {"clients": options.clients, "seconds": round(seconds, 1), "met": dict(met)}
    if took:
        told |= {"photos_per_second": round(len(took) / seconds, 2), "median_s": round(statistics.median(took), 2),
                 "slowest_s": round(took[-1], 2)}  # fmt: skip
    print(json.dumps(told))
    return 1 if set(met) - {"200", "429"} or not took else 0


if __name__ == "__main__":
    sys.exit(main())
