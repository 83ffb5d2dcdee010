"""What our encoder takes beside the same network in Keras, in the floats that this machine is fast at: 64 photos.

    python tests/benchmarks/encoding.py

Both ways in one run, in turns, the median of several rounds.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import tensorflow as tf

from caption_model.bundles.bundle import MODELS
from caption_model.networks.precision import dtype_policy, encoder_policy
from caption_model.vision.encoders import BATCH, keras_vgg16, load_encoder

PHOTOS = 64
ROUNDS = 5


def main() -> None:
    """Measure and print one JSON object."""
    encoder = load_encoder()
    photos = np.random.default_rng(0).integers(0, 256, (PHOTOS, 224, 224, 3)).astype(np.uint8)
    scaled = tf.constant(photos, tf.float32) / 255.0
    with dtype_policy(encoder_policy()):
        network = keras_vgg16(MODELS / "vgg16")
    bare = tf.function(lambda batch: network(batch, training=False))

    def network_alone() -> None:
        for start in range(0, PHOTOS, BATCH):
            bare(scaled[start : start + BATCH]).numpy()

    def ours() -> None:
        encoder.encode(photos)

    ways = {"network": network_alone, "encoder": ours}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS + 1):
        for name, run in ways.items():
            started = time.perf_counter()
            run()
            if number:  # the first round traces the graphs
                taken[name].append(time.perf_counter() - started)
    seconds = {name: statistics.median(values) for name, values in taken.items()}
    print(
        json.dumps(
            {
                "precision": encoder_policy(),
                **{f"{name}_ms_a_photo": round(1000 * value / PHOTOS, 2) for name, value in seconds.items()},
                "ratio": round(seconds["encoder"] / seconds["network"], 3),
            }
        )
    )


if __name__ == "__main__":
    main()
