"""The C library's memory allocator, told to keep what a network frees: the next photo needs as much again.

glibc gives every large block back to the system at once and so gets it anew, page by page, for every layer of every
photo; that was a quarter of the time of encoding. For a process that captions and ends: in a server, whose threads each
have a heap of their own, it would add up.
"""

import ctypes
import platform

MMAP_MAX, TRIM_THRESHOLD = -4, -1  # parameters of mallopt(3)
MOST = 2**31 - 1  # bytes; mallopt takes an int


def keep_freed_memory() -> bool:
    """Large blocks come from the heap and the heap does not shrink; whether this machine's C library knows how to."""
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(MMAP_MAX, 0) and mallopt(TRIM_THRESHOLD, MOST))
