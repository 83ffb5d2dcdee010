"""BLIP-base and ViT-GPT2 of ``transformers``, from their configurations with random weights: same cost, no download.

python -m tests.benchmarks.others blip FOLDER --photos 64

Each runs as fast as it can here: the best of several batch sizes in float32 and bfloat16, found first; photos are
opened ahead in threads as ours are, with Pillow's draft. They write 20 symbols greedily, one caption a photo.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from caption_model.batch.decode import read_ahead
from caption_model.batch.plan import Photo, find_photos
from caption_model.networks.threads import cores

TOKENS = 20
BATCHES = (1, 4, 8, 16)
DTYPES = (torch.float32, torch.bfloat16)


def blip() -> tuple[Any, int]:
    """BLIP-base and its photos' side in pixels."""
    from transformers import BlipConfig, BlipForConditionalGeneration

    config = BlipConfig()
    return BlipForConditionalGeneration(config), config.vision_config.image_size


def vit_gpt2() -> tuple[Any, int]:
    """ViT-base/16 and GPT-2 with cross-attention, and its photos' side in pixels."""
    from transformers import GPT2Config, VisionEncoderDecoderConfig, VisionEncoderDecoderModel, ViTConfig

    decoder = GPT2Config(add_cross_attention=True, is_decoder=True)
    config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(ViTConfig(), decoder)
    config.decoder_start_token_id = config.pad_token_id = decoder.bos_token_id
    model = VisionEncoderDecoderModel(config=config)
    model.generation_config.decoder_start_token_id = decoder.bos_token_id
    model.generation_config.pad_token_id = decoder.eos_token_id
    return model, config.encoder.image_size


MODELS = {"blip": blip, "vit-gpt2": vit_gpt2}


def caption(model: Any, photos: np.ndarray, dtype: torch.dtype) -> None:
    """Write ``TOKENS`` symbols for each of some opened photos (B, height, width, 3)."""
    pixels = (torch.from_numpy(photos).permute(0, 3, 1, 2).to(dtype) / 127.5 - 1.0).contiguous()
    with torch.inference_mode():
        written = model.generate(
            pixel_values=pixels, min_new_tokens=TOKENS, max_new_tokens=TOKENS, num_beams=1, do_sample=False
        )
    assert written.shape[0] == len(photos) and written.shape[1] >= TOKENS


def batches(photos: list[Photo], side: int, batch: int) -> Iterator[np.ndarray]:
    """Opened photos, ahead, in batches."""
    waiting = []
    for _, pixels in read_ahead(photos, (side, side), cores(), 2 * batch):
        waiting.append(pixels)
        if len(waiting) == batch:
            yield np.stack(waiting)
            waiting = []
    if waiting:
        yield np.stack(waiting)


def best_way(model: Any, photo: Photo, side: int) -> tuple[Any, int, torch.dtype]:
    """The dtype and batch size that caption fastest here."""
    (pixels,) = batches([photo], side, 1)
    found = []
    for dtype in DTYPES:
        model = model.to(dtype)
        for batch in BATCHES:
            same = np.repeat(pixels, batch, axis=0)
            caption(model, same, dtype)
            started = time.perf_counter()
            caption(model, same, dtype)
            found.append(((time.perf_counter() - started) / batch, batch, dtype))
    _, batch, dtype = min(found, key=lambda way: way[0])
    return model.to(dtype), batch, dtype


def main() -> None:
    """Measure one model and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=list(MODELS))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=64)
    options = parser.parse_args()
    torch.manual_seed(7)
    torch.set_num_threads(cores())
    model, side = MODELS[options.model]()
    photos = list(find_photos(options.folder).photos[: options.photos])
    model, batch, dtype = best_way(model.eval(), photos[0], side)
    started = time.perf_counter()
    for pixels in batches(photos, side, batch):
        caption(model, pixels, dtype)
    rate = len(photos) / (time.perf_counter() - started)
    print(json.dumps({"photos_per_second": rate, "batch": batch, "dtype": str(dtype).removeprefix("torch.")}))


if __name__ == "__main__":
    main()
