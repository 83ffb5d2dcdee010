"""Several GPUs: each holds a copy of the network and learns from its share of every batch.

``keras.distribution`` does this on the JAX backend only; on TensorFlow's, which this project runs on, Keras's own guide
to several devices uses ``tf.distribute.MirroredStrategy``.
"""

from typing import Any

import tensorflow as tf


def strategy() -> Any:
    """All GPUs when there are several, else wherever TensorFlow puts it. Networks to train are built in its scope."""
    gpus = tf.config.list_logical_devices("GPU")
    return tf.distribute.MirroredStrategy([gpu.name for gpu in gpus]) if len(gpus) > 1 else tf.distribute.get_strategy()


def shards(strategy: Any, batch: Any) -> Any:
    """Split the rows of all tensors of a nested ``batch`` among the devices of a strategy.

    The last arrays are weights: rows added so that every device gets the same number repeat the first row and
    weigh nothing.
    """
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return batch
    inputs, targets, *weights = batch
    missing = -int(targets.shape[0]) % replicas

    def filled(part: Any, weigh: float) -> Any:
        return tf.concat([part, tf.cast(weigh, part.dtype) * tf.repeat(part[:1], missing, axis=0)], axis=0)

    whole = (
        tf.nest.map_structure(lambda part: filled(part, 1), inputs),
        filled(targets, 1),
        *(None if part is None else filled(part, 0) for part in weights),
    )

    def share(part: Any) -> Any:
        rows = part.shape[0] // replicas
        return strategy.experimental_distribute_values_from_function(
            lambda context: part[
                context.replica_id_in_sync_group * rows : (context.replica_id_in_sync_group + 1) * rows
            ]
        )

    return tf.nest.map_structure(lambda part: None if part is None else share(part), whole)
