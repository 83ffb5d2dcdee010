"""On what and when benchmarks ran, so that runs can be compared."""

import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from caption_model.networks.threads import cores

TELLING = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16")  # of a CPU's abilities
LIBRARIES = ("numpy", "onnxruntime", "tensorflow", "torch", "transformers")


def machine() -> dict[str, Any]:
    """Processor, what it can, cores that may be used, versions, and the time in UTC."""
    told = _processor()
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": told.get("model name") or platform.processor() or platform.machine(),
        "can": [name for name in TELLING if name in told.get("flags", "").split()],
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def _processor() -> dict[str, str]:
    """What Linux tells of the first core; nothing elsewhere."""
    try:
        first, *_ = Path("/proc/cpuinfo").read_text(encoding="utf-8").split("\n\n")
    except OSError:
        return {}
    parted = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in parted}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
