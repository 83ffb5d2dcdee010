"""How a machine's cores are shared: whole batches side by side, each on few cores.

The networks' smaller operations gain little from a second core and lose much by waiting for it, and one batch can be
ranked, in Python, while another is computed.
"""

import os

MOST = 4  # batches in flight: each holds some 200 MB of activations
MOST_A_STEP = 4  # cores for one step of a decoder: its products are too small for more
_shared: list[int] = []  # cores of one batch, once they are shared


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def batches_in_flight() -> int:
    """How many batches to caption at the same time."""
    return min(MOST, cores())


def batch_cores() -> int:
    """How many cores a batch may use."""
    return min([*_shared, cores()])


def step_cores() -> int:
    """How many cores a decoder's step may use."""
    return min(MOST_A_STEP, batch_cores())


def share_cores() -> None:
    """Give each operation the cores of one batch; has no effect on networks that were made ready before."""
    _shared[:] = [max(1, cores() // batches_in_flight())]
