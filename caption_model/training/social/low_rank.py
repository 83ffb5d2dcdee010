"""Low-rank adaptation of a social decoder: what it learns anew is a product of two narrow matrices a kernel.

"LoRA: Low-Rank Adaptation of Large Language Models", Hu et al. 2021. All other weights stay as they are, bit for bit,
so that a bundle grows by kilobytes and a repository need not keep a second whole network.
"""

from typing import Any

import keras
from keras import ops

from caption_model.bundles.bundle import network_weights
from caption_model.bundles.weights import DOWN, UP, Weights
from caption_model.networks.config import SocialConfig
from caption_model.networks.social_keras import SocialDecoder, built

CELL = "social_decoder/lstm/lstm_cell"
LAYER = "low_rank"


class LowRank(keras.layers.Layer):
    """Adds to a kernel (inputs, outputs) the product of ``down`` (inputs, rank) and ``up`` (outputs, rank).

    ``up`` begins at zero: nothing has changed yet.
    """

    def __init__(self, kernel: str, inputs: int, outputs: int, rank: int) -> None:
        super().__init__(name=f"{LAYER}_{kernel}")
        self.down = self.add_weight((inputs, rank), "glorot_normal", name="down")
        self.up = self.add_weight((outputs, rank), "zeros", name="up")

    def call(self, kernel: Any) -> Any:
        """The kernel as it is used."""
        return kernel + ops.matmul(self.down, ops.transpose(self.up))


class LowRankSocial(SocialDecoder):
    """A social decoder of which only low-rank terms of the LSTM's two kernels are learnt."""

    def __init__(self, config: SocialConfig, rank: int) -> None:
        super().__init__(config)
        self.of_inputs = LowRank("kernel", config.embedding + config.condition, 4 * config.units, rank)
        self.of_hidden = LowRank("recurrent_kernel", config.units, 4 * config.units, rank)

    def recurrence(self) -> tuple[Any, Any, Any]:
        """Kernels with their low-rank terms, and the bias."""
        kernel, recurrent, bias = super().recurrence()
        return self.of_inputs(kernel), self.of_hidden(recurrent), bias


def build_low_rank(config: SocialConfig, rank: int) -> LowRankSocial:
    """A network with all its variables made, of which only the low-rank terms are to be learnt."""
    network = built(LowRankSocial(config, rank))
    for layer in network.layers:
        layer.trainable = isinstance(layer, LowRank)
    return network


def is_factor(path: str) -> bool:
    """Whether a variable of this path is a factor of a low-rank term."""
    return path.startswith(LAYER)


def stored(network: SocialDecoder) -> Weights:
    """A network's weights by the names that they have on disk: of a low-rank term the kernel's, and which factor."""
    weights = network_weights(network)
    for name in [name for name in weights if is_factor(name)]:
        kernel, _, factor = name.removeprefix(f"{LAYER}_").partition("/")
        weights[f"{CELL}/{kernel}{DOWN if factor == 'down' else UP}"] = weights.pop(name)
    return weights
