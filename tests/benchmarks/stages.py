"""Where the time of a photo goes, how near the encoder comes to the machine's peak, and the tutorial way.

python -m tests.benchmarks.stages FOLDER --photos 64

One batch at a time here, nothing overlaps: shares, not throughput.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import torch

from caption_model.batch.plan import find_photos
from caption_model.batch.run import BATCH
from caption_model.batch.table import write_table
from caption_model.bundles.bundle import MODELS, Bundle
from caption_model.captioner import Captioner
from caption_model.networks.precision import encoder_policy
from caption_model.networks.session import Graph
from caption_model.networks.social_keras import load_social
from caption_model.networks.threads import cores
from caption_model.storage.journal import Key, Record, open_journal
from caption_model.text.controls import MAX_GRAPHEMES, Controls
from caption_model.text.vocabulary import PAD, START
from caption_model.vision.encoders import keras_vgg16
from caption_model.vision.photos import open_photo
from caption_model.vision.vgg16 import scaled

ROUNDS = 5
PEAK_SIZES = (1024, 2048, 4096)


def seconds(task: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """The fastest of several rounds, after one that does not count."""
    task()
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        task()
        taken.append(time.perf_counter() - started)
    return min(taken)


def stages(captioner: Captioner, folder: Path, count: int) -> dict[str, float]:
    """Milliseconds a photo: decode, encode, write the social captions (ranking included), describe, save."""
    photos = find_photos(folder).photos[:count]
    spent = dict.fromkeys(("decode", "encode", "describe", "caption", "save"), 0.0)

    def timed(stage: str, task: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = task()
        spent[stage] += time.perf_counter() - started
        return result

    with tempfile.TemporaryDirectory() as place, open_journal(Path(place) / "x.journal.jsonl") as journal:
        for number in range(-1, len(photos) // BATCH):
            some = photos[max(number, 0) * BATCH :][:BATCH]
            if number == 0:  # the round before was for warming up
                spent = dict.fromkeys(spent, 0.0)
            pixels = timed("decode", lambda some=some: [open_photo(photo.path) for photo in some])
            features = timed("encode", lambda pixels=pixels: captioner.encoder.encode(np.stack(pixels)))
            timed("describe", lambda f=features: captioner.descriptive.describe(f.grid))
            seen = captioner.look_all(np.stack(pixels), BATCH)
            written = timed("caption", lambda seen=seen: captioner.write_all(seen))
            records = [
                Record(one.description, tuple(caption.text for caption in captions))
                for one, captions in zip(seen, written, strict=True)
            ]

            def save(some: Any = some, records: Any = records) -> None:
                for photo, record in zip(some, records, strict=True):
                    journal.write_captions(Key.of(photo, "", ""), record)

            timed("save", save)
        rows = [(photo.name, Record("", ())) for photo in photos]
        timed("save", lambda: write_table(Path(place) / "x.csv", rows, 5))
    done = len(photos) // BATCH * BATCH
    return {stage: 1000 * spent[stage] / done for stage in spent}


def peak_gflops(dtype: str) -> dict[str, float]:
    """GFLOP/s of the fastest square matrix product, by TensorFlow and by PyTorch: neither is always the faster."""
    found = {"tensorflow": 0.0, "torch": 0.0}
    torch.set_num_threads(cores())
    for size in PEAK_SIZES:
        one, other = tf.cast(tf.random.normal((size, size)), dtype), torch.randn(size, size).to(getattr(torch, dtype))
        product = tf.function(lambda a: tf.matmul(a, a))
        taken = {
            "tensorflow": seconds(lambda p=product, m=one: p(m).numpy()),
            "torch": seconds(lambda m=other: torch.mm(m, m)),
        }
        found = {name: max(found[name], 2 * size**3 / taken[name] / 1e9) for name in found}
    return found


def peak_gops() -> float:
    """GOP/s of the fastest square product of integers in eight bits, by ONNX Runtime, on all cores."""
    random, found = np.random.default_rng(0), 0.0
    for size in PEAK_SIZES:
        left = random.integers(0, 256, (size, size)).astype(np.uint8)
        right = random.integers(-64, 64, (size, size)).astype(np.int8)
        product = Graph(
            f"product (uint8[{size}, {size}] a) => (int32[{size}, {size}] c) {{ c = MatMulInteger(a, b) }}",
            {"b": right},
            cores(),
        )
        found = max(found, 2 * size**3 / seconds(lambda p=product, a=left: p(a=a)) / 1e9)
    return found


def encoder_against_peak(captioner: Captioner) -> dict[str, Any]:
    """GFLOP/s of the encoder, in integers, and of the fastest square matrix products in floats and in integers."""
    flop = 0
    for layer in keras_vgg16(MODELS / "vgg16").layers:
        if hasattr(layer, "kernel"):
            _, rows, columns, _ = layer.output.shape
            flop += 2 * rows * columns * int(np.prod(layer.kernel.shape))
    photos = np.random.default_rng(0).integers(0, 256, (16, *captioner.encoder.size, 3)).astype(np.uint8)
    encoder = 16 * flop / seconds(lambda: captioner.encoder.encode(photos)) / 1e9
    peaks = peak_gflops("bfloat16" if "bfloat16" in encoder_policy() else "float32")
    peak = max(peaks.values())
    integers = peak_gops()
    return {
        "gflop_a_photo": flop / 1e9,
        "encoder": encoder,
        "peaks": peaks,
        "peak": peak,
        "share": encoder / peak,
        "int8_peak": integers,
        "int8_share": encoder / integers,
    }


def tutorial_way(captioner: Captioner, photo: Path) -> dict[str, float]:
    """Seconds for one caption, ``predict`` called on the padded beginning for each symbol, against five of ours."""
    decoder, encoder = load_social(Bundle.load(MODELS / "social", "social")), keras_vgg16(MODELS / "vgg16")
    pixels = open_photo(photo)
    wishes = np.array([Controls(tone="gram").ids()], np.int32)

    def predicted() -> None:
        pooled = encoder.predict(scaled(pixels[None]), verbose=0).mean(axis=(1, 2))
        written = np.full((1, MAX_GRAPHEMES), PAD, np.int32)
        written[0, 0] = START
        for place in range(1, MAX_GRAPHEMES):
            inputs = (written, pooled, np.ones(1, np.float32), wishes)
            logits = decoder.predict(inputs, verbose=0)
            written[0, place] = logits[0, place - 1].argmax()

    return {"tutorial": seconds(predicted, rounds=1), "ours": seconds(lambda: captioner.suggest(photo))}


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=64)
    options = parser.parse_args()
    captioner = Captioner.load()
    first = next(iter(find_photos(options.folder).photos)).path
    result = {
        "stages_ms": stages(captioner, options.folder, options.photos),
        "encoder": encoder_against_peak(captioner),
        "one_photo_s": tutorial_way(captioner, first),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
