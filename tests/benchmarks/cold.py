"""How long somebody waits who asks for one photo's captions with nothing loaded: ``suggest`` in a process of its own.

python -m tests.benchmarks.cold FOLDER

The files are in the system's cache: the first round does not count.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

from caption_model.batch.plan import find_photos

ROUNDS = 5


def main() -> None:
    """Measure and print one JSON object: medians of seconds on the clock, and of seconds of all cores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    photo = next(iter(find_photos(parser.parse_args().folder).photos)).path
    waited, worked = [], []
    for number in range(1 + ROUNDS):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "-m", "caption_model", "suggest", str(photo)], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if number:
            waited.append(time.perf_counter() - started)
            worked.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(json.dumps({"seconds": statistics.median(waited), "cpu_seconds": statistics.median(worked)}))


if __name__ == "__main__":
    main()
