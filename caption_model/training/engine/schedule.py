"""The learning rate of every training here: a linear warm-up, then half a cosine (Loshchilov & Hutter 2017)."""

import math

FLOOR = 0.02  # of the peak, at the end


def cosine_rate(peak: float, step: int, done: float, warmup: int = 0, floor: float = FLOOR) -> float:
    """Learning rate of a step.

    Args:
        peak: the highest rate.
        step: steps that were taken before.
        done: share of the training that lies behind, in steps or in time.
        warmup: steps in which the rate rises to the peak.
        floor: share of the peak that is left at the end.
    """
    falling = floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))
    return peak * min(1.0, (step + 1) / max(1, warmup)) * falling
