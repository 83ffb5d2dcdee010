"""Which arithmetic this CPU is fast at."""

from functools import lru_cache
from pathlib import Path

BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16"}


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
