"""How long a warm photo waits for its description: encoding and a beam of five, against VGG16's forward pass in Keras.

    python tests/benchmarks/describing.py

One photo at a time, as a person asks; the ways in turns, the median of many rounds.
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
from caption_model.captioner import encoder_of
from caption_model.generation.beam_search import BeamSearch
from caption_model.generation.descriptive import DescriptiveModel, describe_scored
from caption_model.networks.precision import dtype_policy, encoder_policy
from caption_model.vision.encoders import keras_vgg16
from caption_model.vision.photos import open_photo

PHOTOS = Path(__file__).resolve().parents[2] / "datasets" / "sample" / "photos"
ROUNDS = 3  # over all photos, after one that traces the graph
BEAM = BeamSearch()


def main() -> None:
    """Measure and print one JSON object."""
    folder = MODELS / "descriptive"
    encoder = encoder_of(folder)
    model = DescriptiveModel.load(folder, encoder)
    with dtype_policy(encoder_policy()):
        network = keras_vgg16(MODELS / "vgg16")
    bare = tf.function(lambda batch: network(batch, training=False))
    photos = [open_photo(path, encoder.size)[None] for path in sorted(PHOTOS.glob("*.jpg"))]
    grids = [encoder.encode(photo).grid for photo in photos]
    ways = {
        "network": lambda number: bare(tf.constant(photos[number], tf.float32) / 255.0).numpy(),
        "encode": lambda number: encoder.encode(photos[number]),
        "beam": lambda number: describe_scored(model.decoder, model.vocabulary, grids[number], BEAM),
        "both": lambda number: describe_scored(
            model.decoder, model.vocabulary, encoder.encode(photos[number]).grid, BEAM
        ),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for round_ in range(ROUNDS + 1):
        for number in range(len(photos)):
            for name, run in ways.items():
                started = time.perf_counter()
                run(number)
                if round_:
                    taken[name].append(time.perf_counter() - started)
    seconds = {name: statistics.median(values) for name, values in taken.items()}
    words = [len(describe_scored(model.decoder, model.vocabulary, grid, BEAM)[0][0].split()) for grid in grids]
    print(
        json.dumps(
            {
                "precision": encoder_policy(),
                "beam": BEAM.width,
                "words": round(float(np.mean(words)), 1),
                **{f"{name}_ms": round(1000 * value, 1) for name, value in seconds.items()},
                "ratio": round(seconds["both"] / seconds["network"], 2),
            }
        )
    )


if __name__ == "__main__":
    main()
