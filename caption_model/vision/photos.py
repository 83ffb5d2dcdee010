"""Open any photo safely: a path, bytes or an upload in, RGB pixels out.

The formats tried are a fixed list (the extension is never trusted), what decoding takes is bounded before it begins,
the turn that EXIF asks for is made, and the whole frame is squashed to the network's square, as the training photos
are. Whatever a library raises on one photo is a ``PhotoError``.
"""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, TiffImagePlugin, UnidentifiedImageError

from caption_model.errors import PhotoError
from caption_model.vision import costs
from caption_model.vision.containers import PNG, read_jpeg, read_png, without_exif
from caption_model.vision.costs import MAX_JPEG_PIXELS, MAX_PIXELS
from caption_model.vision.files import Source, content_of, name_of, reason_of
from caption_model.vision.orientation import ORIENTATION, TURNS, UPRIGHT, entries, in_info, is_sideways, upright
from caption_model.vision.pixels import UnknownRangeError, fitted

__all__ = ["MAX_JPEG_PIXELS", "MAX_PIXELS", "SIZE", "Source", "name_of", "open_for_display", "open_photo"]

FORMATS = ["PNG", "WEBP", "GIF", "BMP", "AVIF"]  # and JPEG, which MPO is, and TIFF
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
AVIF_BRANDS = (b"avif", b"avis")
HEIF_BRANDS = (
    *(b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"),
    *(b"mif1", b"msf1", b"mif2", b"miaf", b"MiHE", b"MiHB", b"1pic"),
)
# Pillow refuses a bomb only at twice the size it warns at: its warning is an error here.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # damaged EXIF: the photo opens all the same
SIZE = (224, 224)


def open_photo(source: Source, size: tuple[int, int] = SIZE, most_pixels: int | None = None) -> NDArray[np.uint8]:
    """Open a photo as the encoders want it.

    Args:
        source: path, bytes or a binary file.
        size: (height, width) of the result; the whole frame is squashed into it.
        most_pixels: that a photo may have, where that is less than what is opened anyway.

    Returns:
        RGB uint8 of shape (height, width, 3).

    Raises:
        PhotoTooLargeError: it has more pixels than are allowed.
        PhotoError: missing, not a photo, damaged, too large, or a format that cannot be read.
    """
    height, width = size
    return np.asarray(_open(source, _Wish((width, height), most_pixels=most_pixels)), dtype=np.uint8)


def open_for_display(source: Source, longest: int = 1024) -> Image.Image:
    """Open a photo for people: upright RGB at its true proportions, at most ``longest`` pixels a side.

    Raises:
        PhotoError: as ``open_photo``.
    """
    return _open(source, _Wish(longest=longest))


@dataclass(frozen=True)
class _Wish:
    """What is wanted of a photo: exactly ``size``, (columns, rows), or its own proportions and ``longest`` pixels."""

    size: tuple[int, int] | None = None
    longest: int = 0
    most_pixels: int | None = None

    def allowed(self, most: int) -> int:
        """Pixels that a photo may have, of a format of which ``most`` are opened."""
        return most if self.most_pixels is None else min(most, self.most_pixels)

    def stored(self, columns: int, rows: int, orientation: int) -> tuple[int, int]:
        """The same for a photo as it is stored, before it is turned."""
        if self.size is None:
            scale = min(1.0, self.longest / max(columns, rows))
            return max(1, round(columns * scale)), max(1, round(rows * scale))
        return self.size[::-1] if is_sideways(orientation) else self.size

    def draft(self, orientation: int) -> tuple[int, int]:
        """The least size that a JPEG is decoded at."""
        columns, rows = self.stored(self.longest, self.longest, orientation)
        return (2 * columns, 2 * rows) if self.size else (columns, rows)


def _open(source: Source, wish: _Wish) -> Image.Image:
    name = name_of(source)
    with content_of(source) as data:
        try:
            return _decoded(data, name, wish)
        except PhotoError:
            raise
        except UnidentifiedImageError as error:
            raise PhotoError(
                f"{name} is not a photo in a format that can be read: use JPEG, PNG, WebP or HEIC."
            ) from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
            raise PhotoError(f"{name} claims far too many pixels: save a smaller copy and try again.") from error
        except UnknownRangeError as error:
            raise PhotoError(f"{name} cannot be shown ({error}): save it again as an ordinary photo.") from error
        except Exception as error:  # parsers raise anything, and one photo's trouble is its own
            raise PhotoError(
                f"{name} is damaged or incomplete ({reason_of(error)}): copy it again from its origin."
            ) from error


def _decoded(data: bytes, name: str, wish: _Wish) -> Image.Image:
    if data.startswith(b"\xff\xd8\xff"):
        return _decoded_jpeg(data, name, wish)
    if data.startswith(TIFF):
        return _decoded_tiff(data, name, wish)
    if data.startswith(PNG):
        png = read_png(data)
        copied = len(png.data) if len(png.data) != len(data) else 0
        with Image.open(io.BytesIO(png.data), formats=["PNG"]) as picture:
            return _fitted(picture, png.orientation, name, wish, copied)
    formats = [*FORMATS, *_heif(data, name)]
    try:
        return _decoded_other(data, formats, name, wish)
    except Exception:
        if data[8:12] not in AVIF_BRANDS:
            raise
        return _decoded_other(without_exif(data), formats, name, wish)  # the turn stands outside EXIF, too


def _decoded_other(data: bytes, formats: list[str], name: str, wish: _Wish) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=formats) as picture:
        return _fitted(picture, in_info(picture.info) or UPRIGHT, name, wish)


def _decoded_jpeg(data: bytes, name: str, wish: _Wish) -> Image.Image:
    jpeg = read_jpeg(data, costs.MAX_SCANNED)
    costs.check_size(*jpeg.size, wish.allowed(MAX_JPEG_PIXELS), name)
    costs.check_scans(jpeg, name)
    with JpegImagePlugin.JpegImageFile(io.BytesIO(b"".join(jpeg.pieces))) as picture:
        full = picture.size
        if full != jpeg.size:
            raise PhotoError(f"{name} is damaged or incomplete (two sizes): copy it again from its origin.")
        picture.draft("RGB", wish.draft(jpeg.orientation))  # at 1/2, 1/4 or 1/8: much faster, never below the draft
        wanted = costs.jpeg_cost(jpeg, picture.size, len(data))
        costs.check_memory(wanted, name)
        with costs.MEMORY.hold(wanted):
            small = fitted(picture, wish.stored(*full, jpeg.orientation))
        return upright(small, jpeg.orientation)


def _decoded_tiff(data: bytes, name: str, wish: _Wish) -> Image.Image:
    if sum(entry.claimed for entry in entries(data)) > 2 * len(data) + 65_536:  # all would be read, overlapping or not
        raise PhotoError(f"{name} is damaged or incomplete (it claims more than it holds): copy it again.")
    with _FirstPage(io.BytesIO(data)) as picture:
        return _fitted(picture, UPRIGHT, name, wish)


class _FirstPage(TiffImagePlugin.TiffImageFile):
    """A TIFF file whose EXIF block says which way up it is and nothing else: Pillow writes it anew when it turns it."""

    def getexif(self) -> Image.Exif:
        """The orientation, if there is one."""
        exif = Image.Exif()
        said = self.tag_v2.get(ORIENTATION)
        exif[ORIENTATION] = next((number for number in TURNS if number == said), UPRIGHT)
        return exif


def _fitted(picture: Image.Image, orientation: int, name: str, wish: _Wish, copied: int = 0) -> Image.Image:
    """A picture that is not loaded yet, checked, as it is wished for, and upright."""
    costs.check_size(*picture.size, wish.allowed(MAX_PIXELS), name)
    wanted = costs.cost(picture, copied)
    costs.check_memory(wanted, name)
    with costs.MEMORY.hold(wanted):
        picture.load()
        return upright(fitted(picture, wish.stored(*picture.size, orientation)), orientation)


def _heif(data: bytes, name: str) -> list[str]:
    """Register Pillow's HEIF plug-in when the file is one; iPhones write HEIC."""
    if data[4:8] != b"ftyp" or data[8:12] not in HEIF_BRANDS:
        return []
    try:
        import pillow_heif
    except ImportError as error:
        raise PhotoError(f"{name} is a HEIC photo: run `pip install pillow-heif`, or save it as JPEG.") from error
    pillow_heif.register_heif_opener()
    return ["HEIF"]
