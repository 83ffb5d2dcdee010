"""A tiny corpus and its photos, made anew for tests."""

import csv
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

SEEN = {
    "dog": "A dog runs across the grass.",
    "snow": "Snow lies on the mountain.",
    "beach": "Waves roll onto a beach.",
}
HUES = {"dog": 40, "snow": 230, "beach": 130}
ENDINGS = ("today", "again", "all day", "❤️", "at last", "every time", "is all I need", "first", "and me", "please")


def write_corpus(folder: Path, photos: int = 30) -> Path:
    """A corpus of so many photos: every sixth is of part dev, every tenth of part test."""
    folder.mkdir(parents=True)
    captions, descriptions = (
        [["photo", "writer", "part", "tone", "caption"]],
        [["photo", "writer", "part", "description"]],
    )
    for number in range(photos):
        topic = list(SEEN)[number % 3]
        name = f"{'posts' if number % 2 else 'unlabelled'}/{number:06}.png"
        part = "test" if number % 10 == 9 else "dev" if number % 6 == 4 else "train"
        descriptions.append([name, 1, part, SEEN[topic]])
        for place, tone in enumerate(("simple", "gram", "playful", "warm", "mini")):
            captions.append([name, 1, part, tone, f"my {topic} {ENDINGS[(number + place) % 10]} {number} {tone}"])
    by_topic = [["topic", "tone", "caption"], *(["dog", "gram", f"good dog {end}"] for end in ENDINGS)]
    by_topic[1:] = [["dogs day", "gram", "no such topic"], ["coffee", "warm", "first coffee of the day"], *by_topic[1:]]
    simple = [["topic", "tone", "caption"]]
    simple += [[topic, "gram", f"this {topic} {end} {n}"] for topic in SEEN for end in ENDINGS for n in range(4)]
    patterns = [["topic", "tone", "pattern"]]
    patterns += [
        [topic, "warm", f"{word} (my|your|this) {topic} (now|then|always) {end}( 😌|)"]
        for topic in SEEN
        for end in ENDINGS
        for word in ("oh", "only", "see", "hey")
    ]
    tables = {
        "captions": captions,
        "descriptions": descriptions,
        "topics": by_topic,
        "simple": simple,
        "patterns": patterns,
    }
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
    return folder


def write_photos(corpus: Path, folder: Path) -> Path:
    """Photos of the corpus, one colour a topic."""
    with (corpus / "descriptions.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for number, row in enumerate(rows):
        topic = next(name for name, text in SEEN.items() if text == row["description"])
        file = folder / row["photo"]
        file.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 20, (48, 48, 3))
        Image.fromarray((noise + HUES[topic]).astype(np.uint8)).save(file)
    return folder


def pack(folder: Path, tar: Path) -> Path:
    """A tar of a folder of photos."""
    with tarfile.open(tar, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.add(file, f"deep/er/{file.name}")
    return tar
