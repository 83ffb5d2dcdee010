"""Photos by the thousand, whole, odd and damaged: each is opened or refused in one sentence, and nothing else.

    python -m tests.robustness.photos --count 10000

Modes and formats are all that Pillow can write here; EXIF blocks are built by hand, as cameras and programs would not.
"""

import argparse
import io
import random
import resource
import struct
import sys
import time
import zlib
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pillow_heif
from PIL import Image

from caption_model.errors import PhotoError
from caption_model.vision.photos import open_for_display, open_photo
from tests.robustness.mutants import EXTREMES, damaged

MODES = (
    "RGB",
    "RGBA",
    "L",
    "LA",
    "1",
    "P",
    "PA",
    "CMYK",
    "YCbCr",
    "LAB",
    "HSV",
    "I",
    "I;16",
    "I;16B",
    "F",
    "RGBX",
    "La",
)
OURS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF", "MPO")
WITH_EXIF = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "MPO")
COMPRESSIONS = (None, "tiff_lzw", "tiff_deflate", "packbits", "group4", "jpeg", "tiff_adobe_deflate", "zstd", "webp")
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8}
TAGS = (
    274,
    271,
    282,
    283,
    305,
    306,
    34665,
    34853,
    40965,
    33432,
    700,
    34675,
    37500,
    37510,
    0,
    65535,
    256,
    257,
    273,
    258,
)


@lru_cache(maxsize=64)
def picture(mode: str, size: tuple[int, int]) -> Image.Image:
    """A picture with something on it."""
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    ramps = np.stack([columns * 5 % 256, rows * 7 % 256, (columns + rows) * 3 % 256], axis=-1).astype(np.uint8)
    colour = Image.fromarray(ramps)
    if mode == "I;16B":
        return Image.frombytes(mode, size, (ramps[..., 0].astype(">u2") * 200).tobytes())
    if mode == "I;16":
        return Image.fromarray(ramps[..., 0].astype(np.uint16) * 200)
    if mode in ("LA", "La", "PA"):
        return colour.convert("RGBA").convert("LA").convert(mode)
    if mode == "LAB":
        return Image.merge("LAB", colour.split())
    return colour.convert(mode)


def odd_exif(dice: random.Random, orientation: int) -> bytes:
    """A first directory with an orientation, and tags that no camera writes so."""
    order = dice.choice("<>")
    entries = [(274, 3, 1, struct.pack(order + "HH", orientation, 0))]
    pool = b""
    for _ in range(dice.randrange(5)):
        kind, number = dice.choice([*SIZES, 0, 14, 99]), dice.choice([1, 1, 1, 2, 3, 9, dice.choice(EXTREMES)])
        size = number * SIZES.get(kind, 1)
        value = dice.choice([dice.randbytes(8), bytes(8), b"\xff" * 8, struct.pack(order + "iI", -1, 0)])
        if size <= 4:
            value = value[:4]
        else:
            place = dice.choice([8 + 2 + 12 * 8, dice.choice(EXTREMES), len(pool)])
            pool += value * min(9, number)
            value = struct.pack(order + "I", place)
        entries.append((dice.choice(TAGS), kind, number, value))
    dice.shuffle(entries)
    block = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, len(entries))
    for tag, kind, number, value in entries:
        block += struct.pack(order + "HHI", tag, kind, number & 0xFFFFFFFF) + value
    return (
        b"Exif\0\0" + block + struct.pack(order + "I", dice.choice([0, 0, 8, dice.choice(EXTREMES)])) + pool + bytes(90)
    )


def odd_tiff(dice: random.Random, orientation: int) -> bytes:
    """A TIFF file written by hand: numbers of many kinds, and odd tags beside what it needs."""
    order = dice.choice("<>")
    columns, rows = 40, 30
    bits, form = dice.choice([(8, 1), (8, 1), (16, 1), (16, 2), (32, 1), (32, 2), (32, 3), (64, 3), (12, 1), (1, 1)])
    bands = dice.choice([1, 1, 3, 4])
    body = dice.randbytes(columns * rows * bands * max(1, bits // 8))
    tags = [(256, 3, columns), (257, 3, rows), (258, 3, bits), (259, 3, 1), (262, 3, 2 if bands > 2 else 1)]
    tags += [(274, dice.choice([3, 3, 4, 8, 9]), orientation), (277, 3, bands), (278, 3, rows), (339, 3, form)]
    tags += [(dice.choice(TAGS), dice.choice([*SIZES, 0]), dice.choice(EXTREMES)) for _ in range(dice.randrange(3))]
    tags += [(273, 4, 8), (279, 4, len(body))]
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8 + len(body))
    directory = struct.pack(order + "H", len(tags))
    for tag, kind, value in tags:
        short = kind in (3, 8) and value < 65536
        directory += struct.pack(order + ("HHIHH" if short else "HHII"), tag, kind, 1, value, *([0] if short else []))
    return head + body + directory + struct.pack(order + "I", dice.choice([0, 0, 0, 8 + len(body)]))


@lru_cache(maxsize=4)
def packed_text(size: int) -> bytes:
    """So many bytes of text, packed to a thousandth."""
    return zlib.compress(b"x" * size)


def chunky_png(dice: random.Random) -> bytes:
    """A whole PNG with large, packed or broken chunks that say nothing about its pixels."""
    whole = written(dice, "PNG", "RGB", None) or b""
    kind = dice.choice(
        [b"iTXt", b"zTXt", b"tEXt", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"pHYs", b"gAMA", b"cHRM", b"tIME"]
    )
    packed = packed_text(dice.choice([10, 5_000_000, 80_000_000]))
    content = dice.choice([b"Raw profile type exif\0\0", b"XML:com.adobe.xmp\0\1\0\0\0", b"ICC Profile\0\0"]) + packed
    content = dice.choice([content, content, dice.randbytes(30), b"", b"Comment\0" + bytes(2_000_000)])
    chunk = struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return whole[:33] + chunk * dice.choice([1, 1, 2, 30]) + whole[33:]


def written(dice: random.Random, kind: str, mode: str, exif: bytes | None) -> bytes | None:
    """A picture in a format, with options of the format; nothing where the two do not go together."""
    options: dict[str, object] = {"exif": exif} if exif and kind in WITH_EXIF else {}
    if kind in ("JPEG", "MPO"):
        options |= {"progressive": dice.random() < 0.5, "subsampling": dice.choice([0, 1, 2])}
    elif kind == "TIFF":
        options |= {"compression": dice.choice(COMPRESSIONS)}
    elif kind == "WEBP":
        options |= {"lossless": dice.random() < 0.5, "method": 0}
    elif kind == "AVIF":
        options |= {"speed": 10, "subsampling": dice.choice(["4:2:0", "4:4:4"])}
    if kind in ("GIF", "PNG", "WEBP", "TIFF", "MPO") and dice.random() < 0.2:
        options |= {"save_all": True, "append_images": [picture("L", (40, 30))]}
    file = io.BytesIO()
    try:
        picture(mode, dice.choice([(40, 30), (40, 30), (1, 1), (1, 97), (300, 2)])).save(file, kind, **options)
    except Exception:  # noqa: BLE001 - writers of formats refuse modes in many ways
        return None
    return file.getvalue()


def mutant(seed: int) -> tuple[str, bytes]:
    """The photo of a number, and what kind it is."""
    pillow_heif.register_heif_opener()
    Image.init()
    dice = random.Random(seed)
    orientation = dice.choice([1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 65535])
    what = dice.choice(["odd EXIF", "odd EXIF", "odd TIFF", "odd PNG", "whole", "damaged", "damaged", "damaged EXIF"])
    if what == "odd TIFF":
        data: bytes | None = odd_tiff(dice, orientation)
        return what, damaged(data, dice) if data and dice.random() < 0.3 else data or b""
    if what == "odd PNG":
        return what, chunky_png(dice)
    kinds = WITH_EXIF if "EXIF" in what else OURS if dice.random() < 0.85 else sorted(Image.SAVE)
    data = None
    while data is None:
        kind = dice.choice(kinds)
        exif = odd_exif(dice, orientation) if "EXIF" in what else None
        data = written(dice, kind, dice.choice(("RGB", *MODES)), exif)
    return f"{what}, {kind}" if kind in OURS else f"{what}, other", damaged(data, dice) if "damaged" in what else data


@dataclass
class Tally:
    """What became of so many photos."""

    tried: Counter[str] = field(default_factory=Counter)
    opened: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    crashed: list[tuple[int, str, str]] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, -1)

    def attempt(self, seed: int) -> None:
        """Open the photo of a number, as networks and as people want it."""
        kind, data = mutant(seed)
        self.tried[kind] += 1
        started = time.perf_counter()
        try:
            pixels = open_photo(data)
            shown = open_for_display(data, 64)
            if pixels.shape != (224, 224, 3) or pixels.dtype != np.uint8 or shown.mode != "RGB" or max(shown.size) > 64:
                raise AssertionError(f"{pixels.shape} {pixels.dtype} {shown.mode} {shown.size}")
            self.opened[kind] += 1
        except PhotoError as error:
            if "\n" in str(error) or not str(error).endswith("."):
                self.crashed.append((seed, kind, f"no sentence: {error}"))
            self.refused[kind] += 1
        except BaseException as error:  # noqa: BLE001 - to be told of
            self.crashed.append((seed, kind, repr(error)))
        self.slowest = max(self.slowest, (time.perf_counter() - started, seed))


def peak() -> float:
    """Megabytes that this process has held at most."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (1_000_000 if sys.platform == "darwin" else 1000)


def main() -> int:
    """Try, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--start", type=int, default=0, help="number of the first photo")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="end after so long, wherever it is")
    options = parser.parse_args()
    before, tally, end = peak(), Tally(), time.monotonic() + 60 * options.minutes
    for seed in range(options.start, options.start + options.count):
        tally.attempt(seed)
        if time.monotonic() > end:
            break
    print(f"{'kind':<24}{'tried':>8}{'opened':>8}{'refused':>9}")
    for kind in sorted(tally.tried):
        print(f"{kind:<24}{tally.tried[kind]:>8}{tally.opened[kind]:>8}{tally.refused[kind]:>9}")
    sums = [counts.total() for counts in (tally.tried, tally.opened, tally.refused)]
    print(f"{'all':<24}{sums[0]:>8}{sums[1]:>8}{sums[2]:>9}")
    print(f"crashed {len(tally.crashed)}, slowest {tally.slowest[0]:.2f} s (number {tally.slowest[1]}), ", end="")
    print(f"most memory {peak():.0f} MB ({before:.0f} MB before the first)")
    for seed, kind, what in tally.crashed:
        print(f"  {seed} {kind}: {what}")
    return 1 if tally.crashed else 0


if __name__ == "__main__":
    sys.exit(main())
