"""Open any photo safely: a path, bytes or an upload in, RGB pixels out.

The formats tried are a fixed list (the extension is never trusted), the pixel count is capped before anything is
decoded, the EXIF turn is applied, and the whole frame is squashed to the network's square, as the training photos are.
"""

import io
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from caption_model.errors import PhotoError

Source = str | Path | bytes | BinaryIO

FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]  # JPEG reads MPO too
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif")
MAX_PIXELS = 64_000_000  # twice a 32-megapixel camera; about 200 MB decoded
# Pillow refuses a bomb only at twice the size it warns at: its warning is an error here.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")  # damaged EXIF: the photo opens all the same
SIZE = (224, 224)


def open_photo(source: Source, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """Open a photo as the encoders want it.

    Args:
        source: path, bytes or a binary file.
        size: (height, width) of the result; the whole frame is squashed into it.

    Returns:
        RGB uint8 of shape (height, width, 3).

    Raises:
        PhotoError: missing, not a photo, damaged, too large, or a format that cannot be read.
    """
    height, width = size
    picture = _open(source, draft=(2 * width, 2 * height))
    return np.asarray(picture.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0), dtype=np.uint8)


def open_for_display(source: Source, longest: int = 1024) -> Image.Image:
    """Open a photo for people: upright RGB at its true proportions, at most ``longest`` pixels a side.

    Raises:
        PhotoError: as ``open_photo``.
    """
    picture = _open(source, draft=(longest, longest))
    picture.thumbnail((longest, longest), Image.Resampling.BICUBIC, reducing_gap=3.0)
    return picture


def name_of(source: Source) -> str:
    """What to call a photo in a message: its path or the upload's name."""
    if isinstance(source, (str, Path)):
        return str(source)
    return str(getattr(source, "name", "the photo"))


def _open(source: Source, draft: tuple[int, int]) -> Image.Image:
    name = name_of(source)
    data = _read(source, name)
    formats = [*FORMATS, *_heif(data, name)]
    try:
        with Image.open(io.BytesIO(data), formats=formats) as picture:
            columns, rows = picture.size
            if columns * rows > MAX_PIXELS:
                raise PhotoError(
                    f"{name} claims {columns} x {rows} pixels, more than the {MAX_PIXELS // 1_000_000} megapixels "
                    "allowed: save a smaller copy and try again."
                )
            if picture.format == "JPEG":
                picture.draft("RGB", draft)  # decodes at 1/2, 1/4 or 1/8 scale: much faster, never below the draft
            return _rgb(ImageOps.exif_transpose(picture))
    except UnidentifiedImageError as error:
        raise PhotoError(f"{name} is not a photo in a format that can be read: use JPEG, PNG, WebP or HEIC.") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoError(f"{name} claims far too many pixels: save a smaller copy and try again.") from error
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        ArithmeticError,
        LookupError,
        TypeError,
        RuntimeError,
        UserWarning,
    ) as error:
        # What Pillow's parsers, libheif and libavif raise on damaged files; warnings only where they are errors.
        raise PhotoError(f"{name} is damaged or incomplete ({error}): copy it again from its origin.") from error


def _read(source: Source, name: str) -> bytes:
    try:
        if isinstance(source, bytes):
            data = source
        elif isinstance(source, (str, Path)):
            path = Path(source)
            if path.is_dir():
                raise PhotoError(f"{name} is a folder: name the photos in it.")
            data = path.read_bytes()
        else:
            source.seek(0)
            data = source.read()
    except FileNotFoundError as error:
        raise PhotoError(f"{name} does not exist: check the path.") from error
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path, a closed file
        raise PhotoError(f"{name} cannot be read ({error}).") from error
    if not data:
        raise PhotoError(f"{name} is empty: copy it again from its origin.")
    return data


def _heif(data: bytes, name: str) -> list[str]:
    """Register Pillow's HEIF plug-in when the file is one; iPhones write HEIC."""
    if data[4:8] != b"ftyp" or data[8:12] not in HEIF_BRANDS:
        return []
    try:
        import pillow_heif
    except ImportError as error:
        raise PhotoError(f"{name} is a HEIC photo: run `pip install pillow-heif`, or save it as JPEG.") from error
    pillow_heif.register_heif_opener()
    return ["HEIF", "AVIF"]


def _rgb(picture: Image.Image) -> Image.Image:
    """Any mode → RGB: 16 bit scaled to 8, transparency put on white."""
    if picture.mode.startswith("I") or picture.mode == "F":
        pixels = np.asarray(picture, dtype=np.float64)
        # I;16 is always 16-bit grey; I and F may also hold 8-bit values.
        scale = 257.0 if picture.mode.startswith("I;16") or pixels.max(initial=0) > 255 else 1.0
        return Image.fromarray(np.clip(pixels / scale, 0, 255).astype(np.uint8)).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return picture.convert("RGB")
