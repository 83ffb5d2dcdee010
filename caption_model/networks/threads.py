"""How many threads networks run on, and how a batch run divides the cores.

The networks' smaller operations gain little from a second core and lose much by waiting for it. A batch run therefore
keeps several batches in flight, each on few cores: one can be ranked, in Python, while another is computed.
"""

import os

MOST_FLIGHTS = 4  # batches in flight: each holds some 200 MB of activations
MOST_A_STEP = 4  # threads of one step of a decoder: its matrix products are too small for more


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def batches_in_flight() -> int:
    """How many batches to caption at the same time."""
    return min(MOST_FLIGHTS, cores())


def threads_a_batch() -> int:
    """Threads for the networks of a captioner that captions several batches at the same time."""
    return max(1, cores() // batches_in_flight())


def encoder_threads(threads: int | None) -> int:
    """Threads for an encoder; ``None`` means all cores."""
    return cores() if threads is None else threads


def step_threads(threads: int | None) -> int:
    """Threads for a decoder's step or the critic; ``None`` means all cores, as far as more of them help."""
    return min(MOST_A_STEP, encoder_threads(threads))
