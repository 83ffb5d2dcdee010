"""Photos: whatever people bring is opened as they see it, or refused in one sentence that names the file."""

import io
import os
import random
import re
import struct
import sys
import threading
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from caption_model.errors import PhotoError
from caption_model.vision import costs
from caption_model.vision.files import Budget
from caption_model.vision.photos import MAX_PIXELS, open_for_display, open_photo

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:PIL\.")  # as where photos are opened
RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 200, 40), (30, 40, 210), (255, 255, 255)
ORIENTATION, GPS = 0x0112, 0x8825
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX pipes and devices")


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


# Type, count and value of a tag that Pillow cannot write again, or reads as something else than it is.
ODD = {
    "a signed ratio below nought": (10, 1, struct.pack("<ii", -1, 0)),
    "a signed short for a ratio": (8, 1, struct.pack("<hh", -5, 0)),
    "text for a number": (2, 4, b"six\0"),
    "a type that is none": (77, 1, b"\0\0\0\0"),
    "a value beyond the end": (5, 1, None),
    "four thousand million values": (3, 2**32 - 1, None),
    "a double": (12, 1, struct.pack("<d", float("nan"))),
}


def exif_block(orientation: int, kind: int, number: int, value: bytes | None, tag: int = 282) -> bytes:
    """An EXIF block with an orientation and an odd tag after it."""
    short = value is not None and len(value) <= 4
    held = value if short else struct.pack("<I", 38 if value is not None else 2**31)
    entries = struct.pack("<HHIHH", ORIENTATION, 3, 1, orientation, 0) + struct.pack("<HHI", tag, kind, number) + held
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4) + (b"" if short else value or b"")


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize("tag", [282, 34665, 33432])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_an_odd_tag_beside_the_orientation_keeps_no_photo_from_being_turned(kind, tag, odd):
    if kind == "AVIF":  # Pillow takes the turn out of the block as it writes, and cannot write every block again
        data = encoded(quarters(), kind, exif=exif_block(6, 3, 1, b"\1\0\0\0", tag))
        data = data.replace(struct.pack("<HHI", tag, 3, 1), struct.pack("<HHI", tag, odd[0], odd[1]))
    else:
        data = encoded(quarters(), kind, exif=exif_block(6, *odd, tag))
    assert_looks_like(open_photo(data), BLUE, RED, GREEN, WHITE)
    assert open_for_display(data).size == (120, 160)


def tiff(orientation: int, *odd: tuple[int, int, int, int]) -> bytes:
    """The quarters as an uncompressed TIFF, with odd entries: tag, type, count, value."""
    pixels = quarters().tobytes()
    entries = [(256, 3, 1, 160), (257, 3, 1, 120), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 8)]
    entries += [(274, 3, 1, orientation), (277, 3, 1, 3), (278, 3, 1, 120), (279, 4, 1, len(pixels)), *odd]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return b"II*\0" + struct.pack("<I", 8 + len(pixels)) + pixels + directory + bytes(4)


@pytest.mark.parametrize("odd", [(282, 10, 1, 40), (282, 8, 1, 65535), (34665, 4, 1, 2**31), (305, 2, 9, 2**31)])
def test_a_turned_tiff_with_an_odd_tag_is_upright(odd):
    assert_looks_like(open_photo(tiff(6, odd)), BLUE, RED, GREEN, WHITE)
    assert open_for_display(tiff(6, odd)).size == (120, 160)


def test_a_tiff_that_claims_its_bytes_many_times_over_is_refused():
    refused(tiff(1, *((50_000 + number, 1, 50_000, 8) for number in range(20))), "claims more than it holds")


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_orientation_that_is_none_turns_nothing(orientation):
    assert_looks_like(open_photo(encoded(quarters(), "JPEG", exif=exif_block(orientation, 3, 1, b"\0" * 4))),
                      RED, GREEN, WHITE, BLUE)  # fmt: skip


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_exif_is_silent_xmp_says_which_way_up(kind):
    block = b'<rdf:Description tiff:Orientation="6"/>'
    if kind == "PNG":
        data = with_chunks(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + block))
    else:
        data = encoded(quarters(), kind, xmp=block)
    assert_looks_like(open_photo(data), BLUE, RED, GREEN, WHITE)


def with_chunks(*chunks: bytes) -> bytes:
    """The quarters as a PNG with chunks after its header."""
    whole = encoded(quarters(), "PNG")
    return whole[:33] + b"".join(chunks) + whole[33:]


@pytest.mark.parametrize("start", [b"XML:com.adobe.xmp\0\1\0\0\0", b"ICC Profile\0\0", b"Raw profile type exif\0\0"])
@pytest.mark.parametrize("name", [b"iTXt", b"zTXt", b"iCCP"])
@pytest.mark.parametrize("megabytes", [2, 90])
def test_what_is_written_beside_the_pixels_refuses_no_photo(name, start, megabytes):
    text = chunk(name, start + zlib.compress(bytes(megabytes * 1_000_000)))
    assert_looks_like(open_photo(with_chunks(text, text)), RED, GREEN, WHITE, BLUE)


@pytest.mark.parametrize("name", [b"acTL", b"fcTL", b"pHYs", b"cHRM", b"gAMA", b"eXIf", b"tIME", b"iCCP", b"zTXt"])
def test_nor_does_what_is_broken_there(name):
    broken = chunk(name, b"\x99")[:-1] + b"\0"
    assert_looks_like(open_photo(with_chunks(chunk(name, b""), broken)), RED, GREEN, WHITE, BLUE)


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


RAMP = np.linspace(0, 1, 1600).reshape(40, 40)


@pytest.mark.parametrize(
    "numbers",
    [
        *(RAMP, RAMP * 255, RAMP * 3, RAMP * 65535, RAMP * 1e6, RAMP * 8 - 4),
        *((RAMP * (2**bits - 1)).astype(np.uint16) for bits in (8, 10, 12, 14, 16)),
        *((RAMP * high).astype(np.int32) for high in (255, 4095, 2**24 - 1, 2**31 - 1)),
        (RAMP * 60000 - 30000).astype(np.int16),
    ],
    ids=lambda numbers: f"{numbers.dtype} {numbers.min()} to {numbers.max()}",
)
def test_numbers_of_any_range_give_black_to_white(numbers):
    pixels = open_photo(encoded(Image.fromarray(numbers), "TIFF"), size=(40, 40))[..., 0].astype(int)
    assert pixels.min() <= 2 and pixels.max() >= 250
    np.testing.assert_allclose(pixels.ravel(), RAMP.ravel() * 255, atol=4)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_refused(odd):
    numbers = RAMP.copy()
    numbers[3, 3] = odd
    refused(encoded(Image.fromarray(numbers), "TIFF"), "no numbers")


def test_a_large_picture_converted_strip_by_strip_looks_the_same():
    large = quarters(3000, 2000)
    for mode in ("RGB", "P", "1", "LA", "RGBA"):
        pixels = open_photo(encoded(large.convert(mode), "PNG"))
        expected = np.asarray(large.convert(mode).convert("RGB").resize((224, 224), Image.Resampling.BOX))
        assert np.abs(pixels.astype(int) - expected).mean() < 3, mode


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


@pytest.mark.parametrize("size", [(1, 64_000_000), (64_000_000, 1), (300_000, 2)])
def test_a_side_without_end_is_refused(size):
    refused(png_claiming(*size), f"{size[0]} x {size[1]}", "smaller copy")


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_of_a_hundred_megapixels_is_opened(progressive):
    data = encoded(Image.new("L", (12_000, 9_000), 90), "JPEG", progressive=progressive)
    assert np.abs(open_photo(data).astype(int) - 90).max() <= 1
    assert open_for_display(data, 400).size == (400, 300)


def many_scans(count: int) -> bytes:
    """A progressive JPEG of a megapixel, one of its scans repeated."""
    data = encoded(Image.new("L", (1000, 1000), 90), "JPEG", progressive=True)
    first, second, *_ = [found.start() for found in re.finditer(b"\xff\xda", data)][1:]
    return data[:first] + data[first:second] * count + data[second:]


def test_a_jpeg_that_is_gone_over_without_end_is_refused_and_one_of_some_scans_is_not():
    assert np.abs(open_photo(many_scans(60)).astype(int) - 90).max() <= 2
    refused(many_scans(5000), "too long to decode", "ordinary JPEG")


def test_what_stands_behind_a_jpegs_end_is_no_scan():
    assert_looks_like(open_photo(encoded(quarters(), "JPEG") + b"\xff\xda" * 100_000), RED, GREEN, WHITE, BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_a_photo_that_takes_more_memory_than_there_is_for_all_is_refused(monkeypatch, kind):
    monkeypatch.setattr(costs, "MEMORY", Budget(10_000))
    refused(encoded(quarters(), kind), "MB allowed")


def test_who_wants_more_than_is_left_waits():
    budget, order = Budget(10), []
    may_end = threading.Event()

    def large():
        with budget.hold(20):
            order.append("large")

    with budget.hold(6):
        waits = threading.Thread(target=large)
        waits.start()
        with budget.hold(4):
            order.append("small")
        assert not may_end.wait(0.05)
        order.append("first")
    waits.join(timeout=60)
    assert order == ["small", "first", "large"]


def test_a_file_without_end_is_not_read(tmp_path):
    with (tmp_path / "sparse.jpg").open("wb") as file:
        file.truncate(3_000_000_000)
    refused(tmp_path / "sparse.jpg", "256 MB allowed")


@posix
def test_pipes_and_devices_are_no_photos(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    refused(tmp_path / "pipe.jpg", "pipe or a device")
    refused("/dev/zero", "pipe or a device")
    (tmp_path / "folder.jpg").mkdir()
    refused(tmp_path / "folder.jpg", "is a folder")


@pytest.mark.parametrize(
    "error", [struct.error("odd"), AttributeError("none"), ZeroDivisionError(), AssertionError("x\ny")]
)
def test_whatever_a_library_raises_is_that_photos_error(monkeypatch, error):
    def fail(*_):
        raise error

    data = encoded(quarters(), "JPEG")
    monkeypatch.setattr("caption_model.vision.photos.fitted", fail)
    refused(data, "damaged or incomplete")


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
