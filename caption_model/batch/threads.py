"""How a machine's cores are shared: whole batches side by side, each on few cores.

The networks' smaller operations gain little from a second core and lose much by waiting for it, and one batch can be
ranked, in Python, while another is computed.
"""

import os

MOST = 4  # batches in flight: each holds some 200 MB of activations


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def batches_in_flight() -> int:
    """How many batches to caption at the same time."""
    return min(MOST, cores())


def share_cores() -> None:
    """Give each operation the cores of one batch; has no effect once TensorFlow has computed anything."""
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(max(1, cores() // batches_in_flight()))
    except RuntimeError:  # it has: an embedding program chose for itself
        return
