"""Photos: whatever people bring is opened as they see it, or refused in one sentence that names the file."""

import io
import random
import struct
import sys
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from caption_model.errors import PhotoError
from caption_model.vision.photos import MAX_PIXELS, open_for_display, open_photo

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 200, 40), (30, 40, 210), (255, 255, 255)
ORIENTATION, GPS = 0x0112, 0x8825


def quarters(columns: int = 160, rows: int = 120) -> Image.Image:
    """Red and green above, blue and white below: any turn or flip shows."""
    picture = Image.new("RGB", (columns, rows), WHITE)
    picture.paste(RED, (0, 0, columns // 2, rows // 2))
    picture.paste(GREEN, (columns // 2, 0, columns, rows // 2))
    picture.paste(BLUE, (0, rows // 2, columns // 2, rows))
    return picture


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def corners(pixels: np.ndarray) -> list[tuple[int, ...]]:
    """Mean colours of the quarters, clockwise from the upper left."""
    rows, columns = pixels.shape[0] // 2, pixels.shape[1] // 2
    parts = pixels[:rows, :columns], pixels[:rows, columns:], pixels[rows:, columns:], pixels[rows:, :columns]
    return [tuple(part[4:-4, 4:-4].mean(axis=(0, 1)).round().astype(int)) for part in parts]


def assert_looks_like(pixels: np.ndarray, *colours: tuple[int, int, int], within: int = 12) -> None:
    np.testing.assert_allclose(corners(pixels), colours, atol=within)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_claiming(columns: int, rows: int) -> bytes:
    """A small grey PNG whose header claims a size of one's choice."""
    header = struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 40_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "MPO", "HEIF", "AVIF"])
def test_a_photo_of_any_format_is_squashed_whole_into_the_square(kind):
    pillow_heif.register_heif_opener()
    pixels = open_photo(encoded(quarters(), kind))
    assert pixels.shape == (224, 224, 3)
    assert pixels.dtype == np.uint8
    assert_looks_like(pixels, RED, GREEN, WHITE, BLUE)


def test_the_size_is_height_by_width():
    assert open_photo(encoded(quarters(), "PNG"), size=(50, 70)).shape == (50, 70, 3)


def test_a_large_jpeg_that_is_decoded_at_reduced_scale_looks_the_same():
    large = quarters(3000, 2000)
    fine, drafted = (open_photo(encoded(large, kind)) for kind in ("PNG", "JPEG"))
    assert np.abs(fine.astype(int) - drafted).mean() < 1.5


def test_the_extension_is_not_trusted(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(quarters(), "PNG"))
    assert_looks_like(open_photo(path), RED, GREEN, WHITE, BLUE)
    assert_looks_like(open_photo(str(path)), RED, GREEN, WHITE, BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_upload_whose_pointer_stands_anywhere_is_read_from_its_start(kind):
    data = encoded(quarters(), kind)
    for place in (0, 7, len(data)):
        upload = io.BytesIO(data)
        upload.seek(place)
        assert np.array_equal(open_photo(upload), open_photo(data))


# What EXIF calls each orientation, and the corners as the camera stored them turned upright.
@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, (RED, GREEN, WHITE, BLUE)),
        (2, (GREEN, RED, BLUE, WHITE)),
        (3, (WHITE, BLUE, RED, GREEN)),
        (6, (BLUE, RED, GREEN, WHITE)),
        (8, (GREEN, WHITE, BLUE, RED)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_turned_camera_gives_an_upright_photo(kind, orientation, upright):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(quarters(), kind, exif=exif)
    assert_looks_like(open_photo(data), *upright)
    shown = open_for_display(data)
    assert shown.size == ((120, 160) if orientation in (6, 8) else (160, 120))


def test_a_turned_iphone_photo_is_upright():
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    assert_looks_like(open_photo(encoded(quarters(), "HEIF", exif=exif.tobytes())), BLUE, RED, GREEN, WHITE)


def test_where_a_photo_was_taken_changes_nothing_and_is_not_handed_on():
    exif = Image.Exif()
    exif[GPS] = {1: "N", 2: (46.0, 57.0, 0.0), 3: "E", 4: (7.0, 26.0, 0.0)}
    plain, located = encoded(quarters(), "JPEG"), encoded(quarters(), "JPEG", exif=exif)
    with Image.open(io.BytesIO(located)) as photo:
        assert photo.getexif().get_ifd(GPS), "the photo made for this test must have a place"
    assert np.array_equal(open_photo(plain), open_photo(located))
    saved = io.BytesIO()
    open_for_display(located).save(saved, "JPEG")
    with Image.open(saved) as shown:
        assert not shown.getexif().get_ifd(GPS)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_sixteen_bit_grey_keeps_its_lightness(grey):
    pixels = np.full((40, 40), grey * 257, np.uint16)
    for kind in ("PNG", "TIFF"):
        assert np.all(open_photo(encoded(Image.fromarray(pixels), kind)) == grey)


def test_a_dark_sixteen_bit_photo_stays_dark():
    pixels = np.full((40, 40), 200, np.uint16)  # of 65535: nearly black
    assert open_photo(encoded(Image.fromarray(pixels), "PNG")).max() <= 1


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr"])
def test_other_ways_to_store_colour_look_the_same(mode):
    kind = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    pixels = open_photo(encoded(quarters().convert(mode), kind))
    expected = np.asarray(quarters().convert(mode).convert("RGB").resize((224, 224)))
    assert np.abs(pixels.astype(int) - expected).mean() < 6


def test_what_is_transparent_is_shown_on_white():
    picture = quarters().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 80, 60))  # black hidden under the upper left
    assert_looks_like(open_photo(encoded(picture, "PNG")), WHITE, GREEN, WHITE, BLUE)


def test_half_transparent_is_mixed_with_white():
    picture = Image.new("RGBA", (40, 40), (0, 0, 0, 128))
    assert np.abs(open_photo(encoded(picture, "PNG")).astype(int) - 127).max() <= 1


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_palette_colour_is_shown_on_white(kind):
    picture = Image.new("P", (40, 40), 0)
    picture.putpalette([*(0, 0, 0), *GREEN, *([0] * 3 * 254)])
    picture.paste(1, (20, 0, 40, 40))
    pixels = open_photo(encoded(picture, kind, transparency=0))
    assert_looks_like(pixels, WHITE, GREEN, GREEN, WHITE)


def test_grey_with_transparency_is_shown_on_white():
    picture = Image.new("LA", (40, 40), (0, 0))
    assert np.all(open_photo(encoded(picture, "PNG")) == 255)


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("RGB", (40, 40), colour) for colour in (RED, BLUE)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert_looks_like(open_photo(data), RED, RED, RED, RED)


def test_a_single_pixel_fills_the_square():
    pixels = open_photo(encoded(Image.new("RGB", (1, 1), BLUE), "PNG"))
    assert np.all(pixels == BLUE)


@pytest.mark.parametrize("size", [(1, 900), (900, 1)])
def test_a_thread_of_pixels_is_opened(size):
    assert open_photo(encoded(Image.new("RGB", size, GREEN), "PNG")).shape == (224, 224, 3)
    assert max(open_for_display(encoded(Image.new("RGB", size, GREEN), "PNG"), longest=100).size) == 100


def test_for_display_proportions_stay_and_small_photos_are_not_blown_up():
    assert open_for_display(encoded(quarters(1600, 400), "JPEG"), longest=800).size == (800, 200)
    assert open_for_display(encoded(quarters(), "PNG")).size == (160, 120)


def refused(source, *words: str) -> str:
    """The refusal: one sentence that has these words."""
    with pytest.raises(PhotoError) as caught:
        open_photo(source)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    for word in words:
        assert word in message
    return message


def test_a_missing_file_is_named(tmp_path):
    refused(tmp_path / "gone.jpg", "gone.jpg", "does not exist")


def test_a_folder_is_no_photo(tmp_path):
    refused(tmp_path, str(tmp_path), "folder")


def test_a_path_that_cannot_be_one_is_refused():
    refused("a\0b.jpg", "cannot be read")
    refused("x" * 5000, "cannot be read")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"dear diary, today I took a photo\n" * 20, "not a photo"),
        (b"\x89PNG\r\n\x1a\n", "gone-wrong.jpg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a photo"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a photo"),
    ],
)
def test_what_is_no_photo_is_refused_by_name(tmp_path, content, word):
    path = tmp_path / "gone-wrong.jpg"
    path.write_bytes(content)
    refused(path, "gone-wrong.jpg", word)


def test_an_upload_is_named_by_its_own_name():
    upload = io.BytesIO(b"no photo")
    upload.name = "holiday.png"
    refused(upload, "holiday.png")
    refused(io.BytesIO(b"no photo"), "the photo")


def test_a_closed_upload_is_refused():
    upload = io.BytesIO(encoded(quarters(), "PNG"))
    upload.close()
    refused(upload, "cannot be read")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
def test_half_a_photo_is_refused(tmp_path, kind):
    noise = np.random.default_rng(0).integers(0, 255, (80, 80, 3), np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    path = tmp_path / "half.jpg"
    path.write_bytes(data[: len(data) // 2])
    refused(path, "half.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF"])
def test_damage_of_any_kind_opens_or_is_refused_but_never_crashes(kind):
    pillow_heif.register_heif_opener()
    dice = random.Random(kind)
    data = encoded(quarters(40, 30), kind)
    refusals = 0
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(dice.choice([1, 3, 20])):
            damaged[dice.randrange(min(len(damaged), dice.choice([64, 400, 10**6])))] = dice.randrange(256)
        try:
            assert open_photo(bytes(damaged[: dice.choice([len(data), len(data) - 9])])).shape == (224, 224, 3)
        except PhotoError:
            refusals += 1
    assert refusals


@pytest.mark.parametrize("size", [(10_000, 10_000), (30_000, 30_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_decoded(tmp_path, size):
    data = png_claiming(*size)
    assert len(data) < 50_000 < MAX_PIXELS < size[0] * size[1]
    path = tmp_path / "bomb.png"
    path.write_bytes(data)
    refused(path, "bomb.png", "smaller copy")
    with pytest.raises(PhotoError, match=r"bomb\.png"):
        open_for_display(path)


def test_iphone_photos_without_the_plug_in_say_what_to_install(tmp_path, monkeypatch):
    pillow_heif.register_heif_opener()
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(encoded(quarters(), "HEIF"))
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # makes the import fail
    refused(path, "IMG_0001.HEIC", "pip install pillow-heif")


def test_every_photo_of_the_sample_opens(sample):
    means = [open_photo(path).mean() for path in sorted((sample / "photos").glob("*.jpg"))]
    assert len(means) == 14
    assert all(20 < mean < 235 for mean in means)
