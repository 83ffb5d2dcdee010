"""What it takes to decode a photo, judged by its header: photos that take too much are refused before they are decoded.

Seen with Pillow 13 on photos of 48 megapixels: 4 bytes a pixel of colour (PNG, BMP), 9 for AVIF, 7 for HEIF, 16 for
WebP; TIFF holds a strip or a tile besides, which may be the whole photo. A JPEG is decoded at a smaller scale and takes
next to nothing, unless it comes in several scans: then all of its coefficients wait for the last one. A scan costs
1.5 ns a value, however little it tells.
"""

from PIL import Image

from caption_model.errors import PhotoError, PhotoTooLargeError
from caption_model.vision.containers import Jpeg
from caption_model.vision.files import Budget

MAX_PIXELS = 64_000_000  # twice a 32-megapixel camera
MAX_JPEG_PIXELS = 256_000_000  # telephones with 200 megapixels are sold
MAX_SIDE = 250_000  # every row costs a little, however short it is
MAX_SCANNED = 3_000_000_000  # values that a JPEG's scans go over: some five seconds
MEMORY = Budget(600_000_000)  # bytes for pixels, of all photos that are decoded at once
ARITHMETIC = 4  # times as slow
BYTES_A_PIXEL = {"WEBP": 16, "AVIF": 12, "HEIF": 12, "GIF": 8}
STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}


def check_size(columns: int, rows: int, most: int, name: str) -> None:
    """Refuse photos of too many pixels.

    Raises:
        PhotoTooLargeError: there are more than ``most``, or a side is too long.
    """
    if columns * rows > most or max(columns, rows) > MAX_SIDE:
        allowed = f"the {most / 1_000_000:g} megapixels" if columns * rows > most else f"the {MAX_SIDE} pixels a side"
        raise PhotoTooLargeError(
            f"{name} claims {columns} x {rows} pixels, more than {allowed} allowed: save a smaller copy and try again."
        )


def cost(picture: Image.Image, file: int) -> int:
    """Bytes that it takes to decode a photo that is no JPEG, and ``file`` bytes of it."""
    columns, rows = picture.size
    pixel = BYTES_A_PIXEL.get(str(picture.format), STORED.get(picture.mode, 4))
    if picture.format == "TIFF":
        pixel += _bits(picture) // 8 + 1
    return columns * rows * pixel + 8 * rows + file


def _bits(tiff: Image.Image) -> int:
    """Bits of a pixel in a TIFF file."""
    said = getattr(tiff, "tag_v2", {}).get(258, 8)
    return min(1024, sum(map(int, said)) if isinstance(said, tuple) else int(said) * len(tiff.getbands()))


def jpeg_cost(jpeg: Jpeg, drafted: tuple[int, int], file: int) -> int:
    """Bytes that it takes to decode a JPEG of so many bytes at another size than its own."""
    pixels = jpeg.size[0] * jpeg.size[1]
    decoded = pixels if jpeg.is_lossless else drafted[0] * drafted[1]
    return 4 * decoded + (int(2 * pixels * jpeg.samples) if jpeg.is_buffered else 0) + file


def check_scans(jpeg: Jpeg, name: str) -> None:
    """Refuse a JPEG that would be gone over too often.

    Raises:
        PhotoError: it would.
    """
    columns, rows = jpeg.size
    values = columns * rows * jpeg.samples * max(1, jpeg.scans) * (ARITHMETIC if jpeg.is_arithmetic else 1)
    if values > MAX_SCANNED:
        raise PhotoError(
            f"{name} takes too long to decode ({columns} x {rows} pixels in {jpeg.scans} scans or more): "
            "save it again as an ordinary JPEG and try again."
        )


def check_memory(wanted: int, name: str) -> None:
    """Refuse a photo that would take more memory than there is for all.

    Raises:
        PhotoError: it would.
    """
    if wanted > MEMORY.size:
        raise PhotoError(
            f"{name} takes {wanted // 1_000_000} MB to decode, more than the {MEMORY.size // 1_000_000} MB allowed: "
            "save a smaller copy, or an ordinary JPEG, and try again."
        )
