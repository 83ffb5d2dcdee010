"""The whole way of ``batch`` over one folder: photos a second once warm, cores' time, and the most memory it took.

python -m tests.benchmarks.ours FOLDER
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from caption_model.batch.events import Finished
from caption_model.batch.run import BatchSettings, caption_folder
from caption_model.bundles.bundle import MODELS
from caption_model.bundles.chosen import models_sha256
from caption_model.networks.threads import threads_a_batch
from tests.benchmarks.folders import make_folder

WARM = 16  # photos before the clock runs: graphs are traced, caches filled


def main() -> None:
    """Measure one folder and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    from caption_model.captioner import Captioner

    captioner = Captioner.load(threads=threads_a_batch())

    def caption(photos: Path, place: str) -> Finished:
        settings = BatchSettings(photos, Path(place) / "captions.csv")
        for event in caption_folder(settings, models_sha256(MODELS), lambda: captioner):
            last = event
        assert isinstance(last, Finished)
        return last

    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        caption(make_folder(folder.parent, WARM), first)
        busy = time.process_time()
        done = caption(folder, second)
        busy = time.process_time() - busy
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(
        json.dumps(
            {
                "photos": done.captioned,
                "seconds": done.seconds,
                "photos_per_second": done.photos_per_second,
                "cpu_ms_a_photo": 1000 * busy / max(1, done.captioned),
                "peak_mb": memory / 1e6,
            }
        )
    )


if __name__ == "__main__":
    main()
