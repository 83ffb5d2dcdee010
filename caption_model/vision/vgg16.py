"""This project's VGG16 (Simonyan & Zisserman 2015), prepared for inference in int8 without Keras.

Weights are used as they are stored; activations are quantised to eight bits (Jacob et al. 2018) between zero and a
bound for each layer, calibrated once on training photos. Inference takes three fifths of bfloat16's time, and a photo's
features are the same to the bit in any batch. Activations above the bound are clipped: in a few photos, those with much
bright red, they would otherwise grow from layer to layer and hide whatever else the photo shows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caption_model.bundles.bundle import Bundle, Shapes
from caption_model.bundles.weights import Weights, quantise
from caption_model.errors import BundleError
from caption_model.networks.session import Graph
from caption_model.networks.threads import encoder_threads

BOUNDS = "activations.json"  # in the bundle
BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))  # filters of each convolution
SIZE, GRID = (224, 224), (7, 7, 512)
MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # of RGB in [0, 1] over ImageNet; ours was trained so
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
LEVELS = 255  # of an activation
LARGEST_BOUND = 1e6
USUAL = 0.9  # share of photos whose largest activation does not exceed a layer's bound
LOOKED_AT = 8  # photos at once while bounds are measured

Array = NDArray[np.float32]
LAYERS = tuple(f"block{block}_conv{number}" for block, of in enumerate(BLOCKS, 1) for number in range(1, len(of) + 1))
FIRST = LAYERS[0]


def shapes() -> Shapes:
    """Of all weights, by their names in a bundle."""
    found: Shapes = {}
    channels = 3
    for name, filters in zip(LAYERS, (filters for of in BLOCKS for filters in of), strict=True):
        found[f"{name}/kernel"], found[f"{name}/bias"] = (3, 3, channels, filters), (filters,)
        channels = filters
    return found


def scaled(photos: Any) -> Any:
    """RGB 0..255 → zero mean and unit variance per channel over ImageNet."""
    return (photos / 255.0 - MEAN) / DEVIATION


def measure_bounds(network: Any, photos: NDArray[np.uint8]) -> dict[str, float]:
    """The bound of each layer: what the largest activations of most photos do not exceed.

    Args:
        network: ``keras.applications.VGG16`` with the weights.
        photos: RGB uint8 (N, 224, 224, 3), such as were trained on.
    """
    import keras

    taps = keras.Model(network.input, [network.get_layer(name).output for name in LAYERS])
    starts = range(0, len(photos), LOOKED_AT)
    seen = [taps(scaled(photos[i : i + LOOKED_AT].astype(np.float32)), training=False) for i in starts]
    largest = [np.concatenate([np.asarray(grid).max(axis=(1, 2, 3)) for grid in of]) for of in zip(*seen, strict=True)]
    return {name: round(float(np.quantile(peaks, USUAL)), 3) for name, peaks in zip(LAYERS, largest, strict=True)}


def read_bounds(bundle: Bundle) -> dict[str, float]:
    """What ``measure_bounds`` left in a bundle.

    Raises:
        BundleError: it is not there, or no bounds.
    """
    try:
        stored = bundle.json(BOUNDS)
        bounds = {name: float(stored[name]) for name in LAYERS}
        if not all(0 < bound < LARGEST_BOUND for bound in bounds.values()):
            raise ValueError("a bound is out of range")
        return bounds
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise BundleError(f"{bundle.folder / BOUNDS} holds no bounds of activations: get the bundle again.") from error


class PreparedVGG16:
    """VGG16 without its classifier: photos → grids."""

    def __init__(self, weights: Weights, bounds: Mapping[str, float], threads: int | None = None) -> None:
        self._graph = Graph(_text(), _constants(weights, bounds), encoder_threads(threads))

    def __call__(self, photos: NDArray[np.uint8]) -> Array:
        """RGB uint8 (B, 224, 224, 3) → float32 (B, 7, 7, 512)."""
        # One at a time: as fast as several, and their activations stay in the caches.
        grids: Sequence[Array] = [self._graph(photos=photo[None])[0] for photo in photos]
        return np.concatenate(grids) if grids else np.zeros((0, *GRID), np.float32)


def _text() -> str:
    """The graph: the first convolution, whose weights are few and no integers, in floats, the others in integers."""
    lines = [
        "floats = Cast<to = 1>(photos)",
        "centred = Sub(floats, mean)",
        "turned = Transpose<perm = [0, 3, 1, 2]>(centred)",
    ]
    before, step = "turned", ""
    for name in LAYERS:
        if name == FIRST:
            lines += [
                f"{name}_sums = Conv<pads = [1, 1, 1, 1]>({before}, {name}, {name}_bias)",
                f"{name}_floats = Relu({name}_sums)",
                f"{name}_out = QuantizeLinear({name}_floats, {name}_step, zero)",
            ]
        else:  # what lies below zero, the lowest level, is cut: no ReLU is needed
            lines.append(
                f"{name}_out = QLinearConv<pads = [1, 1, 1, 1]>({before}, {step}, zero, {name}, {name}_scale,"
                f" {name}_zero, {name}_step, zero, {name}_bias)"
            )
        before, step = f"{name}_out", f"{name}_step"
        if _ends_block(name):
            lines.append(f"{name}_pooled = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>({before})")
            before = f"{name}_pooled"
    lines += [
        f"grid_levels = Transpose<perm = [0, 2, 3, 1]>({before})",
        f"grid = DequantizeLinear(grid_levels, {step}, zero)",
    ]
    return "vgg16 (uint8[B, 224, 224, 3] photos) => (float[B, 7, 7, 512] grid) {" + "\n".join(lines) + "}"


def _constants(weights: Weights, bounds: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    made: dict[str, NDArray[Any]] = {"mean": 255 * MEAN, "zero": np.array(0, np.uint8)}
    step = np.float32(1)
    for name in LAYERS:
        kernel, bias = weights[f"{name}/kernel"], weights[f"{name}/bias"]
        if name == FIRST:
            made[name] = (kernel / (255 * DEVIATION[:, None])).transpose(3, 2, 0, 1)
            made[f"{name}_bias"] = bias
        else:
            levels, scale = quantise(kernel)
            made[name], made[f"{name}_scale"] = levels.transpose(3, 2, 0, 1), scale
            made[f"{name}_zero"] = np.zeros(len(scale), np.int8)
            made[f"{name}_bias"] = np.rint(bias / (step * scale)).astype(np.int32)
        step = np.float32(bounds[name] / LEVELS)
        made[f"{name}_step"] = np.array(step)
    return made


def _ends_block(name: str) -> bool:
    block, number = int(name[5]), int(name[-1])
    return number == len(BLOCKS[block - 1])
