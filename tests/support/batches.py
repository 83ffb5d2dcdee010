"""Folders of tiny photos and a stand-in of a captioner; as a script it captions a folder, to be killed meanwhile."""

import hashlib
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # as a script

from caption_model.batch.events import Captioned, Failed, Finished, Planned
from caption_model.batch.run import BatchSettings, caption_folder
from tests.support.commands import closed
from tests.support.seeing import captions, seen

MODELS = "m" * 64
PATIENCE = 600  # seconds until a job must have ended, on a machine that has other things to do
FIRST = 2  # batches that are captioned at once
NAMES = [
    "café ☕.png",
    "two  blanks.png",
    "日本.jpg",
    "new\nline.png",
    "=SUM(A1).png",
    "'quoted', \"twice\".png",
    "UP.JPG",
]


class StandIn:
    """Says what depends on pixels and seed alone; counts what it is asked."""

    def __init__(self, pause: float = 0.0):
        self.encoder = SimpleNamespace(size=(8, 8))
        self.asked: Counter[str] = Counter()
        self.looked: Counter[str] = Counter()
        self.batches: list[int] = []
        self.pause = pause

    def look_all(self, photos, batch):
        assert 0 < len(photos) <= batch
        self.batches.append(len(photos))
        time.sleep(self.pause)
        return [self.look(photo) for photo in photos]

    def look(self, photo):
        salt = hashlib.sha256(photo.tobytes()).digest()
        self.looked[salt.hex()[:6]] += 1
        return seen(f"A photo, {salt.hex()[:6]}.", salt=salt)

    def write_all(self, seen, options):
        return [self.write(one, options) for one in seen]

    def write(self, seen, options):
        name = hashlib.sha256(seen.salt + bytes([options.seed])).hexdigest()[:6]
        self.asked[name] += 1
        starts = ("", "=", '"', "-", "ünï, ", "🌊")
        return captions(*(f"{starts[number % 6]}{name} {number}" for number in range(options.n)))


class Gated(StandIn):
    """Waits at the gate after its first batches."""

    def look_all(self, photos, batch):
        while len(self.batches) >= FIRST and closed():
            time.sleep(0.005)
        return super().look_all(photos, batch)


def draw(path: Path, number: int, size: int = 12) -> Path:
    """Save a photo that no other number gives."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 256, (size, size, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path, "PNG")
    return path


def folder_of(root: Path, photos: int, broken: int = 0) -> Path:
    """A folder of photos with names of all kinds, some in a subfolder, some broken."""
    for number in range(photos):
        name = NAMES[number] if number < len(NAMES) else f"{number:04}.png"
        draw(root / ("deeper" if number % 5 == 4 else "") / name, number)
    for number in range(broken):
        (root / f"broken {number}.jpg").write_bytes(b"\xff\xd8\xff" + bytes(100 * number))
    return root


def run(folder: Path, writer: StandIn | None = None, models: str = MODELS, stop=lambda: False, **settings):
    """Caption a folder; returns what was planned, the photos captioned and failed, and the sum."""
    settings = {"table": folder / "captions.csv", "recursive": True} | settings
    events = list(
        caption_folder(BatchSettings(folder, **settings), models, lambda: StandIn() if writer is None else writer, stop)
    )
    assert isinstance(events[0], Planned) and isinstance(events[-1], Finished)
    captioned = [event for event in events if isinstance(event, Captioned)]
    failed = [event for event in events if isinstance(event, Failed)]
    assert len(captioned) + len(failed) == len(events) - 2
    return SimpleNamespace(planned=events[0], captioned=captioned, failed=failed, finished=events[-1])


if __name__ == "__main__":
    run(Path(sys.argv[1]), StandIn(pause=0.01), sidecar="txt")
