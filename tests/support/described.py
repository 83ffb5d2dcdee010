"""Folders to train a recipe on, made anew: photos in three colours, and what people say of them."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 60, 220)}
THINGS = ("ball", "boat", "house", "kite")
MOODS = ("good", "happy", "sunny", "lovely", "slow", "quiet", "busy", "perfect", "lazy", "bright")
TIMES = ("morning", "day", "evening", "weekend", "summer", "winter", "sunday", "friday", "holiday", "afternoon")


def photo(path: Path, colour: str, number: int) -> None:
    """A JPEG of one colour; no number gives the same twice."""
    pixels = np.full((24, 24, 3), COLOURS[colour], np.float32)
    pixels += np.random.default_rng(number).normal(0, 6, pixels.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, "JPEG")


def flickr_folder(folder: Path, photos: int = 24, lists: bool = True) -> Path:
    """Flickr8k's layout: two descriptions a photo, every fourth photo judges."""
    rows, parts = [("image", "caption")], {"trainImages.txt": [], "devImages.txt": []}
    for number in range(photos):
        colour, thing = list(COLOURS)[number % 3], THINGS[number // 3 % 4]
        name = f"{number}.jpg"
        photo(folder / "images" / name, colour, number)
        rows += [(name, f"A {colour} {thing} ."), (name, f"There is a {colour} {thing}!")]
        parts["devImages.txt" if number % 4 == 3 else "trainImages.txt"].append(name)
    with (folder / "captions.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    for name, members in parts.items():
        if lists:
            (folder / name).write_text("\n".join(members) + "\n", encoding="utf-8")
    return folder


def kaggle_folder(folder: Path, photos: int = 6) -> Path:
    """The Kaggle set's layout: a hundred and fifty short posts on a few photos."""
    table = folder / "instagram_data" / "captions_csv.csv"
    for number in range(photos):
        photo(table.parent / "img" / f"insta{number + 1}.jpg", list(COLOURS)[number % 3], number)
    captions = [f"{mood} {time} ☀️" for mood in MOODS for time in TIMES]
    captions += [f"my {mood} {time}" for mood in MOODS for time in TIMES[:5]]
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("Sr No", "Image File", "Caption"))
        writer.writerows((n + 1, f"img/insta{n % photos + 1}", caption) for n, caption in enumerate(captions))
    return folder


def vectors_file(path: Path, words: dict[str, int], width: int) -> Path:
    """A GloVe text file with a vector of ``width`` numbers for each word, drawn by its number."""
    lines = [
        " ".join([word, *(f"{value:.4f}" for value in np.random.default_rng(number).normal(size=width))])
        for word, number in words.items()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
