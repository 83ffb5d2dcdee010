"""Which way up a photo is, as its EXIF or XMP block says: the one number that is of use here.

EXIF is read here and never written. Libraries write the whole block anew to take the number out of it, and fail when
any other tag in it is odd; many blocks are.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from PIL import Image

ORIENTATION, UPRIGHT = 274, 1
MOST_ENTRIES = 4096
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 16: "Q", 17: "q"}  # types that hold whole numbers
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
XMP = re.compile(rb'tiff:Orientation(?:="|>)([1-8])')


def in_exif(block: bytes) -> int | None:
    """The orientation, 1 to 8, of an EXIF block, with or without its ``Exif`` mark, or of a TIFF file."""
    block = block.removeprefix(b"Exif\0\0")
    for entry in entries(block):
        if entry.tag == ORIENTATION and entry.kind in NUMBERS:
            (number,) = struct.unpack_from(_order(block) + NUMBERS[entry.kind], entry.value)
            if 1 <= number <= 8:
                return int(number)
    return None


def in_xmp(block: bytes | str) -> int | None:
    """The orientation, 1 to 8, of an XMP block."""
    found = XMP.search(block.encode("utf-8", "replace") if isinstance(block, str) else block)
    return int(found[1]) if found else None


def in_info(info: Mapping[Any, Any]) -> int | None:
    """The orientation, 1 to 8, that Pillow found beside the pixels."""
    exif, xmp = info.get("exif"), info.get("xmp")
    return (in_exif(exif) if isinstance(exif, bytes) else None) or (in_xmp(xmp) if isinstance(xmp, bytes) else None)


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    """A picture as it was taken, turned and mirrored as its orientation says."""
    return picture.transpose(TURNS[orientation]) if orientation in TURNS else picture


def is_sideways(orientation: int) -> bool:
    """Whether an upright picture is as high as the stored one is wide."""
    return orientation >= 5


class Entry(NamedTuple):
    """An entry of a directory: tag, type, how many values, and the bytes that hold them or tell where they are."""

    tag: int
    kind: int
    number: int
    value: bytes

    @property
    def claimed(self) -> int:
        """Bytes that its values would take."""
        return self.number * SIZES.get(self.kind, 0)


def entries(block: bytes) -> Iterator[Entry]:
    """The entries of the first directory, as far as they are there; none where the block is no TIFF."""
    order = _order(block)
    big = block[2:4] in (b"+\0", b"\0+")
    start, entry, number = ("Q", "HHQ8s", "Q") if big else ("I", "HHI4s", "H")
    try:
        (place,) = struct.unpack_from(order + start, block, 8 if big else 4)
        (count,) = struct.unpack_from(order + number, block, place)
        place += struct.calcsize(order + number)
        for _ in range(min(count, MOST_ENTRIES)):
            yield Entry(*struct.unpack_from(order + entry, block, place))
            place += struct.calcsize(order + entry)
    except (struct.error, OverflowError):  # cut short, or a place beyond the end
        return


def _order(block: bytes) -> str:
    return "<" if block[:2] == b"II" else ">"
