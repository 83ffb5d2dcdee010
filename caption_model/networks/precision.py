"""Which arithmetic this machine is fast at."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}
BFLOAT16_GPU = (8, 0)  # CUDA compute capability, Ampere


@lru_cache(maxsize=1)
def cpu_has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the CPU multiplies bfloat16 in hardware; emulated bfloat16 is slower than float32."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:  # not Linux
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return bool(BFLOAT16_FLAGS & set(flags.split()))


def encoder_policy() -> str:
    """Keras dtype policy for the encoder: ``mixed_bfloat16`` where the CPU has it, else ``float32``."""
    return "mixed_bfloat16" if cpu_has_bfloat16() else "float32"


def training_policy() -> str:
    """Keras dtype policy to train with: ``mixed_bfloat16`` where the GPUs, or without one the CPU, have it.

    bfloat16 has the range of float32, so that no loss need be scaled (Kalamkar et al. 2019). Weights, gradients'
    sums and the optimiser stay float32.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "mixed_bfloat16" if cpu_has_bfloat16() else "float32"
    capabilities = [tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0)) for gpu in gpus]
    return "mixed_bfloat16" if min(capabilities) >= BFLOAT16_GPU else "float32"


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers made inside follow the Keras dtype policy ``name``."""
    import keras

    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(previous)
