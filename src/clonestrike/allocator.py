"""How the C library hands out memory while training on a processor."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
"""Of malloc.h."""


def keep_freed_memory() -> None:
    """From now on the process keeps what it frees, to use it again.

    By default glibc gives large blocks back to the system and asks for them again, and the system clears every page of
    them: half of the time of an update of the paper's network. Other C libraries are left as they are.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, -1)
