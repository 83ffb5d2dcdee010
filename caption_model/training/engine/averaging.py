"""Weights averaged over the steps of training (Polyak & Juditsky 1992), as an exponential moving average.

The average generalises better than any single step's weights and needs no learning rate near zero to get there. Keras's
optimisers keep it among their own variables, so that a checkpoint holds it, too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
from keras import ops


def optimiser_that_averages(decay: float, learning_rate: float, weight_decay: float) -> keras.optimizers.Optimizer:
    """AdamW which also keeps the average of what it has made of the weights so far; none for a ``decay`` of 0.

    The average remembers about the last 1 / (1 - decay) steps, and no more than about a ninth of all so far: else it
    would hold to the weights' beginnings for epochs.
    """
    return _AveragingAdamW(
        learning_rate,
        weight_decay=weight_decay,
        use_ema=decay > 0,
        ema_momentum=decay,
        name="adam_w",  # else Keras numbers them, and a second run in one process cannot resume the first
    )


class _AveragingAdamW(keras.optimizers.AdamW):
    @property
    def ema_momentum(self) -> Any:
        """What Keras leaves of the average at the next step."""
        steps = ops.cast(self.iterations, "float32")
        return ops.minimum(self.decay, (1 + steps) / (10 + steps))

    @ema_momentum.setter
    def ema_momentum(self, decay: float) -> None:
        self.decay = decay


@contextmanager
def averaged(network: Any, optimiser: keras.optimizers.Optimizer) -> Iterator[None]:
    """Inside, ``network`` has its averaged weights; afterwards those that are learning. No average, no change."""
    if not optimiser.use_ema:
        yield
        return
    learning = [variable.numpy() for variable in network.trainable_variables]
    optimiser.finalize_variable_values(network.trainable_variables)
    try:
        yield
    finally:
        for variable, value in zip(network.trainable_variables, learning, strict=True):
            variable.assign(value)
