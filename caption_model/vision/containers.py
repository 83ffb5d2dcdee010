"""Take the pixels of JPEG and PNG files out of what surrounds them.

Text, colour profiles and EXIF blocks decide nothing about the pixels here, but a library that parses them may refuse a
whole photo for their sake. They are looked at for the orientation and left out.
"""

import re
import struct
import zlib
from dataclasses import dataclass

from caption_model.vision.orientation import UPRIGHT, in_exif, in_xmp

PNG = b"\x89PNG\r\n\x1a\n"
XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
MOST_MARKERS = 20_000  # of a JPEG after its header; more are not counted
LONGEST_TEXT = 1_000_000  # bytes of a text chunk, unpacked, that is searched for an orientation
ALONE = {0x01, *range(0xD0, 0xD8)}  # JPEG markers without a segment
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
EXIF_ITEM = re.compile(rb"(?:\0\0\0\0|Exif\0\0)(II\*\0|MM\0\*)")
NEXT_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")


@dataclass(frozen=True)
class Jpeg:
    """A JPEG file's pixels.

    Attributes:
        pieces: the file without comments and blocks of applications, but with those that tell its colours.
        orientation: 1 to 8.
        frame: marker of its kind of compression, 0 where none was found: 0xC0 baseline, 0xC2 progressive ...
        size: columns and rows as it tells them; 0 where it does not.
        samples: values a pixel: 3 for full colour, 1.5 where colours have half the size each way.
        scans: how many times the decoder goes over the photo, counted as far as is of interest.
    """

    pieces: tuple[memoryview, ...]
    orientation: int
    frame: int
    size: tuple[int, int]
    samples: float
    scans: int

    @property
    def is_buffered(self) -> bool:
        """Whether the decoder holds all coefficients until the file's end."""
        return self.scans > 1 or self.frame in (0xC2, 0xC6, 0xCA, 0xCE)

    @property
    def is_arithmetic(self) -> bool:
        """Whether it is packed in the slower way."""
        return self.frame > 0xC8

    @property
    def is_lossless(self) -> bool:
        """Whether it is of the kind that cannot be decoded at a smaller scale."""
        return self.frame in (0xC3, 0xC7, 0xCB, 0xCF)


def read_jpeg(data: bytes, most_scanned: int) -> Jpeg:
    """Look through a JPEG file. What is not understood is left to the decoder.

    Args:
        data: the file.
        most_scanned: values that all scans together may go over; no scans are counted beyond.
    """
    view = memoryview(data)
    kept, exif, xmp = [view[:2]], None, None
    frame, size, samples, place = 0, (0, 0), 3.0, 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker in ALONE or marker == 0xFF:
            place += 1 if marker == 0xFF else 2
            continue
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4])
        if marker in (0xDA, 0xD9) or end > len(data):
            break
        segment = data[place:end]
        if marker in FRAMES:
            frame, samples = marker, _samples(segment)
            size = int.from_bytes(segment[7:9]), int.from_bytes(segment[5:7])
        if marker == 0xE1 and segment[4:10] == b"Exif\0\0":
            exif = exif or in_exif(segment[4:])
        elif marker == 0xE1 and segment[4:].startswith(XMP_MARK):
            xmp = xmp or in_xmp(segment)
        if marker in (0xE0, 0xEE) or not (marker == 0xFE or 0xE0 <= marker <= 0xEF):
            kept.append(view[place:end])
        place = max(end, place + 2)
    kept.append(view[place:])
    scans = _count_scans(data, place, 2 + most_scanned // max(1, int(size[0] * size[1] * samples)))
    return Jpeg(tuple(kept), exif or xmp or UPRIGHT, frame, size, samples, scans)


def _samples(frame: bytes) -> float:
    factors = [(factor >> 4) * (factor & 15) for factor in frame[11::3]]
    most = max(factors, default=0)
    return min(4.0, sum(factors) / most) if most else 3.0


def _count_scans(data: bytes, place: int, most: int) -> int:
    """Scans up to the end of the image: what stands after it, a film or another photo, is not decoded."""
    scans = 0
    for _ in range(MOST_MARKERS):
        found = NEXT_MARKER.search(data, place)
        if found is None or found[0] == b"\xff\xd9":
            return scans
        scans += found[0] == b"\xff\xda"
        if scans == most:
            return scans
        place = found.start() + 2
        place += max(2, int.from_bytes(data[place : place + 2]))
    return max(scans, MOST_MARKERS)


@dataclass(frozen=True)
class Png:
    """A PNG file's pixels: the file with only what they need, and the orientation, 1 to 8."""

    data: bytes
    orientation: int


def read_png(data: bytes) -> Png:
    """Look through a PNG file's chunks. What is not understood is left to the decoder."""
    kept, exif, xmp, place = [PNG], None, None, len(PNG)
    while place + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = min(place + 12 + length, len(data))
        if kind == b"eXIf":
            exif = exif or in_exif(data[place + 8 : end - 4])
        elif kind in (b"iTXt", b"zTXt") and not (exif and xmp):
            text = _text(kind, data[place + 8 : min(end - 4, place + 8 + LONGEST_TEXT)])
            if text.startswith(b"XML:com.adobe.xmp\0"):
                xmp = xmp or in_xmp(text)
            elif text.startswith(b"Raw profile type "):
                exif = exif or _in_raw_profile(text)
        if not kind[0] & 0x20 or kind == b"tRNS":  # a capital letter begins what a decoder must know
            kept.append(data[place:end])
        place = end
        if kind == b"IEND":
            break
    else:
        kept.append(data[place:])
    return Png(b"".join(kept), exif or xmp or UPRIGHT)


def _text(kind: bytes, chunk: bytes) -> bytes:
    """A text chunk with its keyword, unpacked as far as is of use; empty where that fails."""
    keyword, _, rest = chunk.partition(b"\0")
    packed = kind == b"zTXt" or rest[:1] == b"\1"
    try:
        rest = rest[1:] if kind == b"zTXt" else rest[2:].split(b"\x00", 2)[-1]
        return keyword + b"\0" + (zlib.decompressobj().decompress(rest, LONGEST_TEXT) if packed else rest)
    except zlib.error:
        return b""


def _in_raw_profile(text: bytes) -> int | None:
    """The orientation of an EXIF block that was written as a text of hexadecimal numbers, as ImageMagick does."""
    try:
        return in_exif(bytes.fromhex("".join(text.decode("latin-1").split("\n")[3:])))
    except ValueError:
        return None


def without_exif(data: bytes) -> bytes:
    """A file of boxes (AVIF) whose EXIF blocks are empty, everything else at its place."""
    emptied = bytearray(data)
    for found in EXIF_ITEM.finditer(data):
        order = "<" if found[1][:2] == b"II" else ">"
        place = found.start(1) + struct.unpack_from(order + "I", data.ljust(found.end() + 4, b"\0"), found.end())[0]
        emptied[place : place + 2] = bytes(len(emptied[place : place + 2]))
    return bytes(emptied)
