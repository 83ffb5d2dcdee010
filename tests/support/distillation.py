"""Tiny teachers, a tiny student and a folder of tiny photos to distil with."""

import csv
import io
import tarfile

import numpy as np
from PIL import Image

from caption_model.text.topics import RANGE, topics
from caption_model.training.distillation import student
from caption_model.training.distillation.held_out import hundredth
from caption_model.training.distillation.teacher_networks import GOOGLENET, INCEPTION, MODULES, SYNSETS

TINY = ((4,), (4,), (6,), (8,), (8,))
CLASSES = 1000
ONE = (1, 1)


def inception_layers():
    """Names and kernel sizes of Inception v3 up to mixed_8, in the order in which they are stored."""
    yield from (("conv", (3, 3)), ("conv_1", (3, 3)), ("conv_2", (3, 3)), ("conv_3", ONE), ("conv_4", (3, 3)))
    row, column = (1, 7), (7, 1)
    for number in range(9):
        module = f"mixed_{number}" if number else "mixed"
        if number < 3:
            towers = {"": [ONE], "_tower": [ONE, (5, 5)], "_tower_1": [ONE, (3, 3), (3, 3)], "_tower_2": [ONE]}
        elif number == 3:
            towers = {"": [(3, 3)], "_tower": [ONE, (3, 3), (3, 3)]}
        elif number < 8:
            long = [ONE, column, row, column, row]
            towers = {"": [ONE], "_tower": [ONE, row, column], "_tower_1": long, "_tower_2": [ONE]}
        else:
            towers = {"_tower": [ONE, (3, 3)], "_tower_1": [ONE, row, column, (3, 3)]}
        for tower, kernels in towers.items():
            for place, kernel in enumerate(kernels):
                yield f"{module}{tower}_conv{f'_{place}' if place else ''}", kernel


def layer(random, rows, columns, inputs, outputs):
    scale = np.sqrt(2 / (rows * columns * inputs))
    return random.normal(0, scale, (rows, columns, inputs, outputs)).astype(np.float32)


def tiny_inception(width=2):
    """Every convolution has ``width`` filters."""
    random, arrays = np.random.default_rng(1), {}
    coming, module, tower = 3, None, None
    for name, (rows, columns) in inception_layers():
        at = module_of(name)
        if at is None:
            inputs, coming = coming, width
        else:
            if at != module:
                coming = width if module is None else outputs_of(module, coming, width)
                module, tower = at, None
            inputs = width if name.split("_conv")[0] == tower else coming
            tower = name.split("_conv")[0]
        arrays[f"{name}/kernel"] = layer(random, rows, columns, inputs, width)
        arrays[f"{name}/bias"] = random.uniform(0.05, 0.3, width).astype(np.float32)
    return arrays


def module_of(name):
    """0 to 8; none for the first convolutions."""
    if not name.startswith("mixed"):
        return None
    second = name.split("_")[1]
    return int(second) if second.isdigit() else 0


def outputs_of(module, inputs, width):
    """Channels that a module gives: the halving ones hand their input on, pooled."""
    return 2 * width + inputs if module in (3, 8) else 4 * width


def tiny_googlenet(width=2, classes=CLASSES):
    random, arrays = np.random.default_rng(2), {}

    def convolution(name, size, inputs):
        arrays[f"{name}/kernel"] = layer(random, size, size, inputs, width)
        arrays[f"{name}/bias"] = random.uniform(0.05, 0.3, width).astype(np.float32)

    convolution("conv1/7x7_s2", 7, 3)
    convolution("conv2/3x3_reduce", 1, width)
    convolution("conv2/3x3", 3, width)
    inputs = width
    for module in MODULES:
        for name, size, incoming in (
            ("1x1", 1, inputs),
            ("3x3_reduce", 1, inputs),
            ("3x3", 3, width),
            ("5x5_reduce", 1, inputs),
            ("5x5", 5, width),
            ("pool_proj", 1, inputs),
        ):
            convolution(f"inception_{module}/{name}", size, incoming)
        inputs = 4 * width
    arrays["conv1/7x7_s2/kernel"] /= 60  # photos come in 0..255
    arrays["loss3/classifier/kernel"] = random.normal(0, 1, (inputs, classes)).astype(np.float32)
    arrays["loss3/classifier/bias"] = random.normal(0, 0.1, classes).astype(np.float32)
    return arrays


def class_list():
    """1,000 names, those that topics ask for among them."""
    named = (name for topic in topics().values() for entry in topic.imagenet for name in entry.split(RANGE))
    asked = dict.fromkeys(named)
    found = [f"class {number}" for number in range(CLASSES)]
    found[400 : 400 + len(asked)] = asked
    return found


def picture(number, size=48):
    """A photo as JPEG or WebP: flat colour and noise."""
    random = np.random.default_rng(number)
    pixels = random.integers(0, 256, (1, 1, 3)) + random.integers(-40, 40, (size, size, 3))
    buffer = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(buffer, "WEBP", quality=90)
    return buffer.getvalue()


def tar_of(path, photos):
    with tarfile.open(path, "w") as tar:
        for name, content in photos.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def table(path, *rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def make_data(folder, posts=60, unlabelled=12, flickr8k=10):
    """A folder of all data: a third of the posts has no topic, most have words, two of Flickr8k's photos judge."""
    for part in ("flickr8k/images", "posts_photos", "vision/unlabelled", "vision/teachers"):
        (folder / part).mkdir(parents=True)
    names = [f"{number}.jpg" for number in range(flickr8k)]
    for number, name in enumerate(names):
        (folder / "flickr8k" / "images" / name).write_bytes(picture(number))
    told = [[name, f"a dog runs on grass {number}"] for number, name in enumerate(names)]
    table(folder / "flickr8k" / "captions.csv", ["image", "caption"], *told)
    (folder / "flickr8k" / "devImages.txt").write_text("1.jpg\n3.jpg\n", encoding="utf-8")
    (folder / "flickr8k" / "trainImages.txt").write_text("\n".join([names[0], *names[4:]]), encoding="utf-8")

    files = [f"{number:06d}.webp" for number in range(posts)]
    tar_of(folder / "posts_photos" / "photos.tar", {file: picture(100 + n) for n, file in enumerate(files)})
    topics = [[file, ("", "cats", "food")[n % 3], "", ""] for n, file in enumerate(files)]
    table(folder / "posts_photos" / "index.csv", ["file", "topic", "source_repo", "source_path"], *topics)
    written = [["posts", file, "1", f"A cat and a cup number {n % 7}."] for n, file in enumerate(files) if n % 4]
    table(folder / "posts_photos" / "written_descriptions.csv", ["set", "file", "hand", "description"], *written)
    posted = [["posts", file, "1", "gram", "My cat again"] for n, file in enumerate(files) if n % 4 == 1]
    table(folder / "posts_photos" / "written_captions.csv", ["set", "file", "hand", "tone", "caption"], *posted)

    others = {f"{number:06d}.webp": picture(500 + number) for number in range(unlabelled)}
    tar_of(folder / "vision" / "unlabelled" / "photos-0.tar", others)
    teachers = folder / "vision" / "teachers"
    np.savez(teachers / GOOGLENET, **tiny_googlenet())
    np.savez(teachers / INCEPTION, **tiny_inception())
    synsets = "".join(f"n{number} {name}, other\n" for number, name in enumerate(class_list()))
    (teachers / SYNSETS).write_text(synsets, encoding="utf-8")
    return folder


def held_out(posts=60):
    """Files of the written posts of ``make_data`` that are held out: below ten for the test, below fifteen judging."""
    written = [f"{number:06d}.webp" for number in range(posts) if number % 4]
    numbers = {file: hundredth("posts", file) for file in written}
    test = {file for file, number in numbers.items() if number < 10}
    return test, {file for file, number in numbers.items() if 10 <= number < 15}


def tiny_start(path):
    """Weights of a tiny student as a file to start from."""
    import torch

    torch.manual_seed(0)
    np.savez(path, **student.export(student.build_student(TINY)))
    return path
